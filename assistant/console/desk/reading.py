"""What the desk shows, read from the database; and the signs by which an open page knows that it changed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from assistant.desk.handover import Desk

Connection = psycopg.Connection[Any]

# Open handovers are few; for each the last thing either side said, by index.
_QUEUE = """
SELECT h.id, h.conversation, c.channel, c.language, h.state, h.reason, h.agent, coalesce(f.shown, h.agent) AS shown,
       h.asked_at, h.taken_at, h.until, said.body->>'text' AS last_text, said.body->>'media' AS last_media,
       said.accepted_at AS last_at,
       h.state = 'with_person' AND said.id IS NOT NULL
           AND said.accepted_at > coalesce(answered.created_at, '-infinity') AND said.accepted_at > h.asked_at
           AS unanswered
FROM handovers h
JOIN conversations c ON c.id = h.conversation
LEFT JOIN staff f ON f.name = h.agent
LEFT JOIN LATERAL (
    SELECT i.id, i.body, i.accepted_at FROM inbox i WHERE i.conversation = h.conversation AND i.kind <> 'system'
    ORDER BY i.id DESC LIMIT 1
) said ON true
LEFT JOIN LATERAL (
    SELECT o.created_at FROM outbox o WHERE o.conversation = h.conversation AND o.sender = 'agent'
    ORDER BY o.id DESC LIMIT 1
) answered ON true
WHERE h.state <> 'closed' AND (h.until IS NULL OR h.until > now())
ORDER BY h.asked_at
"""
_PRESENT = """
SELECT p.agent, coalesce(f.shown, p.agent) AS shown, p.seen_at,
       (SELECT count(*) FROM handovers h WHERE h.agent = p.agent AND h.state = 'with_person') AS busy
FROM desk_presence p LEFT JOIN staff f ON f.name = p.agent
WHERE p.seen_at > now() - %s ORDER BY shown
"""
_QUESTIONS_OPEN = "SELECT count(*) FROM questions WHERE answered_at IS NULL AND closed_at IS NULL"
# Cheap enough for every open page, several times a second.
_QUEUE_SIGNS = """
SELECT count(*) FILTER (WHERE state = 'waiting'),
       coalesce(md5(string_agg(id || state || coalesce(agent, '') || coalesce(until::text, ''), ',' ORDER BY id)), '')
FROM handovers WHERE state <> 'closed'
"""
_PRESENCE_SIGN = """
SELECT coalesce(md5(string_agg(agent, ',' ORDER BY agent)), '') FROM desk_presence WHERE seen_at > now() - %s
"""
_TALK_SIGNS = """
SELECT (SELECT max(id) FROM inbox WHERE conversation = %(c)s),
       (SELECT count(*) FROM inbox WHERE conversation = %(c)s AND done_at IS NULL),
       (SELECT max(id) FROM desk_notes WHERE conversation = %(c)s),
       (SELECT coalesce(string_agg(id || state || attempts || coalesce(error, '') || (delivered_at IS NOT NULL)::int
                                   || (seen_at IS NOT NULL)::int, ','), '')
        FROM (SELECT * FROM outbox WHERE conversation = %(c)s ORDER BY id DESC LIMIT 20) last),
       EXISTS (SELECT 1 FROM outbox WHERE conversation = %(c)s AND state = 'waiting')
"""
_UNANSWERED = """
SELECT h.conversation, (SELECT max(i.id) FROM inbox i WHERE i.conversation = h.conversation AND i.kind <> 'system')
FROM handovers h WHERE h.state = 'with_person' AND h.agent = %s ORDER BY 1
"""


@dataclass(frozen=True)
class Queue:
    """The lists of the desk."""

    waiting: list[Any]
    mine: list[Any]
    others: list[Any]
    present: list[Any]
    questions: int
    here: bool
    in_hours: bool
    hours_today: str


def hours_today(desk: Desk, now: datetime.datetime) -> str:
    """Returns today's hours as "08:00–17:00", or an empty text where nobody works today."""
    span = desk.hours_on(now)
    return f"{span[0]:%H:%M}–{span[1]:%H:%M}" if span else ""


def queue(connection: Connection, desk: Desk, me: str, now: datetime.datetime) -> Queue:
    """Returns who waits, who is with whom, and which colleagues are there."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        rows: list[Any] = cursor.execute(_QUEUE).fetchall()
        present: list[Any] = cursor.execute(_PRESENT, (desk.present,)).fetchall()
    held = [row for row in rows if row.state == "with_person"]
    return Queue(
        waiting=[row for row in rows if row.state == "waiting"],
        mine=sorted((row for row in held if row.agent == me), key=lambda row: not row.unanswered),
        others=[row for row in held if row.agent != me],
        present=present,
        questions=_one(connection, _QUESTIONS_OPEN),
        here=any(row.agent == me for row in present),
        in_hours=desk.in_hours(now),
        hours_today=hours_today(desk, now),
    )


def counts(connection: Connection) -> dict[str, int]:
    """Returns the numbers beside the navigation: who waits, and open questions."""
    waiting = _one(connection, "SELECT count(*) FROM handovers WHERE state = 'waiting'")
    return {"desk": waiting, "questions": _one(connection, _QUESTIONS_OPEN)}


def stay(connection: Connection, me: str) -> None:
    """Keeps somebody present who is at the desk and has it open."""
    connection.execute(
        "UPDATE desk_presence SET seen_at = now() WHERE agent = %s AND seen_at < now() - interval '1 minute'", (me,)
    )


def signs(connection: Connection, desk: Desk, me: str, conversation: str) -> dict[str, Any]:
    """Returns what an open desk compares: queue, the open conversation, and what deserves a notice."""
    waiting, queued = connection.execute(_QUEUE_SIGNS).fetchone() or (0, "")
    present = _one(connection, _PRESENCE_SIGN, desk.present)
    mine = connection.execute(_UNANSWERED, (me,)).fetchall()
    questions = _one(connection, _QUESTIONS_OPEN)
    found: dict[str, Any] = {
        "queue": f"{queued} {present} {questions} {mine}",
        "waiting": waiting,
        "questions": questions,
        "mine": {name: last or 0 for name, last in mine},
    }
    if conversation:
        *talk, soon = connection.execute(_TALK_SIGNS, {"c": conversation}).fetchone() or (None, False)
        found |= {"talk": str(talk), "soon": bool(soon)}
    return found


def _one(connection: Connection, query: str, *values: Any) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
