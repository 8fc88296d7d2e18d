"""Numbers to ring back: queued with the check, rung when the call is over, tried once more within decent hours.

A row is rung by one node at a time. Before the platform is asked the row says so, so a crash rings nobody twice; it
is tried again where the platform said no, or nobody took the call.
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
#: Where the platform never says that the call is over.
_AT_LATEST = datetime.timedelta(seconds=20)
_AGAIN = datetime.timedelta(minutes=2)
#: A call that rings is answered, or not, within this.
_RINGS = datetime.timedelta(minutes=3)
MOST_ATTEMPTS = 2
_ASK = """
INSERT INTO phone_callbacks (id, conversation, reset_id, sealed, due_at) VALUES (%s, %s, %s, %s, now() + %s)
"""
_CLAIM = """
UPDATE phone_callbacks SET state = 'ringing', attempts = attempts + 1, lease_until = now() + %(rings)s
WHERE id = (
    SELECT id FROM phone_callbacks
    WHERE (state = 'waiting' AND due_at <= now()) OR (state = 'ringing' AND lease_until < now() AND attempts < %(most)s)
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
    """Counts calls back that were asked for in a day."""
    row = connection.execute("SELECT count(*) FROM phone_callbacks WHERE made_at > now() - interval '1 day'").fetchone()
    return int(row[0]) if row else 0


def hung_up(connection: Connection, conversation: str) -> None:
    """Makes what a call asked for due at once: its line is free now."""
    connection.execute(
        "UPDATE phone_callbacks SET due_at = least(due_at, now()) WHERE conversation = %s AND state = 'waiting'",
        (conversation,),
    )


def claim(connection: Connection, vault: Vault) -> Due | None:
    """Takes the number that is due longest, to be rung now; None if none is."""
    row = connection.execute(_CLAIM, {"rings": _RINGS, "most": MOST_ATTEMPTS}).fetchone()
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
    hour = datetime.datetime.now(VIETNAM).hour
    if not hours[0] <= hour < hours[1]:
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
