"""What is installed serves without the checkout: the wheel brings the content, and nothing a server does not need."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from assistant.rasa.fingerprint import fingerprint as fingerprint_here
from assistant.settings import ROOT

PACKAGES = ("assistant", "actions", "connectors")
_PLACES = """
from assistant.rasa.fingerprint import fingerprint
from assistant.settings import CODE, ROOT
print(CODE, ROOT, fingerprint(), sep="\\n")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files in a folder that nobody may write to, without a checkout around them."""
    tree, place = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("site-packages")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    subprocess.run(
        ["tar", "--null", "-T", "-", "-cf", tree / "tree.tar"], cwd=ROOT, input=listed, text=True, check=True
    )
    subprocess.run(["tar", "-xf", "tree.tar"], cwd=tree, check=True)
    code = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, tree], cwd=tree, check=True, capture_output=True, timeout=300)
    with zipfile.ZipFile(next(tree.glob("*.whl"))) as wheel:
        wheel.extractall(place)
    return place


def run(installed: Path, tmp_path: Path, *words: str) -> str:
    """Runs Python with what is installed, from an empty folder."""
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={
            "PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path),
            "CONTENT_DIR": str(tmp_path / "c"),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_code_and_content_are_found_where_they_are_installed(installed: Path, tmp_path: Path) -> None:
    code, root, fingerprint = run(installed, tmp_path, "-c", _PLACES).splitlines()
    assert (code, root) == (str(installed), str(installed / "assistant/shipped"))
    assert fingerprint == fingerprint_here()  # so a model trained here is the one that is looked for there


def test_what_code_reads_is_installed_beside_it(installed: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    read = [name for name in listed.split("\0") if name and "/fixtures/" not in name and not name.endswith(".md")]
    assert any(name.endswith(".npz") for name in read)
    assert [name for name in read if not (installed / name).is_file()] == []


def test_the_content_is_whole(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "-m", "assistant.cli", "content", "check")
    assert (tmp_path / "c/faq").is_dir()  # what staff edit began as a copy


def test_every_file_of_the_packages_is_in_it(installed: Path) -> None:
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = [name for name in listed.stdout.splitlines() if not name.endswith(".md") and "/fixtures/" not in name]
    missing = [name for name in wanted if not (installed / name).exists()]
    assert missing == []


def test_nothing_else_is(installed: Path) -> None:
    beside = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert beside == set(PACKAGES)
    assert not [path for path in installed.rglob("*") if path.name.startswith("test") or path.name == "sandbox"]
