"""What answers rest on: acts with their dates (data/acts.yml), and the citations that stand behind sentences.

A citation stands in square brackets after the sentences that it covers: `[L 70.1; 158 14.1]` names article 70.1 of the
act that data/acts.yml calls L, and article 14.1 of another. `[-]` marks sentences that claim nothing of the law, such
as where to ask. People never see the brackets; staff do.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from assistant.content.errors import ContentError
from assistant.settings import yaml_files

FILE = "acts.yml"
#: Text of the act read; a dated official answer or press. What is less sure is not said.
CONFIDENCE = ("A", "B")
#: The mark of sentences that rest on no act.
NO_ACT = "-"
_CITED = re.compile(r"[ \t]*\[([^\[\]\n]+)\]")
_AT_THE_END = re.compile(r"\[[^\[\]\n]+\]\s*$")


class Citation(NamedTuple):
    """An act by its short name, and the article: "70.1.đ"; "" where the whole act is meant."""

    act: str
    article: str


@dataclass(frozen=True)
class Act:
    """An act: its short name in citations, how people read it, since when it is in force, how surely we know it."""

    name: str
    title: str
    in_force: datetime.date
    confidence: str
    read_in: str
    is_press: bool = False

    def said(self, article: str) -> str:
        """Returns the place in the act as people read it."""
        if self.is_press:
            return self.title
        place = f", Điều {article}" if article else ""
        return f"{self.title}{place} (hiệu lực {self.in_force:%-d/%-m/%Y})"


def said(text: str) -> str:
    """Returns a text as people read it, without its citations."""
    return _CITED.sub("", text) if "[" in text else text


def cited(text: str) -> tuple[Citation, ...]:
    """Returns what a text cites, in order, each once."""
    found = [_citation(part) for marks in _CITED.findall(text) for part in marks.split(";")]
    return tuple(dict.fromkeys(one for one in found if one.act != NO_ACT))


def is_covered(text: str) -> bool:
    """Tells whether no sentence stands behind the last citation."""
    return _AT_THE_END.search(text) is not None


def _citation(text: str) -> Citation:
    act, _, article = text.strip().partition(" ")
    return Citation(act, article.strip())


def read_acts(data: Path) -> Mapping[str, Act]:
    """Reads the acts by their short names; an installation without the file has none.

    Raises:
        ContentError: if the file cannot be read, or an act lacks a part.
    """
    path = data / FILE
    if not path.exists():
        return {}
    try:
        raw = yaml_files.read(path) or {}
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError(f"{path}: không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng.") from error
    if not isinstance(raw, dict):
        raise ContentError(f"{path}: phải gồm các mục “tên tắt: title, in_force, confidence, read_in”.")
    return {str(name): _act(str(name), given, path) for name, given in raw.items()}


def _act(name: str, given: Any, path: Path) -> Act:
    parts = given if isinstance(given, dict) else {}
    day, confidence = parts.get("in_force"), str(parts.get("confidence") or "")
    if not parts.get("title") or not parts.get("read_in") or type(day) is not datetime.date:
        raise ContentError(f"{path}: “{name}” cần có title, read_in và in_force (ngày dạng 2026-11-22).")
    if confidence not in CONFIDENCE:
        raise ContentError(f"{path}: “{name}” chỉ được có confidence A hoặc B; điều chưa chắc thì không nói.")
    return Act(
        name, str(parts["title"]).strip(), day, confidence, str(parts["read_in"]).strip(), bool(parts.get("press"))
    )
