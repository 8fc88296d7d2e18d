"""What the privacy page promises: after 90 days a conversation is gone."""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.privacy import erasure


def test_conversations_and_messages_older_than_90_days_are_removed(connection: psycopg.Connection[Any]) -> None:
    for name, days in (("web:old", 91), ("web:new", 89)):
        connection.execute(
            "INSERT INTO conversations (id, channel, updated_at) VALUES (%s, 'web', now() - make_interval(days => %s))",
            (name, days),
        )
    for days in (91, 89):
        connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at, done_at)"
            " VALUES ('web', %s, 'web:new', 'text', '{}', now() - make_interval(days => %s), now())",
            (str(days), days),
        )
    for statement in erasure.TOO_OLD:
        connection.execute(statement)
    assert connection.execute("SELECT id FROM conversations").fetchall() == [("web:new",)]
    assert connection.execute("SELECT event_id FROM inbox").fetchall() == [("89",)]
