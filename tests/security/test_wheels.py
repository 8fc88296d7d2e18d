"""A lock that would need a compiler is found, by name."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from supply import wheels

DIGEST = f" --hash=sha256:{'a' * 64}\n"
ABOUT = "Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"


def _source(folder: Path, name: str) -> None:
    about = ABOUT.format(name=name).encode()
    with tarfile.open(folder / f"{name}-1.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo(f"{name}-1/PKG-INFO")
        entry.size = len(about)
        archive.addfile(entry, io.BytesIO(about))


def _wheel(folder: Path, name: str, tag: str) -> None:
    with zipfile.ZipFile(folder / f"{name}-1-{tag}.whl", "w") as archive:
        archive.writestr(f"{name}-1.dist-info/METADATA", ABOUT.format(name=name))
        archive.writestr(f"{name}-1.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{name}-1.dist-info/RECORD", "")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A package index of three packages: for every machine, for one kind, and as source alone."""
    _wheel(tmp_path, "everywhere", "py3-none-any")
    _wheel(tmp_path, "intel", "cp312-cp312-manylinux_2_17_x86_64")
    _source(tmp_path, "source")
    return tmp_path


def _check(index: Path, *lines: str) -> list[str]:
    lock = index / "some.lock"
    lock.write_text("".join(line + DIGEST for line in lines), encoding="utf-8")
    command = [wheels.UV, "pip", "install", "--offline", "--no-index", "--find-links", str(index)]
    return wheels.check([lock], command)


def test_what_comes_as_source_alone_is_named_for_every_machine(index: Path) -> None:
    found = _check(index, "everywhere==1", "source==1")
    assert len(found) == len(wheels.PYTHONS) * len(wheels.PROCESSORS)
    assert all("source==1 needs a compiler" in sentence for sentence in found)


def test_what_lacks_a_wheel_for_one_machine_is_named_for_that_one(index: Path) -> None:
    found = _check(index, "intel==1")
    assert "some.lock: intel==1 needs a compiler on aarch64 with Python 3.12" in found
    assert not any("x86_64 with Python 3.12" in sentence for sentence in found)


def test_what_is_not_meant_for_a_machine_is_not_asked_of_it(index: Path) -> None:
    only = "intel==1 ; platform_machine == 'x86_64' and python_version >= '3.12'"
    assert _check(index, "everywhere==1", only) == []


def test_an_index_that_does_not_answer_is_no_pass(index: Path) -> None:
    with pytest.raises(wheels.UnreachableError):
        _check(index, "unheard-of==1")
