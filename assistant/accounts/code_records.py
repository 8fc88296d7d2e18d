"""One-time codes in PostgreSQL, in the transaction of whoever calls."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.accounts.records import LANGUAGE_OF_OWNER

_OPEN = """
SELECT r.id::text, r.person, r.masked_code, c.hash, c.wrong FROM reset_codes c JOIN resets r ON r.id = c.reset_id
WHERE r.member_ref = %s AND r.used_at IS NULL AND c.ended_at IS NULL AND c.expires_at > now()
  AND r.expires_at > r.started_at -- not ended by another reset that set the password
ORDER BY c.made_at DESC LIMIT 1 FOR NO KEY UPDATE
"""
_KEEP = """
INSERT INTO reset_codes (reset_id, hash, expires_at) VALUES (%s, %s, now() + %s)
ON CONFLICT (reset_id) DO UPDATE SET hash = excluded.hash, made_at = now(), expires_at = excluded.expires_at
WHERE reset_codes.ended_at IS NULL
"""
_END_OTHERS = """
UPDATE reset_codes SET ended_at = now() FROM resets r
WHERE r.id = reset_codes.reset_id AND r.member_ref = %s AND r.id <> %s AND reset_codes.ended_at IS NULL
"""


@dataclass(frozen=True)
class OpenCode:
    """A code that somebody may still type."""

    reset_id: str
    person: str
    masked_code: str
    hash: str
    wrong: int


class PostgresCodes:
    """Keeps codes: their argon2 hash, how often a wrong one was typed, when they end."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def member_of(self, reset_id: str) -> str | None:
        """Returns whose reset it is, held until the transaction ends; None where it is over."""
        row = self._connection.execute(
            "SELECT member_ref FROM resets WHERE id = %s AND used_at IS NULL AND expires_at > now() FOR NO KEY UPDATE",
            (reset_id,),
        ).fetchone()
        return str(row[0]) if row else None

    def keep(self, reset_id: str, member_ref: str, hashed: str, lives: datetime.timedelta) -> bool:
        """Keeps a reset's code, in place of any other of the member; False if that reset had its code used up."""
        self._connection.execute(_END_OTHERS, (member_ref, reset_id))
        return self._connection.execute(_KEEP, (reset_id, hashed, lives)).rowcount == 1

    def open_of(self, member_ref: str) -> OpenCode | None:
        """Returns the member's open code, held until the transaction ends."""
        row = self._connection.execute(_OPEN, (member_ref,)).fetchone()
        return OpenCode(*row) if row else None

    def note_wrong(self, reset_id: str, most: int) -> None:
        """Counts a wrong one; the last that is allowed ends the code."""
        self._connection.execute(
            "UPDATE reset_codes SET wrong = wrong + 1, ended_at = CASE WHEN wrong + 1 >= %s THEN now() END"
            " WHERE reset_id = %s",
            (most, reset_id),
        )

    def end(self, reset_id: str) -> None:
        """Ends a code: it is used."""
        self._connection.execute("UPDATE reset_codes SET ended_at = now() WHERE reset_id = %s", (reset_id,))

    def exchange(self, reset_id: str, link_hash: bytes, lives: datetime.timedelta) -> None:
        """Lets a link set the password for a while, in place of the code."""
        self.end(reset_id)
        self._connection.execute("INSERT INTO reset_links (hash, reset_id) VALUES (%s, %s)", (link_hash, reset_id))
        self._connection.execute("UPDATE resets SET expires_at = now() + %s WHERE id = %s", (lives, reset_id))

    def call_off(self, reset_id: str) -> None:
        """Ends a reset and its code."""
        self.end(reset_id)
        self._connection.execute(
            "UPDATE resets SET expires_at = started_at WHERE id = %s AND used_at IS NULL", (reset_id,)
        )

    def misses(self, address: str, since: datetime.datetime, most: int) -> list[datetime.datetime]:
        """Returns when wrong codes came from a network: newest first, at most so many."""
        found = self._connection.execute(
            "SELECT at FROM code_misses WHERE address = %s AND at > %s ORDER BY at DESC LIMIT %s",
            (address, since, most),
        )
        return [at for (at,) in found]

    def add_miss(self, address: str) -> None:
        """Records a wrong code."""
        self._connection.execute("INSERT INTO code_misses (address) VALUES (%s)", (address,))

    def warn(self, member_ref: str, masked_code: str, kind: str) -> None:
        """Queues a letter to a member whose code was tried until it was void."""
        self._connection.execute(
            "INSERT INTO mail (kind, member_ref, masked_code, language) VALUES (%(kind)s, %(member)s, %(code)s,"
            f" {LANGUAGE_OF_OWNER.format(member='%(member)s')})",
            {"kind": kind, "member": member_ref, "code": masked_code},
        )
