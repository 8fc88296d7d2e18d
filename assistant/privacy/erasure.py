"""Erases one person's conversation. What security needs stays, without the person: attempts, resets, audit."""

from __future__ import annotations

from typing import Any

import psycopg

_STATEMENTS = (
    "DELETE FROM vault WHERE conversation = %(c)s",
    "DELETE FROM declarations WHERE conversation = %(c)s",
    "DELETE FROM questions WHERE conversation = %(c)s",
    "DELETE FROM handovers WHERE conversation = %(c)s AND state = 'closed'",
    "DELETE FROM outbox WHERE conversation = %(c)s AND state <> 'waiting'",
    "DELETE FROM inbox WHERE conversation = %(c)s AND done_at IS NOT NULL",  # and with them the turns
    "UPDATE conversations SET tracker = NULL, menu = NULL WHERE id = %(c)s",
)


#: What is older than the 90 days that the privacy page promises; a batch at a time, so that nobody waits.
TOO_OLD = (
    (
        "DELETE FROM conversations WHERE id IN"
        " (SELECT id FROM conversations WHERE updated_at < now() - interval '90 days' LIMIT 1000)"
    ),
    (
        "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox"
        " WHERE accepted_at < now() - interval '90 days' AND done_at IS NOT NULL ORDER BY id LIMIT 1000)"
    ),
    (
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
        " WHERE created_at < now() - interval '90 days' AND state <> 'waiting' ORDER BY id LIMIT 1000)"
    ),
)


def erase(connection: psycopg.Connection[Any], conversation: str) -> int:
    """Erases messages, values, questions and dialogue state; returns the number of rows removed.

    Runs in the caller's transaction. A message that is being answered just now, and its answer, stay.
    """
    removed = 0
    for statement in _STATEMENTS:
        done = connection.execute(statement, {"c": conversation})
        removed += done.rowcount if statement.startswith("DELETE") else 0
    connection.execute(
        "INSERT INTO audit (event, person, details) VALUES ('privacy.erased', %s, jsonb_build_object('rows', %s::int))",
        (conversation, removed),
    )
    return removed
