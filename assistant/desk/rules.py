"""When the desk is staffed, as staff set it in the console; until they do, as data/desk.yml says.

Each change is a row, the newest is in force everywhere at once; who changed what is its history.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.desk.desk_model import DAYS, Desk, Span

Connection = psycopg.Connection[Any]
_NAMES = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NEVER = {"vi": "chưa có giờ trực", "en": "no hours at present"}
#: What somebody on duty may open beyond the hours, at most.
LONGEST_OPENING = datetime.timedelta(hours=12)


@dataclass(frozen=True)
class Rules:
    """What can be set: hours by day, holidays with their names, and until when the desk is open beyond its hours."""

    hours: Mapping[str, Span]
    holidays: Mapping[datetime.date, str] = field(default_factory=dict)
    open_until: datetime.datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns what the database keeps."""
        return {
            "hours": {day: f"{start:%H:%M}-{end:%H:%M}" for day, (start, end) in self.hours.items()},
            "holidays": {day.isoformat(): name for day, name in sorted(self.holidays.items())},
            "open_until": self.open_until.isoformat() if self.open_until else None,
        }


@dataclass(frozen=True)
class Change:
    """One change: number, when, whose, and what came of it."""

    id: int
    at: datetime.datetime
    shown: str
    rules: Rules


def _of_json(kept: Mapping[str, Any]) -> Rules:
    until = kept.get("open_until")
    return Rules(
        {day: span_of(text) for day, text in kept["hours"].items()},
        {datetime.date.fromisoformat(day): name for day, name in kept["holidays"].items()},
        datetime.datetime.fromisoformat(until) if until else None,
    )


def span_of(text: str) -> Span:
    """Reads "08:00-17:00".

    Raises:
        ValueError: if it is none, or ends before it begins.
    """
    start, _, end = text.partition("-")
    span = datetime.time.fromisoformat(start.strip()), datetime.time.fromisoformat(end.strip())
    if span[0] >= span[1]:
        raise ValueError(text)
    return span


def current(connection: Connection, desk: Desk) -> Rules:
    """Returns what is in force, or what the file says where nobody has set anything."""
    row = connection.execute("SELECT rules FROM desk_rules ORDER BY id DESC LIMIT 1").fetchone()
    return _of_json(row[0]) if row else Rules(desk.hours, dict.fromkeys(desk.holidays, ""))


def in_force(connection: Connection, desk: Desk) -> Desk:
    """Returns `desk` with what staff have set; a desk whose hours are fixed (a rehearsal's) as it is."""
    if desk.fixed:
        return desk
    row = connection.execute("SELECT rules FROM desk_rules ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        return desk
    rules = _of_json(row[0])
    return replace(
        desk, hours=dict(rules.hours), holidays=frozenset(rules.holidays), open_until=rules.open_until,
        hours_said=said(rules.hours, "vi"), said_in={"en": said(rules.hours, "en")},
    )  # fmt: skip


def save(connection: Connection, rules: Rules, who: str) -> None:
    """Puts rules into force."""
    connection.execute("INSERT INTO desk_rules (changed_by, rules) VALUES (%s, %s)", (who, Jsonb(rules.as_json())))


def history(connection: Connection, most: int = 30) -> list[Change]:
    """Returns the changes, newest first."""
    rows = connection.execute(
        "SELECT r.id, r.at, coalesce(f.shown, r.changed_by), r.rules FROM desk_rules r"
        " LEFT JOIN staff f ON f.name = r.changed_by ORDER BY r.id DESC LIMIT %s",
        (most,),
    )
    return [Change(number, at, shown, _of_json(kept)) for number, at, shown, kept in rows]


def said(hours: Mapping[str, Span], language: str) -> str:
    """Returns hours in words: days in a row with the same hours are said together."""
    by_day = [(place, hours.get(day)) for place, day in enumerate(DAYS)]
    parts = []
    for span, days in groupby(by_day, key=lambda pair: pair[1]):
        places = [place for place, _ in days]
        if span is not None:
            parts.append(_english(places, span) if language == "en" else _vietnamese(places, span))
    if not parts:
        return _NEVER[language]
    return "; ".join(parts) + (" (Vietnam time)" if language == "en" else "")


def _vietnamese(places: list[int], span: Span) -> str:
    def clock(at: datetime.time) -> str:
        return f"{at.hour} giờ" + (f" {at.minute:02}" if at.minute else "")

    days = _NAMES[places[0]] + (f" đến {_NAMES[places[-1]]}" if len(places) > 1 else "")
    return f"{days}, {clock(span[0])} đến {clock(span[1])}"


def _english(places: list[int], span: Span) -> str:
    def clock(at: datetime.time) -> str:
        return f"{at:%-I}" + (f":{at:%M}" if at.minute else "") + f" {at:%p}".lower()

    days = _ENGLISH[places[0]] + (f" to {_ENGLISH[places[-1]]}" if len(places) > 1 else "")
    return f"{days}, {clock(span[0])} to {clock(span[1])}"
