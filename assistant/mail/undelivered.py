"""What follows when a letter cannot be delivered, whoever found out: our mail server, or one on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import LINK_MAIL


@dataclass(frozen=True)
class Undelivered:
    """Somebody waits for a letter that will not come: which letter, and where they asked for it."""

    mail_id: int
    person: str


Tell = Callable[[psycopg.Connection[Any], Undelivered], None]

_DEAD = """
UPDATE mail SET state = 'dead', error = %s, lease_until = NULL, sent_at = coalesce(sent_at, now()),
                bounced_at = CASE WHEN %s THEN now() END
WHERE id = %s AND bounced_at IS NULL AND state <> 'dead'
RETURNING kind, reset_id
"""
# Only who still waits is told: not after a password was set, and not of a reset that a later one replaced (that
# one's end is its start).
_WAITS = """
SELECT r.person FROM resets r
WHERE r.id = %s AND r.person NOT LIKE 'unsaid:%%' AND r.used_at IS NULL AND r.expires_at > r.started_at
  AND NOT EXISTS (SELECT 1 FROM resets x WHERE x.member_ref = r.member_ref AND x.used_at >= r.started_at)
"""


def give_up(
    connection: psycopg.Connection[Any], mail_id: int, reason: str, tell: Tell | None, *, came_back: bool = False
) -> bool:
    """Gives a letter up, in the caller's transaction: the trail says so, and who waits for a link is told.

    Letters to the owner of an account tell nobody else that they did not arrive: whoever tries another
    person's code must not learn of that person's mail.

    Args:
        connection: the caller's.
        mail_id: the letter.
        reason: for staff; names no address.
        tell: tells the person where they asked.
        came_back: it had been taken and was returned.

    Returns:
        False if it had been given up before.
    """
    row = connection.execute(_DEAD, (reason[:200], came_back, mail_id)).fetchone()
    if row is None:
        return False
    kind, reset_id = row
    found = connection.execute(_WAITS, (reset_id,)).fetchone() if kind == LINK_MAIL else None
    person = str(found[0]) if found else ""
    PostgresResetStore(connection).audit("mail.undelivered", person or "system:mail", kind=kind, reason=reason[:200])
    if person and tell is not None:
        tell(connection, Undelivered(mail_id, person))
    return True
