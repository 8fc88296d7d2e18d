"""Behind a proxy that signs with the organisation's own certificate, as docs/install.md says; else one clear line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import ROOT
from tests.kit.signing_proxy import INDEX, signing_proxy

_ABOUT = "Metadata-Version: 2.1\nName: parcel\nVersion: 1\n"
_WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_RECORD = "parcel.py,,\nparcel-1.dist-info/METADATA,,\nparcel-1.dist-info/WHEEL,,\nparcel-1.dist-info/RECORD,,\n"
#: What this machine itself is set up for must not help.
_OURS = ("SSL_CERT", "PIP_", "UV_", "REQUESTS_", "CURL_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

PIP = [sys._base_executable, "-m", "pip"]  # type: ignore[attr-defined]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package of one module."""
    (tmp_path / "wheels").mkdir()
    made = tmp_path / "wheels/parcel-1-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("parcel.py", "")
        for name, text in (("METADATA", _ABOUT), ("WHEEL", _WHEEL), ("RECORD", _RECORD)):
            archive.writestr(f"parcel-1.dist-info/{name}", text)
    return made


@pytest.fixture
def behind(tmp_path: Path, wheel: Path) -> Iterator[dict[str, str]]:
    """The environment of a shell behind such a proxy, which nobody was told to trust; CERTIFICATE names the file."""
    with signing_proxy(wheel.parent, tmp_path) as (proxy, certificate):
        plain = {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}
        yield plain | {
            "HTTPS_PROXY": proxy, "UV_DEFAULT_INDEX": INDEX, "PIP_INDEX_URL": INDEX, "CERTIFICATE": str(certificate),
            "UV_NO_CONFIG": "1", "PIP_CONFIG_FILE": os.devnull, "UV_CACHE_DIR": str(tmp_path / "cache"),
            "UV_HTTP_RETRIES": "0",
        }  # fmt: skip


def _installed(tmp_path: Path, wheel: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Installs a lock as `make run` does, into an environment of its own."""
    lock = tmp_path / "some.lock"
    lock.write_text(f"parcel==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    place = tmp_path / "place"
    subprocess.run([ROOT / "scripts/uv", "venv", "-q", "--python", sys.executable, place], check=True, env=environment)
    command = [place / "bin/python", "scripts/install_packages.py", str(lock)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_uv_believes_the_certificate_it_is_given(tmp_path: Path, wheel: Path, behind: dict[str, str]) -> None:
    done = _installed(tmp_path, wheel, behind | {"SSL_CERT_FILE": behind["CERTIFICATE"]})
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "place").rglob("parcel.py"))


def test_without_it_one_line_says_what_to_set(tmp_path: Path, wheel: Path, behind: dict[str, str]) -> None:
    done = _installed(tmp_path, wheel, behind)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()
    assert len(said) == 2  # that it installs, and why it does not
    assert "SSL_CERT_FILE" in said[1]


@pytest.mark.parametrize("trusted", [True, False])
def test_pip_gets_uv_with_the_certificate_it_is_given(tmp_path: Path, behind: dict[str, str], *, trusted: bool) -> None:
    """`parcel` stands for uv, which pip gets the same way."""
    if subprocess.run([*PIP, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("the Python of this environment has no pip")
    command = [*PIP, "install", "--no-cache-dir", "--retries", "0", "--target", str(tmp_path / "lib"), "parcel"]
    own = {"PIP_CERT": behind["CERTIFICATE"]} if trusted else {}
    done = subprocess.run(command, env=behind | own, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode == 0) is trusted, done.stderr
    assert (tmp_path / "lib/parcel.py").exists() is trusted
