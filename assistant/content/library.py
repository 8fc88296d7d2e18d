"""The folders of topics as staff edit them: what stands in them, which version, written all or nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.content.responses import button_titles
from assistant.content.topics import FOLDERS, ContentError, Topic, parse_topic

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
#: Reserved by Windows, where staff may have a copy of the folder.
_RESERVED = frozenset({"con", "prn", "aux", "nul"})


def prepared(data: Path, shipped: Path) -> Path:
    """Returns the content folder `data`; one that is not there yet begins as a copy of the shipped one."""
    if not (data / "faq").is_dir():
        data.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=data.parent, prefix=".content.") as fresh:
            copy = shutil.copytree(shipped, Path(fresh) / "data")
            with suppress(OSError):  # another node was first
                copy.rename(data)
    return data


def version_of(text: str | None) -> str:
    """Returns what tells one text of a file from another; "" where there is no file."""
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]


def is_name(name: str) -> bool:
    """Tells whether a topic may be called so."""
    return _NAME.fullmatch(name) is not None and name not in _RESERVED


@dataclass(frozen=True)
class Held:
    """A topic file as it stands; `topic` is None where it cannot be read, `trouble` says why."""

    name: str
    text: str
    topic: Topic | None
    trouble: str = ""

    @property
    def version(self) -> str:
        """What tells this text from others."""
        return version_of(self.text)


class Library:
    """The topics below a content folder (`data`), of all kinds; a new one goes to the FAQ (`folder`)."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.folders = tuple(data / name for name in FOLDERS)
        self.folder = self.folders[0]
        self._cache: dict[str, tuple[tuple[int, int, int], Held]] = {}

    def names(self) -> list[str]:
        """Returns the names of all topics, sorted."""
        return sorted(path.stem for folder in self.folders for path in folder.glob("*.yml") if is_name(path.stem))

    def path(self, name: str) -> Path:
        """Returns where a topic is, or would be.

        Raises:
            ValueError: if no topic may be called so; nothing outside the folder is ever named.
        """
        if not is_name(name):
            raise ValueError(name)
        paths = [folder / f"{name}.yml" for folder in self.folders]
        return next((path for path in paths if path.exists()), paths[0])

    def path_from_faq(self, name: str) -> str:
        """Returns where a topic is, as seen from the FAQ's folder: "../subjects/pension.yml"."""
        return os.path.relpath(self.path(name), self.folder)

    def text(self, name: str) -> str | None:
        """Returns a topic's file as it stands, line ends and all; None if there is none."""
        try:
            return self.path(name).read_bytes().decode()
        except (OSError, ValueError):  # a file that is no UTF-8 is no topic of ours
            return None

    def held(self, name: str) -> Held | None:
        """Returns a topic; read again only where the file has changed."""
        if not is_name(name):
            return None
        try:
            stat = self.path(name).stat()
        except OSError:
            self._cache.pop(name, None)
            return None
        mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        kept = self._cache.get(name)
        if kept and kept[0] == mark:
            return kept[1]
        text = self.text(name)
        if text is None:
            return None
        held = _held(name, text)
        self._cache[name] = (mark, held)
        return held

    def all(self) -> Iterator[Held]:
        """Yields all topics in the order of their names."""
        for name in self.names():
            if held := self.held(name):
                yield held

    def topics(self) -> list[Topic]:
        """Returns the topics that can be read."""
        return [held.topic for held in self.all() if held.topic]

    def buttons(self) -> dict[str, str]:
        """Returns the titles of buttons that are no topic."""
        return button_titles(self.data)

    def write(self, texts: Mapping[str, str | None], beside: Mapping[str, str] | None = None) -> None:
        """Writes (or, for None, removes) files: all of them, or none if one cannot be written.

        Each file is replaced in one step, so a reader never meets half a file.

        Args:
            texts: the text of each topic's file.
            beside: of new topics, which one's folder they go to; the FAQ's where none is named.
        """
        paths = {name: self.path(name) for name in texts}
        paths |= {name: self.path(other).parent / f"{name}.yml" for name, other in (beside or {}).items()}
        before = {name: self.text(name) for name in texts}
        ready = {name: _beside(paths[name], text) for name, text in texts.items() if text is not None}
        done: list[str] = []
        try:
            for name, path in paths.items():
                if name in ready:
                    ready[name].replace(path)
                else:
                    path.unlink(missing_ok=True)
                done.append(name)
            _settle({path.parent for path in paths.values()})
        except OSError:
            for name in done:
                _put_back(paths[name], before[name])
            raise
        finally:
            for path in ready.values():
                path.unlink(missing_ok=True)


def _put_back(path: Path, text: str | None) -> None:
    with suppress(OSError):
        if text is None:
            path.unlink(missing_ok=True)
        else:
            _beside(path, text).replace(path)


def _settle(folders: Iterable[Path]) -> None:
    for name in folders:
        folder = os.open(name, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def replace_file(path: Path, text: str) -> None:
    """Writes a file in one step: a reader meets the old text or the new one."""
    _beside(path, text).replace(path)


def _beside(path: Path, text: str) -> Path:
    """Writes a text beside its place, on disk for good, with the rights of the file it will replace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".new")
    with os.fdopen(number, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    Path(fresh).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
    return Path(fresh)


def _held(name: str, text: str) -> Held:
    try:
        return Held(name, text, parse_topic(text, Path(f"{name}.yml")))
    except ContentError as error:
        return Held(name, text, None, str(error))
