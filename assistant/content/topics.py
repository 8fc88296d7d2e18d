"""The FAQ as staff write it: one topic a file under data/faq/."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from assistant.content.errors import ContentError
from assistant.content.facets import Facet, Step, facets_of, not_needed_of, steps_of

__all__ = ["ContentError", "Topic", "parse_topic", "read_topic", "read_topics"]


@dataclass(frozen=True)
class Topic:
    """One FAQ topic: what people ask, what we answer, where that comes from."""

    name: str
    title: str
    answer: str
    questions: tuple[str, ...]
    source: tuple[str, ...]
    checked_on: datetime.date
    more: str = ""
    next: tuple[str, ...] = ()
    supersedes: str = ""
    facets: Mapping[str, Facet] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    facets_not_needed: Mapping[str, str] = field(default_factory=dict)

    @property
    def intent(self) -> str:
        """The intent's full name, `faq/topic`."""
        return f"faq/{self.name}"

    @cached_property
    def source_line(self) -> str:
        """The line under each answer: source and day of the last check."""
        return f"(Nguồn: {'; '.join(self.source)}. Kiểm tra ngày {self.checked_on:%d/%m/%Y}.)"


_REQUIRED = {"topic", "title", "answer", "questions", "source", "checked_on"}
_OPTIONAL = {"more", "next", "supersedes", "facets", "steps", "facets_not_needed"}


def _texts(value: Any, path: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value.strip(),)
    items = value or ()
    for item in items:
        if isinstance(item, dict | list):
            raise ContentError(f"{path}: câu có dấu hai chấm phải đặt trong dấu nháy: '…' ({str(item)[:60]}).")
    return tuple(str(item).strip() for item in items)


def read_topic(path: Path) -> Topic:
    """Reads one topic file.

    Raises:
        ContentError: if the file is not YAML or lacks a field.
    """
    return parse_topic(path.read_text(encoding="utf-8"), path)


def parse_topic(text: str, path: Path) -> Topic:
    """Reads the text of a topic file; `path` names it in complaints and gives the topic's name.

    Raises:
        ContentError: if it is not YAML or lacks a field.
    """
    try:
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:  # a day that does not exist is a ValueError
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        advice = "không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng."
        raise ContentError(f"{path}{line}: {advice}") from error
    if not isinstance(raw, dict):
        raise ContentError(f"{path}: tệp phải có các mục topic, title, answer, questions, source, checked_on.")
    missing = sorted(_REQUIRED - raw.keys())
    unknown = sorted(str(key) for key in raw.keys() - _REQUIRED - _OPTIONAL)
    if missing:
        raise ContentError(f"{path}: thiếu mục {', '.join(missing)}.")
    if unknown:
        raise ContentError(f"{path}: không có mục tên {', '.join(unknown)}; kiểm tra chính tả.")
    if raw["topic"] != path.stem:
        raise ContentError(
            f"{path}: topic là “{raw['topic']}” nhưng tên tệp là “{path.stem}”; hai tên phải giống nhau."
        )
    checked_on = raw["checked_on"]
    if type(checked_on) is not datetime.date:
        raise ContentError(f"{path}: checked_on phải là ngày dạng 2026-11-22.")
    return Topic(
        name=raw["topic"],
        title=str(raw["title"]).strip(),
        answer=str(raw["answer"]).strip(),
        questions=_texts(raw["questions"], path),
        source=_texts(raw["source"], path),
        checked_on=checked_on,
        more=str(raw.get("more") or "").strip(),
        next=_texts(raw.get("next"), path),
        supersedes=str(raw.get("supersedes") or "").strip(),
        facets=facets_of(raw.get("facets"), path),
        steps=steps_of(raw.get("steps"), path),
        facets_not_needed=not_needed_of(raw.get("facets_not_needed"), path),
    )


def read_topics(folder: Path) -> list[Topic]:
    """Reads all topics of a folder, sorted by name."""
    return [read_topic(path) for path in sorted(folder.glob("*.yml"))]
