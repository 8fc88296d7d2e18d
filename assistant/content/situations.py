"""What our own acts left behind, and what is talked about without being an FAQ topic (data/situations/*.yml)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.content.english import EN, English, english_of
from assistant.content.errors import ContentError
from assistant.content.facets import Facet, Step, facets_of, steps_of
from assistant.content.topics import Place
from assistant.settings import yaml_files

_REQUIRED = {"situation", "title", "answer"}
_OPTIONAL = {"facets", "steps", "next", "source", "checked_on", EN}
_ENGLISH = frozenset({"facets", "steps"})


@dataclass(frozen=True)
class Situation:
    """Where a conversation stands after an act of ours: what to say of it as a whole, and of its sides."""

    name: str
    title: str
    answer: str
    facets: Mapping[str, Facet] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    next: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    checked_on: datetime.date | None = None
    en: English | None = None

    def spoken(self, language: str) -> Situation | None:
        """Returns the situation as it is spoken of in a language; None if it is not."""
        if language != EN:
            return self
        en = self.en
        return None if en is None else replace(self, title=en.title, answer=en.answer, facets=en.facets, steps=en.steps)


def read_situation(path: Path) -> Situation:
    """Reads one file; the same text once, in whichever folder.

    Raises:
        ContentError: if it is not YAML, lacks a part or has one that is not known.
    """
    return _parsed(path.read_text(encoding="utf-8"), Place(path.stem, path))


@lru_cache(maxsize=64)
def _parsed(text: str, place: Place) -> Situation:
    path = place.path
    try:
        raw = yaml_files.parse(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        raise ContentError(f"{path}{line}: không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng.") from error
    if not isinstance(raw, dict) or (missing := sorted(_REQUIRED - raw.keys())):
        raise ContentError(f"{path}: thiếu mục {', '.join(missing if isinstance(raw, dict) else sorted(_REQUIRED))}.")
    if unknown := sorted(str(key) for key in raw.keys() - _REQUIRED - _OPTIONAL):
        raise ContentError(f"{path}: không có mục tên {', '.join(unknown)}; kiểm tra chính tả.")
    if raw["situation"] != path.stem:
        raise ContentError(f"{path}: situation là “{raw['situation']}” nhưng tên tệp là “{path.stem}”.")
    source = raw.get("source") or ()
    return Situation(
        name=raw["situation"],
        title=str(raw["title"]).strip(),
        answer=str(raw["answer"]).strip(),
        facets=facets_of(raw.get("facets"), path),
        steps=steps_of(raw.get("steps"), path),
        next=tuple(str(name) for name in raw.get("next") or ()),
        source=(source,) if isinstance(source, str) else tuple(str(item) for item in source),
        checked_on=raw.get("checked_on"),
        en=english_of(raw.get(EN), path, others=_ENGLISH),
    )


def read_situations(folder: Path) -> dict[str, Situation]:
    """Reads all files of a folder, by name; an installation without the folder has none."""
    found = [read_situation(path) for path in sorted(folder.glob("*.yml"))]
    return {situation.name: situation for situation in found}
