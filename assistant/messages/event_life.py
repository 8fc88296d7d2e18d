"""One event's whole life, as the tables have it: taken, tried, answered, delivered; no texts, no names."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from assistant import audit
from assistant.privacy import erased_events
from assistant.runtime import tracing
from assistant.runtime.conversation import channel_of

_EVENTS = """
SELECT id, channel, event_id, conversation, kind, sent_at, accepted_at, done_at, failures FROM inbox
WHERE (%(number)s::bigint IS NOT NULL AND id = %(number)s) OR event_id = %(name)s ORDER BY id
"""
_TURNS = """
SELECT id, at, intent, confidence, actions, model, round(milliseconds::numeric, 1)::float AS milliseconds
FROM turns WHERE inbox_id = %s ORDER BY id
"""
_REPLIES = """
SELECT id, state, created_at, attempts, maybe_twice, next_try_at, lease_owner, lease_until, sent_at, delivered_at,
       seen_at, error FROM outbox WHERE inbox_id = %s ORDER BY id
"""
_BEFORE = "SELECT count(*) AS n FROM inbox WHERE conversation = %s AND id < %s AND done_at IS NULL"
_ELSEWHERE = """
SELECT 'kept aside, it cannot be stored' AS became, id AS number, at, reason, settled_at FROM dead_letters
WHERE mark = ANY (%(marks)s)
UNION ALL
SELECT 'erased with its person', NULL, at, NULL, NULL FROM erased_events WHERE mark = ANY (%(marks)s)
"""


def of(connection: psycopg.Connection[Any], asked: str, channels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Returns what is known of an event, by our number or by its platform's id; empty if nothing is."""
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_EVENTS, {"number": number, "name": asked}).fetchall()
        lives = [_life(cursor, event) for event in found]
        if not lives:
            marks = [erased_events.mark_of(channel, asked) for channel in channels]
            lives = cursor.execute(_ELSEWHERE, {"marks": marks}).fetchall()
    return lives


def _life(cursor: psycopg.Cursor[dict[str, Any]], event: dict[str, Any]) -> dict[str, Any]:
    number, conversation = event.pop("id"), event.pop("conversation")
    before = cursor.execute(_BEFORE, (conversation, number)).fetchone() or {"n": 0}
    return {
        "event": number,
        "person": audit.keys.opened().person(conversation),
        **event,
        "trace": tracing.trace_id(channel_of(conversation), event["event_id"]),
        "waits_behind": before["n"] if event["done_at"] is None else 0,
        "turns": cursor.execute(_TURNS, (number,)).fetchall(),
        "replies": cursor.execute(_REPLIES, (number,)).fetchall(),
    }
