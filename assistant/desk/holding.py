"""Conversations that an agent holds: nobody in them is left in silence.

An agent who does not answer is seen (`UNANSWERED`), the person hears that it takes longer, and at last the
conversation is handed on. It is also handed on when the agent leaves the desk: by saying so, by signing out, or by a
page that gives no sign any more. Handed on means: to the front of the queue where a colleague is there, else to the
assistant, and the desk keeps it among what was missed.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable
from typing import Any

import psycopg

from assistant.desk import handover, rules, sending
from assistant.desk.handover import Desk, HandoverError
from assistant.messages import wakeups
from assistant.privacy.vault import Vault

Connection = psycopg.Connection[Any]
#: What `wakeups` names when something at the desk changed that is in no conversation.
EVERY_DESK = "desk:"
#: Seconds without a look at the desk that are a gap.
_GAP = 10.0

#: Joins to `handovers h`: when the agent answered last (`answered.at`), and since when the person waits for an answer
#: (`unanswered.since`, null: nobody waits). What could not be sent is no answer, unless the platform's window is
#: closed. Whoever was taken and told nothing waits from that moment.
UNANSWERED = """
JOIN LATERAL (
    SELECT CASE WHEN greatest(o.at, h.settled_at) >= h.taken_at THEN greatest(o.at, h.settled_at) END AS at
    FROM (SELECT (SELECT created_at FROM outbox WHERE conversation = h.conversation AND sender = 'agent'
                  AND NOT (state = 'dead' AND left(coalesce(error, ''), 6) <> 'closed')
                  ORDER BY id DESC LIMIT 1) AS at) o
) answered ON true
JOIN LATERAL (
    SELECT CASE WHEN h.state <> 'with_person' OR h.until IS NOT NULL THEN NULL
                WHEN answered.at IS NULL THEN h.taken_at
                ELSE (SELECT min(i.accepted_at) FROM inbox i WHERE i.conversation = h.conversation
                      AND i.kind <> 'system' AND i.accepted_at > answered.at) END AS since
) unanswered ON true
"""
#: Of `desk_presence p`: somebody who is there. An open page gives a sign every few seconds.
IS_THERE = "(p.seen_at > now() - %(present)s AND (p.page_at IS NULL OR p.page_at > now() - %(absent)s))"
# `watched`: for how long this process has been looking. While nobody looked, no page could give a sign.
_GONE = """
CASE WHEN p.agent IS NULL THEN greatest(coalesce(h.held_at, h.taken_at), now() - %(watched)s) < now() - %(absent)s
     WHEN p.page_at IS NOT NULL THEN greatest(p.page_at, now() - %(watched)s) < now() - %(absent)s
     ELSE p.seen_at < now() - %(present)s END
