"""What an agent sends may be taken back for some seconds: until then it is held, and goes out in order.

Whatever ends the conversation sends what is held first; a node that dies leaves it to the others' sweeps.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.desk import handover
from assistant.desk.handover import HandoverError
from assistant.messages import wakeups
from assistant.messages.events import PULLED
from assistant.runtime.conversation import channel_of

Connection = psycopg.Connection[Any]
#: Whether `release` has anything to do.
ANY_DUE = "SELECT EXISTS (SELECT 1 FROM desk_held WHERE due_at <= now())"
_HOLD = """
INSERT INTO desk_held (conversation, agent, text, media, send_key, due_at)
VALUES (%(conversation)s, %(agent)s, %(text)s, %(media)s, %(key)s, now() + make_interval(secs => %(seconds)s))
ON CONFLICT (conversation, send_key) WHERE send_key IS NOT NULL DO NOTHING
"""
# All that is before it in its conversation goes with it: the order is the agent's.
_DUE = """
DELETE FROM desk_held WHERE id IN (SELECT id FROM desk_held h WHERE {which} ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING id, conversation, agent, text, media, send_key, at
"""
_TIME_IS_OVER = """
conversation IN (SELECT conversation FROM desk_held WHERE due_at <= now() LIMIT 100)
AND id <= (SELECT max(id) FROM desk_held due WHERE due.conversation = h.conversation AND due.due_at <= now())
"""
# It follows what the person had said when it was written: so the web page keeps its place among the messages.
_SEND = """
INSERT INTO outbox (conversation, inbox_id, sender, agent, body, state, created_at, sent_at, send_key)
VALUES (%(conversation)s, (SELECT max(id) FROM inbox WHERE conversation = %(conversation)s AND accepted_at <= %(at)s),
        'agent', %(agent)s, %(body)s, %(state)s, %(at)s, CASE WHEN %(state)s = 'sent' THEN now() END, %(key)s)
ON CONFLICT (conversation, send_key) WHERE send_key IS NOT NULL DO NOTHING
"""
_SENT_BEFORE = """
SELECT 1 FROM outbox WHERE conversation = %(c)s AND send_key = %(key)s
UNION ALL SELECT 1 FROM desk_held WHERE conversation = %(c)s AND send_key = %(key)s
"""
Media = dict[str, Any]


def may_reply(connection: Connection, conversation: str, agent: str) -> None:
    """Holds the conversation for an agent who writes in it.

    Raises:
        HandoverError: if the agent does not have it.
    """
    handover.be_present(connection, agent)
    row = connection.execute(
        "SELECT 1 FROM handovers WHERE conversation = %s AND state = 'with_person' AND agent = %s FOR UPDATE",
        (conversation, agent),
    ).fetchone()
    if row is None:
        raise HandoverError("Bạn chưa nhận cuộc trò chuyện này.")


def hold(
    connection: Connection,
    conversation: str,
    agent: str,
    text: str,
    seconds: int = 0,
    key: str = "",
    media: Media | None = None,
) -> None:
    """Sends an agent's message after some seconds, 0 at once; what is given twice with the same key is sent once.

    Raises:
        HandoverError: if the agent does not have the conversation, or the message is empty.
    """
    if not text.strip() and not media:
        raise HandoverError("Tin nhắn đang trống.")
    if key and connection.execute(_SENT_BEFORE, {"c": conversation, "key": key}).fetchone():
        handover.be_present(connection, agent)
        return  # it arrived, whosever the conversation is by now
    may_reply(connection, conversation, agent)
    held = {
        "conversation": conversation, "agent": agent, "text": text.strip(), "key": key or None, "seconds": seconds,
        "media": Jsonb(media) if media else None,
    }  # fmt: skip
    connection.execute(_HOLD, held)
    if not seconds:
        release(connection, conversation)
    wakeups.tell(connection, conversation)


def take_back(connection: Connection, conversation: str, agent: str, number: int) -> str:
    """Takes back what is held still, and returns its words.

    Raises:
        HandoverError: if it has gone out.
    """
    row = connection.execute(
        "DELETE FROM desk_held WHERE id = %s AND conversation = %s AND agent = %s RETURNING text",
        (number, conversation, agent),
    ).fetchone()
    if row is None:
        raise HandoverError("Tin này đã gửi đi nên không thu hồi được nữa.")
    wakeups.tell(connection, conversation)
    return str(row[0])


def release(connection: Connection, conversation: str = "") -> list[str]:
    """Sends what is due, or all that is held of one conversation; returns the conversations."""
    which = "conversation = %(c)s" if conversation else _TIME_IS_OVER
    rows = connection.execute(_DUE.format(which=which), {"c": conversation}).fetchall()
    for _, about, agent, text, media, key, at in sorted(rows, key=lambda row: row[0]):
        body = {"text": text, "buttons": []} | ({"media": media} if media else {})
        state = "sent" if channel_of(about) in PULLED else "waiting"
        values = {"conversation": about, "agent": agent, "body": Jsonb(body), "key": key, "at": at, "state": state}
        connection.execute(_SEND, values)
        wakeups.tell(connection, about)
    return sorted({row[1] for row in rows})
