"""Finds conversations, newest first, by what was written and how it went; paged by key: the last page costs no more.

A conversation is found by its last turn (handover, reset) that fits within the days asked for. One query
shape for each outcome, each along an index (migration 0008): no page reads more than it shows, give or take.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import psycopg
from psycopg.rows import namedtuple_row

from assistant.reports import words

Connection = psycopg.Connection[Any]
Outcome = Literal["answered", "fallback", "handover", "reset_started", "reset_completed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
AT_ONCE = 40
FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Search:
    """What is looked for. `since` and `until` bound the time; empty texts bound nothing."""

    since: datetime.datetime
    until: datetime.datetime
    channel: str = ""
    intent: str = ""
    outcome: str = ""
    words: str = ""  # that people wrote, with or without accents; "in quotes" side by side
    rating: str = ""  # good, bad
    agent: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Key:
    """Where a page ends: a time and, among equal ones, a row."""

    at: datetime.datetime
    row: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.row}"

    @classmethod
    def read(cls, text: str) -> Key | None:
        """Returns the key a page's address carries, or None if it is none."""
        at, _, row = text.partition("~")
        try:
            return cls(datetime.datetime.fromisoformat(at), row) if row else None
        except ValueError:
            return None


_CHANNEL = "split_part({column}, ':', 1) = %(channel)s"
_RANGE = "{at} >= %(since)s AND {at} < %(until)s"
# The last turn of a conversation within the range: none later fits, too.
_TURNS = """
SELECT t.conversation, t.at, t.id::text AS row FROM turns t
WHERE {range} AND {channel} AND {fits}
  AND NOT EXISTS (SELECT 1 FROM turns later WHERE later.conversation = t.conversation AND later.id > t.id
                  AND later.at < %(until)s AND {later_fits})
  AND {after}
ORDER BY t.at DESC, t.id DESC LIMIT %(most)s
"""
_OF_HANDOVERS = """
SELECT h.conversation, h.asked_at AS at, h.id::text AS row FROM handovers h
WHERE {range} AND {channel} AND {intent} AND {agent}
  AND NOT EXISTS (SELECT 1 FROM handovers later WHERE later.conversation = h.conversation AND later.id > h.id
                  AND later.asked_at < %(until)s AND {later_agent})
  AND {after}
ORDER BY h.asked_at DESC, h.id DESC LIMIT %(most)s
"""
_OF_RESETS = """
SELECT r.person AS conversation, r.{time} AS at, r.id::text AS row FROM resets r
JOIN conversations c ON c.id = r.person
WHERE {range} AND {channel} AND {intent}
  AND NOT EXISTS (SELECT 1 FROM resets later WHERE later.person = r.person AND later.{time} < %(until)s
                  AND (later.{time}, later.id) > (r.{time}, r.id))
  AND {after}
ORDER BY r.{time} DESC, r.id DESC LIMIT %(most)s
"""
_OF_RATINGS = """
SELECT g.conversation, g.at, g.outbox_id::text AS row FROM ratings g
WHERE g.good = %(good)s AND {range} AND {channel} AND {also}
  AND NOT EXISTS (SELECT 1 FROM ratings later WHERE later.conversation = g.conversation AND later.good = %(good)s
                  AND later.at < %(until)s AND (later.at, later.outbox_id) > (g.at, g.outbox_id))
  AND {after}
ORDER BY g.at DESC, g.outbox_id DESC LIMIT %(most)s
"""
# By the last turn of each conversation that has the tag.
_OF_TAGS = """
SELECT g.conversation, t.at, t.id::text AS row FROM conversation_tags g, LATERAL (
    SELECT t.at, t.id FROM turns t WHERE t.conversation = g.conversation AND {range} ORDER BY t.id DESC LIMIT 1
) t
WHERE g.tag = %(tag)s AND {channel} AND {also} AND {after}
ORDER BY t.at DESC, t.id DESC LIMIT %(most)s
"""
# What a conversation must have besides, whichever table it was found in.
_HAD = {
    "tag": "EXISTS (SELECT 1 FROM conversation_tags x WHERE x.conversation = {c} AND x.tag = %(tag)s)",
    "rating": "EXISTS (SELECT 1 FROM ratings x WHERE x.conversation = {c} AND x.good = %(good)s AND {x.at})",
    "agent": "EXISTS (SELECT 1 FROM handovers x WHERE x.conversation = {c} AND x.agent = %(agent)s AND {x.asked_at})",
    "fallback": "EXISTS (SELECT 1 FROM turns x WHERE x.conversation = {c} AND x.intent = 'nlu_fallback' AND {x.at})",
    "handover": "EXISTS (SELECT 1 FROM handovers x WHERE x.conversation = {c} AND {x.asked_at})",
    "reset_started": "EXISTS (SELECT 1 FROM resets x WHERE x.person = {c} AND {x.started_at})",
    "reset_completed": "EXISTS (SELECT 1 FROM resets x WHERE x.person = {c} AND {x.used_at})",
}
_NOT_UNANSWERED = """
NOT EXISTS (SELECT 1 FROM turns f WHERE f.conversation = t.conversation AND f.intent = 'nlu_fallback'
            AND f.at >= %(since)s AND f.at < %(until)s)
AND NOT EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = t.conversation
                AND h.asked_at >= %(since)s AND h.asked_at < %(until)s)
"""
_HAS_INTENT = """
EXISTS (SELECT 1 FROM turns i WHERE i.conversation = {conversation} AND i.intent = %(intent)s
        AND i.at >= %(since)s AND i.at < %(until)s)
"""
# What a list shows of each found conversation.
_FOUND = """
WITH found AS MATERIALIZED ({found})
SELECT found.conversation, found.at, found.row, c.channel, c.language, said.text,
       about.turns, about.intents, about.fallbacks,
       EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = found.conversation
               AND h.asked_at >= %(since)s AND h.asked_at < %(until)s) AS handed_over,
       EXISTS (SELECT 1 FROM resets r WHERE r.person = found.conversation
               AND r.started_at >= %(since)s AND r.started_at < %(until)s) AS reset_started,
       EXISTS (SELECT 1 FROM resets r WHERE r.person = found.conversation
               AND r.used_at >= %(since)s AND r.used_at < %(until)s) AS reset_completed
FROM found JOIN conversations c ON c.id = found.conversation
LEFT JOIN LATERAL (
    SELECT count(*) AS turns, count(*) FILTER (WHERE t.intent = 'nlu_fallback') AS fallbacks,
           (array_agg(DISTINCT t.intent) FILTER (WHERE t.intent IS NOT NULL))[1:6] AS intents
    FROM (SELECT intent FROM turns WHERE conversation = found.conversation
          AND at >= %(since)s AND at < %(until)s ORDER BY id DESC LIMIT 200) t
) about ON true
LEFT JOIN LATERAL (
    SELECT i.body->>'text' AS text FROM inbox i
    WHERE i.conversation = found.conversation AND i.kind = 'text' AND i.accepted_at < %(until)s AND {shown}
    ORDER BY i.id DESC LIMIT 1
) said ON true
ORDER BY found.at DESC, found.row::{row_type} DESC
"""
_HITS = "SELECT * FROM unnest(%(hits)s::text[], %(ats)s::timestamptz[], %(ids)s::text[]) AS hit (conversation, at, row)"
# Every intent there is, one step through the index for each.
_INTENTS = """
WITH RECURSIVE each (intent) AS (
    (SELECT intent FROM turns WHERE intent IS NOT NULL ORDER BY intent LIMIT 1)
    UNION ALL
    SELECT (SELECT t.intent FROM turns t WHERE t.intent > each.intent ORDER BY t.intent LIMIT 1)
    FROM each WHERE each.intent IS NOT NULL
)
SELECT intent FROM each WHERE intent IS NOT NULL
"""


