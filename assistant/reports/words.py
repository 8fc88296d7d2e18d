"""Finds the messages in which people wrote something, newest first, in bounded time however common the words are.

The index of words (migrations 0029, 0038) has the hour and the day of each message among its words. So a search looks
at the newest hour first, then at ever larger pieces of time, and ends when a page is full: a word of every second
message is found in the first piece. Where the first pieces show that few wrote the words, the rest is looked up at
once. What would take too long (a phrase that never stands together, of words that always do) ends at a time, and says
how far it came.
The planner is not asked: of the words in an index of expressions it knows nothing.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]
#: The words of %(words)s as they are searched.
ASKED = "websearch_to_tsquery('simple', plain_words(%(words)s))"
#: Seconds after which no further piece of time is begun.
BUDGET = 0.15
_HOUR, _DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
_WIDER = 4  # as large is the next piece, where the one before was quick
_QUICK = 0.03
#: So many messages are few.
_FEW = 3_000
#: The newest time that tells how many messages have the words.
_TELLING = datetime.timedelta(hours=80)
_PHRASE = f"SELECT {ASKED}::text LIKE '%%<%%'"  # each message that has all its words must be read
_OLDEST = "SELECT accepted_at FROM inbox ORDER BY accepted_at LIMIT 1"
# The newest hit of each conversation in a piece of time, and how many messages there are; what else is asked of a
# conversation is looked at one by one, newest first, until there are enough (OFFSET 0: never of all of them at once).
_PIECE = """
WITH hits AS MATERIALIZED (
    SELECT DISTINCT ON (i.conversation) i.conversation, i.accepted_at AS at, i.id, count(*) OVER () AS hits FROM inbox i
    WHERE i.kind = 'text' AND words_at(i.body, i.accepted_at) @@ ({asked})
      AND i.accepted_at >= %(begin)s AND i.accepted_at < %(end)s AND {after}
    ORDER BY i.conversation, i.accepted_at DESC, i.id DESC
)
SELECT coalesce((SELECT hits FROM hits LIMIT 1), 0), i.* FROM (SELECT) always LEFT JOIN (
    SELECT i.conversation, i.at, i.id FROM (SELECT * FROM hits ORDER BY at DESC, id DESC OFFSET 0) i
    WHERE i.conversation <> ALL (%(seen)s) AND {channel} AND {also} AND {not_later}
    ORDER BY i.at DESC, i.id DESC LIMIT %(wanted)s
) i ON true
"""
_NOT_LATER = f"""
NOT EXISTS (SELECT 1 FROM inbox later WHERE later.conversation = i.conversation AND later.kind = 'text'
            AND (later.accepted_at, later.id) >= (%(after_at)s, %(after_row)s::bigint)
            AND later.accepted_at < %(until)s AND words_of(later.body) @@ {ASKED} OFFSET 0)
"""


class Hit(NamedTuple):
    """A conversation, and the message in which it was found."""

    conversation: str
    at: datetime.datetime
    id: int


class Conditions(NamedTuple):
    """What else must be true, in SQL: of the conversation's channel, of the page before, of the conversation."""

    channel: str
    after: str
    also: str


def find(
    connection: Connection, conditions: Conditions, values: Mapping[str, Any], now: Callable[[], float] = time.monotonic
) -> tuple[list[Hit], datetime.datetime | None]:
    """Returns the conversations, newest first, and where the search ended early (None: everything was looked at)."""
    oldest = connection.execute(_OLDEST).fetchone()
    if oldest is None:
        return [], None
    paged = values["after_at"] is not None
    top = min(values["until"], values["after_at"] + datetime.timedelta.resolution) if paged else values["until"]
    top = min(top, datetime.datetime.now(datetime.UTC) + _HOUR)
    bottom = max(values["since"], oldest[0])
    search = _Search(connection, conditions, values, "" if not paged else _NOT_LATER)
    started = now()
    pieces = _pieces(top, bottom, now)
    for begin, end in pieces:
        search.look(begin, end, _hours(begin, end))
        if search.is_full or begin <= bottom:
            break
        if search.are_few(top - begin, top - oldest[0]):
            search.look(bottom, begin)
            break
        if now() - started > BUDGET:
            return search.found, begin
    return search.found, None


class _Search:
    """One search, piece by piece."""

    def __init__(
        self, connection: Connection, conditions: Conditions, values: Mapping[str, Any], not_later: str
    ) -> None:
        self.found: list[Hit] = []
        self._connection = connection
        self._values = dict(values)
        self._parts = conditions._asdict() | {"not_later": not_later or "true"}
        self._hits = 0
        row = connection.execute(_PHRASE, self._values).fetchone()
        self._phrase = bool(row and row[0])

    @property
    def is_full(self) -> bool:
        return len(self.found) >= int(self._values["most"])

    def look(self, begin: datetime.datetime, end: datetime.datetime, hours: str = "") -> None:
        asked = f"{ASKED} && %(hours)s::tsquery" if hours else ASKED
        told = self._values | {"begin": begin, "end": end, "hours": hours}
        told |= {"seen": [hit.conversation for hit in self.found], "wanted": told["most"] - len(self.found)}
        query = _PIECE.format(asked=asked, **self._parts)
        rows = self._connection.execute(query, told, prepare=False).fetchall()
        self._hits += rows[0][0]
        self.found += [Hit(*hit) for _, *hit in rows if hit[0] is not None]

    def are_few(self, seen: datetime.timedelta, all_: datetime.timedelta) -> bool:
        """Whether the rest may be looked up at once: few have the words, and none must be read to know it."""
        return bool(seen >= _TELLING and not self._phrase and self._hits * (all_ / seen) <= _FEW)


def _pieces(
    top: datetime.datetime, bottom: datetime.datetime, now: Callable[[], float]
) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """Yields pieces of time, newest first: each larger than the one before if that was quick."""
    size, end = _HOUR, top
    while end > bottom:
        began = now()
        begin = max(bottom, _whole(end - size, _DAY if size > _DAY else _HOUR))
        yield begin, end
        end = begin
        if now() - began < _QUICK:
            size *= _WIDER


def _whole(at: datetime.datetime, unit: datetime.timedelta) -> datetime.datetime:
    seconds = at.timestamp() // unit.total_seconds() * unit.total_seconds()
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def _hours(begin: datetime.datetime, end: datetime.datetime) -> str:
    """Returns the hours (or days, where it is long) that a piece touches, as the index names them."""
    name, unit = ("h", 3600) if end - begin <= _DAY else ("d", 86400)
    first, last = int(begin.timestamp() // unit), int(end.timestamp() // unit)
    return " | ".join(f"'⟦{name}{number}'" for number in range(first, last + 1))
