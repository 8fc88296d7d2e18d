"""Knows events of erased people when they come again, without keeping anything of them but keyed hashes.

A signed event stays valid for as long as its platform's key: whoever recorded one can send it again after its person
was erased. Each erased event is known by its id. What the store no longer had, or never took, is known by its time:
it is older than the newest event that was erased, by the same platform's clock, so that no two clocks are compared
and a person who comes back is not taken for their past.
"""

from __future__ import annotations

from typing import Any

import psycopg

from assistant import audit
from assistant.identifiers.keyed_hash import fingerprint

#: SQL that tells whether a row with `mark`, `person` and `sent_at` is an old event of an erased person.
IS_PAST = """(
    (SELECT 1 FROM erased_events e WHERE e.mark = {0}.mark) IS NOT NULL
    OR (SELECT 1 FROM erased_events e WHERE e.mark = {0}.person AND {0}.sent_at < e.sent_before) IS NOT NULL
)"""
_KEEP = """
INSERT INTO erased_events (mark) SELECT unnest(%s::text[]) ON CONFLICT (mark) DO UPDATE SET at = now()
"""
# Where nothing tells the platform's time, a day is more than clocks differ by. One time far ahead of ours is a fault of
# the platform's: it does not silence whoever comes back.
_KEEP_PERSON = """
INSERT INTO erased_events (mark, sent_before)
VALUES (%(mark)s, least(coalesce(%(newest)s, now() - interval '1 day'), now() + interval '1 hour'))
ON CONFLICT (mark) DO UPDATE SET sent_before = greatest(erased_events.sent_before, excluded.sent_before), at = now()
"""


def mark_of(channel: str, event_id: str) -> str:
    """Returns what is kept of an erased event."""
    return fingerprint(audit.keys.opened().people, "erased event", f"{channel}\0{event_id}")


def mark_of_person(conversation: str) -> str:
    """Returns what is kept of an erased person."""
    return fingerprint(audit.keys.opened().people, "erased person", conversation)


def remember_letters(connection: psycopg.Connection[Any], conversation: str, condition: str) -> None:
    """Notes the letters that are about to be erased (`messages.dead_letters`): their marks are those of their events.

    Args:
        connection: where the transaction runs.
        conversation: whose they are.
        condition: SQL of the letters that go; `%(person)s` is the conversation.
    """
    rows = connection.execute(f"SELECT mark FROM dead_letters WHERE {condition}", {"person": conversation}).fetchall()
    connection.execute(_KEEP, ([mark for (mark,) in rows],))


def remember(connection: psycopg.Connection[Any], conversation: str, condition: str) -> None:
    """Notes the events that are about to be erased, in the caller's transaction.

    Args:
        connection: where the transaction runs.
        conversation: whose they are.
        condition: SQL of the inbox's rows that go; `%(person)s` is the conversation.
    """
    rows = connection.execute(
        f"SELECT channel, event_id, sent_at FROM inbox WHERE {condition}", {"person": conversation}
    ).fetchall()
    connection.execute(_KEEP, ([mark_of(channel, event_id) for channel, event_id, _ in rows],))
    newest = max((sent_at for _, _, sent_at in rows if sent_at), default=None)
    connection.execute(_KEEP_PERSON, {"mark": mark_of_person(conversation), "newest": newest})
