"""Amounts and ages that change with the years (data/constants.yml): each with the days between which it holds.

Answers name them in braces, `{reference_wage}`; what is said depends on the day. A figure that has run out is not said.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assistant.content.english import EN
from assistant.content.errors import ContentError
from assistant.content.languages import DEFAULT
from assistant.settings import yaml_files

FILE = "constants.yml"
#: Said in the place of a figure that does not hold on the day.
RUN_OUT = "mức mới mà mình chưa cập nhật (bạn hỏi 1900 9068)"
RUN_OUT_EN = "a new figure that I do not have yet (please ask 1900 9068)"
_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PARTS = frozenset({"say", EN, "from", "to", "source"})


@dataclass(frozen=True)
class Period:
    """What a constant is between two days, both included; `last` is None where no end is known."""

    say: str
    first: datetime.date
    last: datetime.date | None
    source: str
    en: str = ""

    def said(self, language: str) -> str:
        """Returns the figure in the words of a language; without them in Vietnamese."""
        return (self.en if language == EN else "") or self.say

    def holds(self, day: datetime.date) -> bool:
        """Tells whether it is so on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Constants:
    """All constants by name."""

    periods: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)

    def on(self, name: str, day: datetime.date) -> Period | None:
        """Returns what holds on a day; None where nothing does."""
        return next((period for period in self.periods.get(name, ()) if period.holds(day)), None)

    def filled(self, text: str, day: datetime.date, language: str = DEFAULT) -> str:
        """Returns a text with the figures of a day in a language; of one that has run out it says so."""
        if "{" not in text:
            return text
        return _NAMED.sub(lambda found: self._said(found, day, language), text)

    def _said(self, found: re.Match[str], day: datetime.date, language: str) -> str:
        if found[1] not in self.periods:
            return found[0]
        period = self.on(found[1], day)
        if period is None:
            return RUN_OUT_EN if language == EN else RUN_OUT
        return period.said(language)


def named(text: str) -> tuple[str, ...]:
    """Returns the names in braces of a text, each once."""
    return tuple(dict.fromkeys(_NAMED.findall(text)))


def read_constants(data: Path) -> Constants:
    """Reads the constants; an installation without the file has none.

    Raises:
        ContentError: if the file cannot be read, or a period lacks a part.
    """
    path = data / FILE
    if not path.exists():
        return Constants()
    try:
        raw = yaml_files.read(path) or {}
    except (yaml.YAMLError, ValueError) as error:
        raise ContentError(f"{path}: không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng.") from error
    if not isinstance(raw, dict) or not all(isinstance(rows, list) and rows for rows in raw.values()):
        raise ContentError(f"{path}: mỗi mục là một tên, dưới đó là danh sách các mức với say, from, to, source.")
    return Constants({str(name): tuple(_periods(str(name), rows, path)) for name, rows in raw.items()})


def _periods(name: str, rows: list[Any], path: Path) -> Iterator[Period]:
    for row in rows:
        given = row if isinstance(row, dict) else {}
        first, last = given.get("from"), given.get("to")
        days = type(first) is datetime.date and (last is None or type(last) is datetime.date)
        if not given.get("say") or not given.get("source") or not days or given.keys() - _PARTS or "to" not in given:
            raise ContentError(
                f"{path}: “{name}” cần có say, source, from và to (ngày dạng 2026-07-01; chưa rõ: null)."
            )
        en = str(given.get(EN) or "").strip()
        yield Period(str(given["say"]).strip(), given["from"], last, str(given["source"]).strip(), en)
