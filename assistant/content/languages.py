"""The languages that citizens are answered in, and texts that stand in each of them.

A content file holds its Vietnamese texts as it always did; those of another language stand below its name, at the
end, with the same keys:

    busy: Hệ thống đang bận.
    en:
      busy: The system is busy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.settings import yaml_files

LANGUAGES = ("vi", "en")
DEFAULT = "vi"
OTHERS = tuple(language for language in LANGUAGES if language != DEFAULT)
#: The slot of a dialogue that says which one it is held in.
SLOT = "language"
#: What an answer puts in for itself: "{length}", "{{ link }}".
_PLACEHOLDER = re.compile(r"\{\{?\s*(\w+)\s*\}?\}")


def known(value: object) -> str:
    """Returns `value` where it names a language of ours, else the default."""
    return value if isinstance(value, str) and value in LANGUAGES else DEFAULT


@dataclass(frozen=True)
class Text:
    """One text in each language; the default's stands where another's is missing."""

    vi: str
    en: str = ""

    def of(self, language: str) -> str:
        """Returns the text in a language."""
        return (self.en if language == "en" else "") or self.vi


class Texts:
    """The texts of a content file by name, in each language; the default's stands where another's is missing."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        """Takes the file as YAML reads it."""
        default = {name: value for name, value in raw.items() if name not in OTHERS}
        self._by_language = {DEFAULT: default}
        for language in OTHERS:
            self._by_language[language] = _over(default, _branch(raw.get(language)))

    @classmethod
    def read(cls, path: Path) -> Texts:
        """Reads a content file."""
        return cls(yaml_files.read(path) or {})

    def of(self, language: str) -> dict[str, Any]:
        """Returns all texts in a language."""
        return self._by_language[known(language)]


@cache
def texts_of(path: Path) -> Texts:
    """Reads a content file once; for texts that only a new start of the server changes."""
    return Texts.read(path)


def _branch(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `below` with what `above` has in its place, branch by branch."""
    found = dict(below)
    for name, value in above.items():
        lower = found.get(name)
        found[name] = _over(lower, _branch(value)) if isinstance(lower, Mapping) else (value or lower)
    return found


def missing(raw: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """Yields the place of each text that a file lacks in a language, or has too much, and what is wrong, for staff."""
    default = {name: value for name, value in raw.items() if name not in OTHERS}
    yield from _differing(default, _branch(raw.get(language)), "", language)


def _differing(ours: Any, theirs: Any, place: str, language: str) -> Iterator[tuple[str, str]]:
    if isinstance(ours, Mapping):
        other = _branch(theirs)
        for name, value in ours.items():
            yield from _differing(value, other.get(name), f"{place}.{name}".lstrip("."), language)
        for name in other.keys() - ours.keys():
            yield f"{place}.{name}".lstrip("."), f"có bản “{language}” mà không có bản tiếng Việt"
    elif isinstance(ours, list):
        entries = theirs if isinstance(theirs, list) else []
        for number, value in enumerate(ours):
            entry = entries[number] if number < len(entries) else None
            yield from _differing(value, entry, f"{place}.{number}", language)
    elif isinstance(ours, str):
        if not (isinstance(theirs, str) and theirs.strip()):
            yield place, f"thiếu bản “{language}”"
        elif differs := set(_PLACEHOLDER.findall(ours)) ^ set(_PLACEHOLDER.findall(theirs)):
            yield place, f"hai bản không cùng chỗ trống: {', '.join(sorted(differs))}"
