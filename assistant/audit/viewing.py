"""The one way by which a look at people's words comes into the trail: who looked, at whose, where, and why if asked.

Whatever shows a person's words to staff, a page or a command, calls `viewed` in the transaction that reads them.
`tests/console/test_reading_is_audited.py` opens every page and every command with planted words and fails where
they are shown without an entry.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import psycopg

from assistant.audit.events import AuditError, Event
from assistant.audit.trail import Actor, statement

#: A page that fetches itself anew, or a list, is one look in this time: an open desk asks many times a minute.
ONE_LOOK = datetime.timedelta(minutes=10)
_SEEN = """
SELECT DISTINCT subject FROM audit WHERE subject = ANY(%(subjects)s) AND at > now() - %(look)s
AND event = %(event)s AND actor = %(actor)s AND details->>'view' = %(view)s
"""
Connection = psycopg.Connection[Any]


def viewed(
    connection: Connection,
    conversations: Iterable[str],
    *,
    actor: Actor,
    where: str,
    view: str,
    every_time: bool = True,
    **details: str | int | bool,
) -> int:
    """Writes an entry for each person whose words are shown; returns how many were written.

    Args:
        connection: where the transaction runs that reads the words.
        conversations: whose words they are.
        actor: who looks.
        where: page or command.
        view: what kind of look, e.g. "desk", "list of questions".
        every_time: False for what fetches itself anew: one entry in ten minutes (`ONE_LOOK`) says it.
        details: more about it.

    Raises:
        AuditError: if it is not known whose words they are: what no trace could name is not shown.
    """
    people = dict.fromkeys(conversations)
    if not all(people):
        raise AuditError("words of nobody known")
    written = [
        statement(Event.STAFF_VIEWED, actor=actor, where=where, subject=person, view=view, **details)
        for person in people
    ]
    if written and not every_time:
        seen = _seen(connection, [values for _, values in written])
        written = [(query, values) for query, values in written if values["subject"] not in seen]
    if written:
        connection.cursor().executemany(written[0][0], [values for _, values in written])
    return len(written)


def _seen(connection: Connection, entries: list[dict[str, Any]]) -> set[str]:
    first = entries[0]
    values = {
        "subjects": [entry["subject"] for entry in entries], "look": ONE_LOOK, "event": first["event"],
        "actor": first["actor"], "view": first["details"].obj["view"],
    }  # fmt: skip
    return {row[0] for row in connection.execute(_SEEN, values)}
