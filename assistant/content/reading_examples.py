"""The examples of facets and facts that staff write (data/reading/facets.yml, facts.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.content.english import EN
from assistant.content.errors import ContentError
from assistant.settings import yaml_files

#: What a message may tell about a person's situation; the names are fixed (they are measured).
FACTS = (
    "no_email", "no_phone", "no_code", "has_vneid", "abroad", "cannot_call", "for_parent", "for_child", "for_dead",
    "several_people", "employer_email", "remembers_password", "locked", "scam_done",
)  # fmt: skip


@dataclass(frozen=True)
class ReadingExamples:
    """Texts by facet, and texts with the facts that each tells (near misses tell none), of one language."""

    facets: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, frozenset[str]], ...] = ()


@lru_cache(maxsize=2)
def _loaded(text: str) -> Any:
    """Returns what a text says; each of the two files is asked for one language after the other."""
    return yaml_files.parse(text)


def _mapping(path: Path, key: str) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        raw = _loaded(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        raise ContentError(f"{path}{line}: không đọc được YAML; kiểm tra dấu cách và dấu nháy.") from error
    found = (raw or {}).get(key)
    if found is None and key == EN:
        return {}
    if not isinstance(found, dict):
        raise ContentError(f"{path}: phải bắt đầu bằng mục {key}.")
    return found


def read_reading(folder: Path, english: bool = False) -> ReadingExamples:
    """Reads both files, in Vietnamese or what stands in English below `en`; an installation without them has none.

    Raises:
        ContentError: if a file cannot be read, or a name of a fact is not known.
    """
    facets = [
        (str(text).strip(), str(facet))
        for facet, texts in _mapping(folder / "facets.yml", EN if english else "facets").items()
        for text in texts
    ]
    told: dict[str, set[str]] = {}
    for fact, given in _mapping(folder / "facts.yml", EN if english else "facts").items():
        if fact not in FACTS:
            raise ContentError(f"{folder / 'facts.yml'}: không có sự việc tên “{fact}”; chỉ có {', '.join(FACTS)}.")
        for text in given.get("says") or ():
            told.setdefault(str(text).strip(), set()).add(fact)
        for text in given.get("not") or ():
            told.setdefault(str(text).strip(), set())
    return ReadingExamples(tuple(facets), tuple((text, frozenset(facts)) for text, facts in told.items()))


#: Where English examples of what is no topic stand: intent, then its texts.
ENGLISH_DIALOGUE = "dialogue_en.yml"


def read_english_dialogue(data: Path) -> list[tuple[str, str]]:
    """Reads (intent, text) of the English examples of what is no topic; an installation without the file has none.

    Raises:
        ContentError: if the file cannot be read, or is no list of texts by intent.
    """
    path = data / ENGLISH_DIALOGUE
    if not path.exists():
        return []
    try:
        raw = yaml_files.read(path) or {}
    except yaml.YAMLError as error:
        raise ContentError(f"{path}: không đọc được YAML; kiểm tra dấu cách và dấu nháy.") from error
    if not isinstance(raw, dict) or not all(isinstance(texts, list) for texts in raw.values()):
        raise ContentError(f"{path}: phải gồm tên ý định, rồi danh sách câu.")
    return [(str(intent), str(text).strip()) for intent, texts in raw.items() for text in texts]