"""
_LATE = "greatest(unanswered.since, coalesce(h.held_at, h.taken_at)) < now() - {after}"
_HELD = f"""
FROM handovers h LEFT JOIN desk_presence p ON p.agent = h.agent {UNANSWERED}
WHERE h.state = 'with_person' AND h.until IS NULL
"""
# After a gap whoever is there gets a moment to answer.
_GIVEN_UP = f"({_GONE} OR %(watched)s > %(absent)s AND {_LATE.format(after='%(give_up)s')})"
_TO_WARN = (
    f"({_LATE.format(after='%(slow)s')} AND coalesce(h.warned_at, '-infinity') < unanswered.since AND NOT {_GIVEN_UP})"
)
#: Whether `watch` has anything to do.
ANYTHING_DUE = f"SELECT EXISTS (SELECT 1 {_HELD} AND ({_GIVEN_UP} OR {_TO_WARN}))"
_DUE = f"SELECT h.conversation, h.agent, {_GIVEN_UP} {_HELD} AND ({_GIVEN_UP} OR {_TO_WARN})"
# An answer that is just being sent holds the row, too.
_LOCK = "SELECT 1 FROM handovers WHERE conversation = %s AND state = 'with_person' FOR UPDATE SKIP LOCKED"
_OTHERS = f"SELECT now(), EXISTS (SELECT 1 FROM desk_presence p WHERE p.agent <> %(agent)s AND {IS_THERE})"


class Watch:
    """For how long somebody has been looking at the desk without a gap.

    While nobody looked (a node starts, the database was away), no page could give a sign and no agent could answer:
    that time is held against nobody.
    """

    def __init__(self) -> None:
        self._since = self._looked = time.monotonic()

    def going_on(self) -> datetime.timedelta:
        """Returns how long; after a gap it begins anew."""
        now = time.monotonic()
        if now - self._looked > _GAP:
            self._since = now
        return datetime.timedelta(seconds=now - self._since)

    def looked(self) -> None:
        """Notes that the look succeeded."""
        self._looked = time.monotonic()


def values(desk: Desk, watched: datetime.timedelta) -> dict[str, Any]:
    """Returns what the queries here are told."""
    return {
        "present": desk.present,
        "absent": desk.absent,
        "slow": desk.slow,
        "give_up": desk.give_up,
        "watched": watched,
    }


def watch(connection: Connection, vault: Vault, desk: Desk, watched: datetime.timedelta) -> list[str]:
    """Warns whoever waits too long for an agent's answer, and hands on what nobody answers.

    Args:
        connection: where the transaction runs.
        vault: the node's.
        desk: the rules in force.
        watched: for how long the caller has been watching without a gap.

    Returns:
        The conversations in which something is to be said now.
    """
    told, changed = values(desk, watched), []
    for conversation, _, _ in connection.execute(f"{_DUE} ORDER BY h.id", told).fetchall():
        if connection.execute(_LOCK, (conversation,)).fetchone() is None:
            continue
        # Once more, as it is now that nobody else changes it.
        due = connection.execute(f"{_DUE} AND h.conversation = %(c)s", told | {"c": conversation}).fetchone()
        if due is None:
            continue
        _, agent, given_up = due
        done = (
            hand_on(connection, vault, desk, conversation, agent)
            if given_up
            else _warn(connection, vault, conversation, agent)
        )
        if done:
            changed.append(conversation)
    return changed


def _warn(connection: Connection, vault: Vault, conversation: str, agent: str) -> bool:
    """Tells the person, once, that it takes longer."""
    done = connection.execute(
        "UPDATE handovers SET warned_at = now() WHERE conversation = %s AND agent = %s AND state = 'with_person'",
        (conversation, agent),
    )
    if done.rowcount != 1:
        return False
    handover.tell(connection, vault, conversation, "#desk_slow")
    wakeups.tell(connection, EVERY_DESK)
    return True


def others_are_there(connection: Connection, desk: Desk, agent: str) -> bool:
    """Tells whether the desk is open and somebody else is at it."""
    row = connection.execute(_OTHERS, values(desk, desk.absent) | {"agent": agent}).fetchone()
    return row is not None and bool(row[1]) and rules.in_force(connection, desk).in_hours(row[0])


def hand_on(connection: Connection, vault: Vault, desk: Desk, conversation: str, agent: str) -> bool:
    """Takes a conversation from its agent: to the queue if a colleague is there, else to the assistant.

    The person is told. Returns False if the agent does not hold it any more.
    """
    if others_are_there(connection, desk, agent):
        payload, change = "#desk_requeued", (
            "state = 'waiting', was_with = agent, agent = NULL, taken_at = NULL, held_at = NULL, returned_at = now()"
        )  # fmt: skip
    else:
        payload, change = "#desk_lost", "state = 'closed', outcome = 'abandoned', closed_at = now()"
    done = connection.execute(
        f"UPDATE handovers SET {change} WHERE conversation = %s AND agent = %s AND state = 'with_person'"
        " AND until IS NULL",
        (conversation, agent),
    )
    if done.rowcount != 1:
        return False
    sending.release(connection, conversation)
    handover.tell(connection, vault, conversation, payload)
    wakeups.tell(connection, EVERY_DESK)
    return True


def leave(connection: Connection, vault: Vault, desk: Desk, agent: str) -> list[str]:
    """Lets an agent leave the desk; returns the conversations that were handed on."""
    handover.go_away(connection, agent)
    held = connection.execute(
        "SELECT conversation FROM handovers WHERE agent = %s AND state = 'with_person' AND until IS NULL ORDER BY id",
        (agent,),
    ).fetchall()
    wakeups.tell(connection, EVERY_DESK)
    return [conversation for (conversation,) in held if hand_on(connection, vault, desk, conversation, agent)]


def settle(connection: Connection, conversation: str, agent: str) -> None:
    """Notes that what the person wrote last needs no answer.

    Raises:
        HandoverError: if the agent does not have the conversation.
    """
    handover.be_present(connection, agent)
    done = connection.execute(
        "UPDATE handovers SET settled_at = now() WHERE conversation = %s AND agent = %s AND state = 'with_person'",
        (conversation, agent),
    )
    if done.rowcount != 1:
        raise HandoverError("Bạn chưa nhận cuộc trò chuyện này.")
    wakeups.tell(connection, EVERY_DESK)


def waits_for_answer(connection: Connection, conversation: str) -> bool:
    """Tells whether the person of a held conversation waits for the agent's answer."""
    row = connection.execute(
        f"SELECT unanswered.since IS NOT NULL FROM handovers h {UNANSWERED}"
        " WHERE h.conversation = %s AND h.state = 'with_person'",
        (conversation,),
    ).fetchone()
    return bool(row and row[0])


# -- waits that ended without anybody --------------------------------------------------------------

#: Of `handovers h`: nobody came, and nobody has dealt with it since. A question that they left stands among questions.
MISSED = """
h.state = 'closed' AND h.dealt_at IS NULL AND h.outcome IN ('nobody', 'desk_closed', 'abandoned')
AND NOT EXISTS (SELECT 1 FROM questions q WHERE q.conversation = h.conversation AND q.asked_at > h.asked_at)
AND NOT EXISTS (SELECT 1 FROM handovers again WHERE again.conversation = h.conversation AND again.id > h.id
                AND (again.state <> 'closed' OR again.outcome IN ('nobody', 'desk_closed', 'abandoned')))
"""


def deal_with(connection: Connection, conversations: Iterable[str], agent: str) -> int:
    """Notes that somebody has dealt with waits that were missed; returns how many."""
    done = connection.execute(
        "UPDATE handovers SET dealt_at = now(), dealt_by = %s WHERE conversation = ANY(%s) AND state = 'closed'"
        " AND dealt_at IS NULL AND outcome IN ('nobody', 'desk_closed', 'abandoned')",
        (agent, list(conversations)),
    )
    if done.rowcount:
        wakeups.tell(connection, EVERY_DESK)
    return done.rowcount
