"""Reads the trail, newest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import psycopg

from assistant.audit.keys import opened

_ENTRIES = """
SELECT a.id, a.at, a.event, a.actor, a.subject, a.place, a.details, c.position
FROM audit a LEFT JOIN audit_chain c ON c.entry = a.id
WHERE (%(event)s::text IS NULL OR a.event = %(event)s OR a.event LIKE %(event)s || '.%%')
  AND (%(person)s::text IS NULL OR %(person)s IN (a.subject, a.actor))
  AND (%(member)s::text IS NULL OR a.details->>'member' = %(member)s)
  AND (%(actor)s::text IS NULL OR a.actor = %(actor)s)
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s)
ORDER BY a.at DESC, a.id LIMIT %(most)s
"""


def entries(
    connection: psycopg.Connection[Any],
    *,
    event: str | None = None,
    person: str | None = None,
    member: str | None = None,
    actor: str | None = None,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    most: int = 100,
) -> Iterator[dict[str, Any]]:
    """Yields entries as dictionaries, newest first.

    Args:
        connection: to read on.
        event: an event, or the first part of its name ("reset").
        person: a conversation, or its pseudonym; as subject or actor.
        member: the register's id of a member, or its pseudonym.
        actor: who, as it stands in the trail ("staff:lan", "system:retention").
        since: the earliest time.
        until: the time before which.
        most: how many at most.
    """
    keys = opened()
    values = {
        "event": event,
        "person": person if person is None or person.startswith("p_") else keys.person(person),
        "member": member if member is None or member.startswith("m_") else keys.member(member),
        "actor": actor,
        "since": since,
        "until": until,
        "most": most,
    }
    for name, at, what, who, subject, place, details, position in connection.execute(_ENTRIES, values):
        yield {
            "id": str(name),
            "at": at.astimezone(datetime.UTC).isoformat(timespec="milliseconds"),
            "event": what,
            "actor": who,
            "subject": subject,
            "where": place,
            "details": details,
            "position": position,
        }
