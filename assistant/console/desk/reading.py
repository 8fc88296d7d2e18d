"""What the desk shows, read from the database; and the signs by which an open page knows that it changed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from assistant.desk import holding, typing
from assistant.desk.handover import Desk
from assistant.desk.holding import IS_THERE, MISSED, UNANSWERED

Connection = psycopg.Connection[Any]

# Open handovers are few; for each the last thing either side said, by index.
_QUEUE = f"""
SELECT h.id, h.conversation, c.channel, c.language, h.state, h.reason, h.agent, coalesce(f.shown, h.agent) AS shown,
       h.asked_at, h.taken_at, h.until, h.returned_at, h.offered_to, coalesce(o.shown, h.offered_to) AS offered_shown,
       ARRAY(SELECT tag FROM conversation_tags g WHERE g.conversation = h.conversation ORDER BY tag) AS tags,
       said.body->>'text' AS last_text,
       said.body->>'media' AS last_media, said.accepted_at AS last_at, unanswered.since AS unanswered_since,
       unanswered.since IS NOT NULL AS unanswered, answered.at IS NOT NULL AS answered_before,
       coalesce(unanswered.since < now() - %(slow)s, false) AS overdue
FROM handovers h
JOIN conversations c ON c.id = h.conversation
LEFT JOIN staff f ON f.name = h.agent
LEFT JOIN staff o ON o.name = h.offered_to
LEFT JOIN LATERAL (
    SELECT i.id, i.body, i.accepted_at FROM inbox i WHERE i.conversation = h.conversation AND i.kind <> 'system'
    ORDER BY i.id DESC LIMIT 1
) said ON true
{UNANSWERED}
WHERE h.state <> 'closed' AND (h.until IS NULL OR h.until > now())
ORDER BY h.asked_at
"""
# Whoever wrote again since nobody came is at the top.
_MISSED = f"""
SELECT h.id, h.conversation, c.channel, c.language, h.state, h.reason, h.outcome, h.agent,
       coalesce(f.shown, h.agent) AS shown, h.asked_at, h.closed_at, said.body->>'text' AS last_text,
       said.body->>'media' AS last_media, said.accepted_at AS last_at, said.accepted_at > h.closed_at AS again
FROM handovers h
JOIN conversations c ON c.id = h.conversation
LEFT JOIN staff f ON f.name = h.agent
LEFT JOIN LATERAL (
    SELECT i.body, i.accepted_at FROM inbox i WHERE i.conversation = h.conversation AND i.kind <> 'system'
    ORDER BY i.id DESC LIMIT 1
) said ON true
WHERE {MISSED}
ORDER BY said.accepted_at > h.closed_at DESC NULLS LAST,
         CASE WHEN said.accepted_at > h.closed_at THEN said.accepted_at END DESC, h.closed_at LIMIT 100
"""
_PRESENT = f"""
SELECT p.agent, coalesce(f.shown, p.agent) AS shown, p.seen_at,
       (SELECT count(*) FROM handovers h WHERE h.agent = p.agent AND h.state = 'with_person') AS busy
FROM desk_presence p LEFT JOIN staff f ON f.name = p.agent
WHERE {IS_THERE} ORDER BY shown
"""
_QUESTIONS_OPEN = "SELECT count(*) FROM questions WHERE answered_at IS NULL AND closed_at IS NULL"
# Cheap enough for every open page, several times a second.
_QUEUE_SIGNS = """
SELECT coalesce(md5(string_agg(id || state || coalesce(agent, '') || coalesce(until::text, '')
                               || coalesce(settled_at::text, '') || coalesce(offered_to, ''), ',' ORDER BY id)), '')
FROM handovers WHERE state <> 'closed'
"""
_PRESENCE_SIGN = f"""
SELECT coalesce(md5(string_agg(p.agent, ',' ORDER BY p.agent)), '') FROM desk_presence p WHERE {IS_THERE}
"""
# What waits for somebody: in the queue, too long for an agent's answer, or missed.
_ATTENTION = f"""
SELECT (SELECT count(*) FROM handovers WHERE state = 'waiting'),
       (SELECT count(*) FROM handovers h {UNANSWERED} WHERE h.state = 'with_person' AND h.until IS NULL
        AND unanswered.since < now() - %(slow)s),
       (SELECT count(*) FROM handovers h WHERE {MISSED})
"""
_TALK_SIGNS = """
SELECT (SELECT max(id) FROM inbox WHERE conversation = %(c)s),
       (SELECT count(*) FROM inbox WHERE conversation = %(c)s AND done_at IS NULL),
       (SELECT max(id) FROM desk_notes WHERE conversation = %(c)s),
       (SELECT coalesce(string_agg(id || state || attempts || coalesce(error, '') || (delivered_at IS NOT NULL)::int
                                   || (seen_at IS NOT NULL)::int, ','), '')
        FROM (SELECT * FROM outbox WHERE conversation = %(c)s ORDER BY id DESC LIMIT 20) last),
       (SELECT string_agg(id::text, ',' ORDER BY id) FROM desk_held WHERE conversation = %(c)s),
       (SELECT string_agg(tag, ',' ORDER BY tag) FROM conversation_tags WHERE conversation = %(c)s),
       EXISTS (SELECT 1 FROM outbox WHERE conversation = %(c)s AND state = 'waiting')