def intents(connection: Connection) -> list[str]:
    """Returns the intents that were understood so far, by name."""
    return [row[0] for row in connection.execute(_INTENTS)]


def find(
    connection: Connection, search: Search, after: Key | None = None, now: Callable[[], float] = time.monotonic
) -> tuple[list[Any], Key | None]:
    """Returns a page of conversations, newest first, and the key of the next page (None: there is none).

    A page that is not full and has a key was ended by its time (`words`): the search goes on from there.
    """
    values = {
        "since": search.since,
        "until": search.until,
        "channel": search.channel,
        "intent": FALLBACK if search.outcome == "fallback" and not search.intent else search.intent,
        "most": AT_ONCE + 1,
        "words": search.words,
        "good": search.rating == "good",
        "agent": search.agent,
        "tag": search.tag,
        "after_at": after.at if after else None,
        "after_row": after.row if after else None,
    }
    query, row_type = _query(search, after)
    ended: datetime.datetime | None = None
    if search.words:
        hits, ended = words.find(connection, _with_words(search, after), values, now)
        values |= {"hits": [hit.conversation for hit in hits], "ats": [hit.at for hit in hits]}
        values["ids"] = [str(hit.id) for hit in hits]
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        # The plan depends on the values: a rare channel is read along another index than a common one.
        shown = "i.id = found.row::bigint" if search.words else "true"  # what was looked for, else the last words
        cursor.execute(_FOUND.format(found=query, row_type=row_type, shown=shown), values, prepare=False)
        rows: list[Any] = cursor.fetchall()
    more = len(rows) > AT_ONCE
    rows = rows[:AT_ONCE]
    if ended and not more:
        return rows, Key(ended, "0")
    return rows, Key(rows[-1].at, rows[-1].row) if more else None


