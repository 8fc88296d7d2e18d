"""What somebody reads who types `make run` for the first time: few lines, and one clear one where it cannot go on."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from assistant.app import server
from assistant.runtime import progress
from assistant.settings import ROOT

TOOLS = ("dirname", "mktemp", "tail", "sed", "rm", "mkdir", "sh", "id")


def _installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install_packages", ROOT / "scripts/install_packages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


installer = _installer()


def _run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_no_network_is_one_clear_line(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(f"unheard-of==1 --hash=sha256:{'a' * 64}\n")
    nobody = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0", "UV_CACHE_DIR": str(tmp_path)}
    done = _run(sys.executable, "scripts/install_packages.py", str(lock), **nobody)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()
    assert len(said) == 2  # that it installs, and why it does not
    assert "Không kết nối được kho gói" in said[1]


def test_a_folder_of_wheels_for_another_python_is_one_clear_line(tmp_path: Path) -> None:
    made = tmp_path / "parcel-1-cp39-cp39-manylinux_2_17_x86_64.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("parcel-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: parcel\nVersion: 1\n")
    lock = tmp_path / "some.lock"
    lock.write_text(f"parcel==1 --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n")
    done = _run(sys.executable, "scripts/install_packages.py", str(lock), WHEELS=str(tmp_path))
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()
    assert len(said) == 2
    assert "Kho gói không có bản cho Python 3." in said[1]


def test_a_full_disk_is_one_clear_line() -> None:
    assert "Hết chỗ trên đĩa" in installer.what_went_wrong(["error: failed to write\n", "No space left on device\n"])
    assert "\n" not in installer.what_went_wrong(["No space left on device (os error 28)\n"])


def test_too_little_disk_is_said_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installer.room() == ""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=300_000_000))
    assert "còn 0.3 GB" in installer.room()


def test_what_nobody_foresaw_is_shown_whole() -> None:
    assert "a riddle" in installer.what_went_wrong(["error: a riddle\n"])


def test_the_bar_is_for_terminals(capfd: pytest.CaptureFixture[str]) -> None:
    bar = installer.Bar()
    for line in ("Downloading numpy (17.1MiB)\n", "Downloading ruff (512.0KiB)\n", " Downloaded numpy\n"):
        bar.heed(line)
    bar.clear()
    assert capfd.readouterr().err == ""
    bar._shown = True
    bar.heed("Downloading lxml (5.0MiB)\n")
    assert "17/23 MB" in capfd.readouterr().err


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _run(
            sys.executable, "-m", "assistant.cli", "serve", PORT=str(port), VAR_DIR=str(tmp_path), ASSISTANT_MODE="demo"
        )
    assert done.returncode == 2
    said = done.stderr.strip().splitlines()
    assert len(said) == 1
    assert f"make run PORT={port + 1}" in said[0]


def test_a_machine_without_python_is_told_so(tmp_path: Path) -> None:
    for name in TOOLS:
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    copy = tmp_path / "scripts"
    shutil.copytree(ROOT / "scripts", copy)
    done = _run(str(copy / "find-uv"), PATH=str(tmp_path), HOME=str(tmp_path))
    assert done.returncode == 1
    assert "Không tìm thấy Python 3" in done.stderr


def test_training_is_two_lines_where_nobody_watches(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.waiting("Huấn luyện …", "Đã huấn luyện sau", seconds=1):
        pass
    assert capfd.readouterr().err == "• Huấn luyện …\n• Đã huấn luyện sau 0 giây.\n"


def test_a_bar_never_says_that_it_is_over() -> None:
    shares = [progress.share(spent / 10) for spent in range(200)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[10] == pytest.approx(0.9, abs=0.02)
    assert shares[-1] < 1


def test_the_end_names_address_account_and_how_to_stop() -> None:
    said = server.welcome("http://127.0.0.1:8000")
    for needed in ("http://127.0.0.1:8000", "7900000123", "0901000123", "/sandbox", "Ctrl+C"):
        assert needed in said
