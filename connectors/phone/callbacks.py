"""Numbers to ring back: queued with the check, rung when the call is over, tried once more within decent hours.

A row is rung by one node at a time, and one row a request: a newer request of the same account takes the place of one
that waits. It is rung again, within decent hours, where nobody took the call, or nothing was heard of it for minutes (a
node that died may have rung). Who took the call is not rung again. A platform that refuses us, or is away, costs no
ring: it is asked again, ever more slowly, as long as the request lives.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.privacy.vault import Vault, VaultError
from assistant.runtime.times import VIETNAM

Connection = psycopg.Connection[Any]
#: Where the platform never says that the call is over: what is said at its end takes half a minute.
_AT_LATEST = datetime.timedelta(seconds=90)
#: Until a line that was hung up takes a call.
_CLEARS = datetime.timedelta(seconds=3)
_AGAIN = datetime.timedelta(minutes=2)
#: A call that rings is answered, or not, within this.
_RINGS = datetime.timedelta(minutes=3)
#: Who called a while ago no longer sits beside the telephone: then the hours count for a first ring, too.
_AT_ONCE = datetime.timedelta(minutes=10)
#: Between two tries at a platform that takes no call of ours: the first, and the longest.
_FAILED, _FAILED_LONGEST = datetime.timedelta(seconds=10), datetime.timedelta(minutes=5)
MOST_ATTEMPTS = 2
_ASK = """
INSERT INTO phone_callbacks (id, conversation, reset_id, sealed, due_at) VALUES (%s, %s, %s, %s, now() + %s)
"""
_REPLACE = """
UPDATE phone_callbacks SET state = 'given_up', sealed = NULL, error = 'replaced' WHERE state = 'waiting' AND reset_id IN
    (SELECT o.id FROM resets o JOIN resets n ON n.member_ref = o.member_ref WHERE n.id = %(reset)s AND o.id <> n.id)
"""
#: What is rung, and what is sure to be.
_MADE = """
SELECT coalesce(sum(CASE state WHEN 'waiting' THEN attempts + 1 ELSE attempts END), 0)
FROM phone_callbacks WHERE made_at > now() - interval '1 day'
"""
_CLAIM = """
UPDATE phone_callbacks SET state = 'ringing', attempts = attempts + 1, lease_until = now() + %(rings)s
WHERE id = (
    SELECT c.id FROM phone_callbacks c JOIN resets r ON r.id = c.reset_id
    WHERE r.used_at IS NULL AND r.expires_at > now() AND c.rung IS NULL
      AND ((c.state = 'waiting' AND c.due_at <= now()
            AND (%(decent)s OR (c.attempts = 0 AND c.made_at > now() - %(at_once)s)))
        OR (c.state = 'ringing' AND c.lease_until < now() AND c.attempts < %(most)s AND %(decent)s))
      AND (SELECT coalesce(sum(attempts), 0) FROM phone_callbacks WHERE made_at > now() - interval '1 day') < %(cap)s
    ORDER BY c.due_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED
)
RETURNING id::text, sealed, attempts
"""
_OVER = "state = 'given_up', sealed = NULL, lease_until = NULL"


@dataclass(frozen=True)
class Due:
    """A number to ring."""

    id: str
    number: str
    attempt: int


def ask(connection: Connection, vault: Vault, conversation: str, reset_id: str, number: str) -> None:
    """Queues a number in the caller's transaction, in place of one of the same account that waits."""
    name = str(uuid.uuid4())
    connection.execute(_REPLACE, {"reset": reset_id})
    connection.execute(_ASK, (name, conversation, reset_id, vault.seal(number, f"callback {name}"), _AT_LATEST))


def sent(connection: Connection, conversation: str, reset_id: str) -> None:
    """Notes a text message in place of a call back: it costs money, too."""
    connection.execute(
        "INSERT INTO phone_callbacks (id, conversation, reset_id, due_at, state, attempts)"
        " VALUES (%s, %s, %s, now(), 'done', 1)",
        (str(uuid.uuid4()), conversation, reset_id),
    )


def made_today(connection: Connection) -> int:
    """Counts calls back of a day: those made, and those that are asked for."""
    row = connection.execute(_MADE).fetchone()
    return int(row[0]) if row else 0


def hung_up(connection: Connection, conversation: str) -> None:
    """Makes what a call asked for due as its line is free now; ends a call back that was taken and told nothing."""
    connection.execute(
        "UPDATE phone_callbacks SET due_at = least(due_at, now() + %s) WHERE conversation = %s AND state = 'waiting'",
        (_CLEARS, conversation),
    )
    connection.execute(
        f"UPDATE phone_callbacks SET {_OVER}, error = 'no key' WHERE rung = %s AND state = 'ringing'", (conversation,)
    )