"""
# Whoever was missed and writes again comes to the top of an open page, too.
_WROTE_AGAIN = f"""
SELECT sum((SELECT max(i.id) FROM inbox i WHERE i.conversation = h.conversation AND i.kind <> 'system'))
FROM handovers h WHERE {MISSED}
"""
_WHOSE = """
SELECT state || ' ' || coalesce(agent, '') FROM handovers
WHERE conversation = %(c)s AND state <> 'closed' AND (until IS NULL OR until > now())
"""
_UNANSWERED = """
SELECT h.conversation, (SELECT max(i.id) FROM inbox i WHERE i.conversation = h.conversation AND i.kind <> 'system')
FROM handovers h WHERE h.state = 'with_person' AND h.agent = %s ORDER BY 1
"""

_OFFERED = "SELECT conversation FROM handovers WHERE state = 'waiting' AND offered_to = %s ORDER BY id"


@dataclass(frozen=True)
class Queue:
    """The lists of the desk."""

    waiting: list[Any]  # whoever it is one's turn for first
    mine: list[Any]
    others: list[Any]
    missed: list[Any]
    present: list[Any]
    late: int  # seconds after which a wait is red
    questions: int
    here: bool
    in_hours: bool
    hours_today: str
    open_until: datetime.datetime | None  # it is open beyond its hours


def hours_today(desk: Desk, now: datetime.datetime) -> str:
    """Returns today's hours as "08:00–17:00", or an empty text where nobody works today."""
    span = desk.hours_on(now)
    return f"{span[0]:%H:%M}–{span[1]:%H:%M}" if span else ""


def queue(connection: Connection, desk: Desk, me: str, now: datetime.datetime) -> Queue:
    """Returns who waits, who is with whom, and which colleagues are there."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        told = holding.values(desk, desk.absent)
        rows: list[Any] = cursor.execute(_QUEUE, told).fetchall()
        present: list[Any] = cursor.execute(_PRESENT, told).fetchall()
        missed: list[Any] = cursor.execute(_MISSED).fetchall()
    held = [row for row in rows if row.state == "with_person"]
    return Queue(
        waiting=sorted((row for row in rows if row.state == "waiting"), key=lambda row: row.offered_to != me),
        mine=sorted((row for row in held if row.agent == me), key=_who_first),
        others=sorted((row for row in held if row.agent != me), key=_who_first),
        missed=missed,
        present=present,
        late=int(desk.slow.total_seconds()),
        questions=_one(connection, _QUESTIONS_OPEN),
        here=any(row.agent == me for row in present),
        in_hours=desk.in_hours(now),
        hours_today=hours_today(desk, now),
        open_until=desk.open_until if desk.open_until and desk.open_until > now else None,
    )


def _who_first(row: Any) -> tuple[bool, float]:
    """Orders by who waits for an answer, whoever waits longest at the top; the others by their last words."""
    if row.unanswered:
        return False, row.unanswered_since.timestamp()
    return True, -row.last_at.timestamp() if row.last_at else 0.0


def counts(connection: Connection, desk: Desk) -> dict[str, int]:
    """Returns the numbers beside the navigation: who needs somebody at the desk, and open questions."""
    needed = connection.execute(_ATTENTION, holding.values(desk, desk.absent)).fetchone() or ()
    return {"desk": sum(needed), "questions": _one(connection, _QUESTIONS_OPEN)}


def signs(connection: Connection, desk: Desk, me: str, conversation: str) -> dict[str, Any]:
    """Returns what an open desk compares: queue, the open conversation, and what deserves a notice."""
    told = holding.values(desk, desk.absent)
    waiting, overdue, missed = connection.execute(_ATTENTION, told).fetchone() or (0, 0, 0)
    offered = [name for (name,) in connection.execute(_OFFERED, (me,)).fetchall()]
    queued = _one(connection, _QUEUE_SIGNS)
    present = _one(connection, _PRESENCE_SIGN, told)
    again = _one(connection, _WROTE_AGAIN)
    mine = connection.execute(_UNANSWERED, (me,)).fetchall()
    questions = _one(connection, _QUESTIONS_OPEN)
    found: dict[str, Any] = {
        "queue": f"{queued} {present} {questions} {mine} {overdue} {missed} {again}",
        "desk": waiting + overdue + missed,
        "waiting": waiting,
        "overdue": overdue,
        "offered": offered,
        "questions": questions,
        "mine": {name: last or 0 for name, last in mine},
    }
    if conversation:
        *talk, soon = connection.execute(_TALK_SIGNS, {"c": conversation}).fetchone() or (None, False)
        whose = _one(connection, _WHOSE, {"c": conversation})
        writes = bool(_one(connection, typing.IS_WRITING, dict(typing.values(conversation, "person"))))
        found |= {"talk": str(talk), "soon": bool(soon) or writes, "held": whose or "bot", "writes": writes}
    return found


def _one(connection: Connection, query: str, values: dict[str, Any] | None = None) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None
