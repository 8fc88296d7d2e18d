"""What travels to the nodes: one tar with the model, its signature and the content it was made from.

It is signed as a whole. A node checks that before it unpacks anything, and unpacks only plain files with names
that stay inside the folder.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from assistant.model_store import signing
from assistant.release.model import Archive
from assistant.settings import ROOT, Settings

_DATA, _DOMAIN = "data", "domain.yml"
_KEPT_FOLDERS = 4


def pack(model: Path, content: Path, settings: Settings) -> Archive:
    """Returns a model and a content folder as a signed archive.

    Raises:
        ModelRefused: if the model is not signed by a key we trust, or nodes with these settings would not believe us.
    """
    signing.verify(model, settings)
    signature = signing.signature_of(model.read_bytes(), settings).encode()  # ours, whatever key it was trained with
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(model, model.name, filter=_plain)
        entry = _plain(tarfile.TarInfo(signing.signature_path(model).name))
        entry.size = len(signature)
        tar.addfile(entry, io.BytesIO(signature))
        tar.add(ROOT / _DOMAIN, _DOMAIN, filter=_plain)  # its wording; a model keeps that of its training
        for name, path in content_files(content):
            tar.add(path, f"{_DATA}/{name}", filter=_plain)
    raw = buffer.getvalue()
    packed = Archive(raw, signing.signature_of(raw, settings))
    verify(packed, settings)
    return packed


def trained_at(model: Path) -> datetime.datetime:
    """Returns when a model was trained."""
    with tarfile.open(model) as tar:
        member = next(entry for entry in tar if Path(entry.name).name == "metadata.json")
        content = tar.extractfile(member)
        assert content is not None
        at = datetime.datetime.fromisoformat(json.loads(content.read())["trained_at"])
    return at.replace(tzinfo=datetime.UTC)


def verify(archive: Archive, settings: Settings) -> None:
    """Checks an archive before anything in it is looked at.

    Raises:
        ModelRefused: if none of the keys we trust signed it.
    """
    signing.verify_bytes(archive.content, archive.signature, settings, "the release")


def content_files(content: Path) -> Iterator[tuple[str, Path]]:
    """Yields the files of a content folder by their names below it, without hidden ones."""
    for path in sorted(content.rglob("*")):
        name = path.relative_to(content)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), path


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


def folder_of(settings: Settings) -> Path:
    """Returns where the releases of a node lie unpacked."""
    return settings.var_dir.resolve() / "releases"


def installed_of(settings: Settings) -> Path:
    """Returns where the content as it was installed lies, with its model, while nothing was released."""
    return settings.var_dir.resolve() / "installed"


def is_installed(model: Path, settings: Settings) -> bool:
    """Tells whether a model on disk is that of the content as it was installed."""
    return model.resolve().parent.parent == installed_of(settings)


def release_of(model: Path, settings: Settings) -> int | None:
    """Returns the release that a model on disk belongs to; None for a node's own model."""
    folder = model.resolve().parent
    number = folder.name.partition("-")[0]
    return int(number) if folder.parent == folder_of(settings) and number.isdecimal() else None


def unpacked(number: int, archive: Archive, settings: Settings) -> Path:
    """Returns the model of a release on this node's disk, checked and unpacked if it is not there yet.

    Raises:
        ModelRefused: if none of the keys we trust signed it.
    """
    verify(archive, settings)
    place = folder_of(settings) / f"{number}-{archive.signature[:16].replace('/', '_').replace('+', '-')}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".unpacking-") as fresh:
            with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
                tar.extractall(Path(fresh) / "it", filter="data")
            with suppress(OSError):  # another process of this machine was first
                (Path(fresh) / "it").rename(place)
    os.utime(place)
    _tidy(place.parent)
    return next(place.glob("*.tar.gz"))


def _tidy(folder: Path) -> None:
    """Removes all but the folders used last."""
    held = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    held.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in held[_KEPT_FOLDERS:]:
        shutil.rmtree(path, ignore_errors=True)