def claim(connection: Connection, vault: Vault, hours: tuple[int, int], most_a_day: int) -> Due | None:
    """Takes the number that is due longest, to be rung now; None if none is. Within the hours, lost ones too."""
    values = {
        "rings": _RINGS, "most": MOST_ATTEMPTS, "decent": _within(hours), "at_once": _AT_ONCE, "cap": most_a_day,
    }  # fmt: skip
    row = connection.execute(_CLAIM, values).fetchone()
    if row is None:
        return None
    try:
        return Due(row[0], vault.open(bytes(row[1]), f"callback {row[0]}"), row[2])
    except (VaultError, TypeError):
        give_up(connection, row[0], "sealed")
        return None


def taken(connection: Connection, vault: Vault, name: str, conversation: str) -> tuple[str, str] | None:
    """Notes that the rung number took the call, and returns it and its reset; None where nobody was to be rung."""
    row = connection.execute(
        "UPDATE phone_callbacks SET rung = %s WHERE id = %s AND state = 'ringing' AND coalesce(rung, %s) = %s"
        " RETURNING sealed, reset_id::text",
        (conversation, name, conversation, conversation),
    ).fetchone()
    try:
        return (vault.open(bytes(row[0]), f"callback {name}"), row[1]) if row and row[0] else None
    except VaultError:
        return None


def told(connection: Connection, conversation: str) -> None:
    """Notes that the person was reached by the call of this conversation."""
    connection.execute(
        "UPDATE phone_callbacks SET state = 'done', sealed = NULL, lease_until = NULL WHERE rung = %s", (conversation,)
    )


def not_reached(connection: Connection, name: str, attempt: int, hours: tuple[int, int], why: str) -> None:
    """Tries once more a little later, within the hours; else gives up. What is told of another attempt is old."""
    if attempt < MOST_ATTEMPTS and _within(hours):
        change = f"state = 'waiting', lease_until = NULL, due_at = now() + interval '{_AGAIN.seconds} seconds'"
    else:
        change = _OVER
    connection.execute(
        f"UPDATE phone_callbacks SET {change}, error = %s"
        " WHERE id = %s AND state = 'ringing' AND attempts = %s AND rung IS NULL",
        (why, name, attempt),
    )


def not_rung(connection: Connection, name: str, attempt: int, why: str, wait: float | None = None) -> None:
    """Notes that the platform took no call of ours: nobody was rung, so it is asked again later.

    Args:
        connection: in a transaction.
        name: the call back.
        attempt: which attempt it was.
        why: in a word.
        wait: the seconds that the platform asks for, if it does.
    """
    connection.execute(
        "UPDATE phone_callbacks SET state = 'waiting', lease_until = NULL, attempts = attempts - 1, error = %(why)s,"
        " failures = failures + 1,"
        " due_at = now() + greatest(%(wait)s, least(%(first)s * 2 ^ least(failures, 10), %(longest)s))"
        " WHERE id = %(name)s AND state = 'ringing' AND attempts = %(attempt)s AND rung IS NULL",
        {"why": why, "wait": datetime.timedelta(seconds=wait or 0), "first": _FAILED, "longest": _FAILED_LONGEST,
         "name": name, "attempt": attempt},
    )  # fmt: skip


def _within(hours: tuple[int, int]) -> bool:
    return hours[0] <= datetime.datetime.now(VIETNAM).hour < hours[1]


def give_up(connection: Connection, name: str, why: str) -> None:
    """Ends a call back without having reached anybody."""
    connection.execute(
        f"UPDATE phone_callbacks SET {_OVER}, error = %s WHERE id = %s AND state IN ('waiting', 'ringing')", (why, name)
    )


def end_old(connection: Connection) -> None:
    """Gives up what nothing is heard of any more, and what was asked for by a request that is over."""
    connection.execute(
        f"UPDATE phone_callbacks c SET {_OVER}, error = coalesce(c.error, 'silence') FROM resets r"
        " WHERE r.id = c.reset_id AND c.state IN ('waiting', 'ringing')"
        " AND (c.lease_until IS NULL OR c.lease_until < now())"
        " AND (r.used_at IS NOT NULL OR r.expires_at <= now()"
        " OR (c.state = 'ringing' AND (c.attempts >= %s OR c.rung IS NOT NULL)))",
        (MOST_ATTEMPTS,),
    )
