"""Numbers to ring back: queued with the check, rung when the call is over, tried once more within decent hours.

A row is rung by one node at a time. It is tried again, within decent hours, where the platform said no, nobody took
the call, or nothing was heard of it for minutes (a node that died may have rung). Who took the call is not rung again.
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
MOST_ATTEMPTS = 2
_ASK = """
INSERT INTO phone_callbacks (id, conversation, reset_id, sealed, due_at) VALUES (%s, %s, %s, %s, now() + %s)
"""
_CLAIM = """
UPDATE phone_callbacks SET state = 'ringing', attempts = attempts + 1, rung = NULL, lease_until = now() + %(rings)s
WHERE id = (
    SELECT id FROM phone_callbacks
    WHERE (state = 'waiting' AND due_at <= now())
       OR (state = 'ringing' AND lease_until < now() AND attempts < %(most)s AND %(decent)s)
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
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
    """Queues a number in the caller's transaction."""
    name = str(uuid.uuid4())
    connection.execute(_ASK, (name, conversation, reset_id, vault.seal(number, f"callback {name}"), _AT_LATEST))


def made_today(connection: Connection) -> int:
    """Counts calls back of a day: those made, and those that are asked for."""
    row = connection.execute(
        "SELECT coalesce(sum(greatest(attempts, 1)), 0) FROM phone_callbacks WHERE made_at > now() - interval '1 day'"
    ).fetchone()
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


def claim(connection: Connection, vault: Vault, hours: tuple[int, int]) -> Due | None:
    """Takes the number that is due longest, to be rung now; None if none is. Within the hours, lost ones too."""
    values = {"rings": _RINGS, "most": MOST_ATTEMPTS, "decent": _within(hours)}
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


def not_reached(connection: Connection, name: str, hours: tuple[int, int], why: str) -> None:
    """Tries once more a little later, within the hours; else gives up."""
    if not _within(hours):
        give_up(connection, name, why)
        return
    connection.execute(
        "UPDATE phone_callbacks SET error = %(why)s, rung = NULL,"
        " due_at = now() + %(again)s, state = 'waiting', lease_until = NULL"
        " WHERE id = %(name)s AND state = 'ringing' AND attempts < %(most)s",
        {"why": why, "again": _AGAIN, "name": name, "most": MOST_ATTEMPTS},
    )
    connection.execute(
        f"UPDATE phone_callbacks SET {_OVER}, error = %s WHERE id = %s AND state = 'ringing'", (why, name)
    )


def _within(hours: tuple[int, int]) -> bool:
    return hours[0] <= datetime.datetime.now(VIETNAM).hour < hours[1]


def give_up(connection: Connection, name: str, why: str) -> None:
    """Ends a call back without having reached anybody."""
    connection.execute(
        f"UPDATE phone_callbacks SET {_OVER}, error = %s WHERE id = %s AND state IN ('waiting', 'ringing')", (why, name)
    )


def end_old(connection: Connection) -> None:
    """Gives up what rings for too long, and forgets numbers that are of no use any more."""
    connection.execute(
        f"UPDATE phone_callbacks SET {_OVER}, error = coalesce(error, 'silence')"
        " WHERE state IN ('waiting', 'ringing') AND (made_at < now() - interval '1 hour'"
        " OR (state = 'ringing' AND lease_until < now() AND attempts >= %s))",
        (MOST_ATTEMPTS,),
    )