def _query(search: Search, after: Key | None) -> tuple[str, str]:
    """Returns the query along the table that has the fewest rows to look at, and the type of its rows' numbers."""
    if search.words:
        return _HITS, "bigint"
    if search.rating:
        return _ratings(search, after), "bigint"
    if search.tag and not search.outcome and not search.agent:
        return _tagged(search, after), "bigint"
    if search.outcome == "handover" or search.agent:
        return _handovers(search, after), "bigint"
    if search.outcome in ("reset_started", "reset_completed"):
        return _resets(search, after), "uuid"
    return _turns(search, after), "bigint"


def _with_words(search: Search, after: Key | None) -> words.Conditions:
    return words.Conditions(
        channel=_channel(search, "i.conversation"),
        after=_after(after, "i.accepted_at", "i.id", "bigint"),
        also=_also(search, "i.conversation", ("intent", "outcome", "rating", "agent", "tag")),
    )


def _ratings(search: Search, after: Key | None) -> str:
    return _OF_RATINGS.format(
        range=_RANGE.format(at="g.at"), channel=_channel(search, "g.conversation"),
        also=_also(search, "g.conversation", ("intent", "outcome", "agent", "tag")),
        after=_after(after, "g.at", "g.outbox_id", "bigint"),
    )  # fmt: skip


def _also(search: Search, column: str, conditions: Sequence[str]) -> str:
    """Returns what a conversation must have besides, for those of the conditions that are asked for."""
    found = []
    for condition in conditions:
        wanted = getattr(search, condition)
        if condition == "intent" and wanted:
            found.append(_HAS_INTENT.format(conversation=column))
        elif wanted == "answered":
            found.append(_NOT_UNANSWERED.replace("t.conversation", column))
        elif wanted:
            found.append(_bounded(_HAD[wanted if condition == "outcome" else condition], column))
    return " AND ".join(found) or "true"


def _bounded(condition: str, column: str) -> str:
    for at in ("x.at", "x.asked_at", "x.started_at", "x.used_at"):
        condition = condition.replace(f"{{{at}}}", _RANGE.format(at=at))
    return condition.replace("{c}", column)


def _turns(search: Search, after: Key | None) -> str:
    fits, later_fits = "true", "true"
    if search.outcome == "answered":
        fits = _NOT_UNANSWERED
        if search.intent:
            fits += f" AND {_HAS_INTENT.format(conversation='t.conversation')}"
    elif search.outcome == "fallback" and search.intent:
        # The guess is another one where nothing was understood, so both must be in the conversation.
        fits, later_fits = "t.intent = 'nlu_fallback'", "later.intent = 'nlu_fallback'"
        fits += f" AND {_HAS_INTENT.format(conversation='t.conversation')}"
    elif search.outcome == "fallback" or search.intent:
        fits, later_fits = "t.intent = %(intent)s", "later.intent = %(intent)s"
    if search.tag:
        fits += f" AND {_also(search, 't.conversation', ('tag',))}"
    return _TURNS.format(
        range=_RANGE.format(at="t.at"), channel=_channel(search, "t.conversation"), fits=fits, later_fits=later_fits,
        after=_after(after, "t.at", "t.id", "bigint"),
    )  # fmt: skip


def _tagged(search: Search, after: Key | None) -> str:
    return _OF_TAGS.format(
        channel=_channel(search, "g.conversation"), also=_also(search, "g.conversation", ("intent",)),
        range=_RANGE.format(at="t.at"), after=_after(after, "t.at", "t.id", "bigint"),
    )  # fmt: skip


def _handovers(search: Search, after: Key | None) -> str:
    had = ("intent", "tag") if search.outcome == "handover" else ("intent", "tag", "outcome")
    return _OF_HANDOVERS.format(
        range=_RANGE.format(at="h.asked_at"), channel=_channel(search, "h.conversation"),
        intent=_also(search, "h.conversation", had),
        agent="h.agent = %(agent)s" if search.agent else "true",
        later_agent="later.agent = %(agent)s" if search.agent else "true",
        after=_after(after, "h.asked_at", "h.id", "bigint"),
    )  # fmt: skip


def _resets(search: Search, after: Key | None) -> str:
    time = "started_at" if search.outcome == "reset_started" else "used_at"
    return _OF_RESETS.format(
        time=time, range=_RANGE.format(at=f"r.{time}"), channel=_channel(search, "r.person"),
        intent=_also(search, "r.person", ("intent", "tag")),
        after=_after(after, f"r.{time}", "r.id", "uuid"),
    )  # fmt: skip


def _channel(search: Search, column: str) -> str:
    return _CHANNEL.format(column=column) if search.channel else "true"


def _after(after: Key | None, at: str, row: str, row_type: str) -> str:
    return f"({at}, {row}) < (%(after_at)s, %(after_row)s::{row_type})" if after else "true"
