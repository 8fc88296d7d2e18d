"""One-time codes in PostgreSQL, in the transaction of whoever calls."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.accounts.records import LANGUAGE_OF_OWNER

_OPEN = """
SELECT r.id::text, r.member_ref, r.person, r.masked_code, r.owner_has_mail, c.hash, c.lookup, c.wrong
FROM reset_codes c JOIN resets r ON r.id = c.reset_id
WHERE r.numbers @> ARRAY[%s] AND c.lookup IS NOT NULL
  AND r.used_at IS NULL AND c.ended_at IS NULL AND c.expires_at > now()
  AND r.expires_at > r.started_at -- not ended by another reset that set the password
ORDER BY c.made_at DESC LIMIT 1 FOR NO KEY UPDATE
"""
_KEEP = """
INSERT INTO reset_codes (reset_id, hash, lookup, expires_at) VALUES (%s, %s, %s, now() + %s)
ON CONFLICT (reset_id) DO UPDATE SET hash = excluded.hash, lookup = excluded.lookup, made_at = now(),
    expires_at = excluded.expires_at
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
    member_ref: str
    person: str
    masked_code: str
    owner_has_mail: bool
    hash: str
    lookup: str
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

    def keep(self, reset_id: str, member_ref: str, hashed: str, lookup: str, lives: datetime.timedelta) -> bool:
        """Keeps a reset's code, in place of any other of the member; False if that reset had its code used up."""
        self._connection.execute(_END_OTHERS, (member_ref, reset_id))
        return self._connection.execute(_KEEP, (reset_id, hashed, lookup, lives)).rowcount == 1

    def member_with(self, number: str) -> str:
        """Returns whose the number with this keyed hash is, if they asked by telephone of late; else an empty text."""
        row = self._connection.execute("SELECT member_ref FROM resets WHERE numbers @> ARRAY[%s] LIMIT 1", (number,))
        return str((row.fetchone() or ("",))[0])

    def open_of(self, number: str) -> OpenCode | None:
        """Returns the open code of the member with this number (its keyed hash), held until the transaction ends."""
        row = self._connection.execute(_OPEN, (number,)).fetchone()
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

    def misses(self, since: datetime.datetime, most: int, **network: str) -> int:
        """Counts wrong codes of one network, or of everybody, at most so many."""
        condition = "".join(f" AND {name} = %({name})s" for name in network)
        row = self._connection.execute(
            f"SELECT count(*) FROM (SELECT FROM code_misses WHERE at > %(since)s{condition} LIMIT %(most)s) AS newest",
            {"since": since, "most": most, **network},
        ).fetchone()
        return int(row[0]) if row else 0

    def tries(self, reset_id: str, **network: str) -> int:
        """Counts how often a network tried the code of a reset in vain."""
        ((name, value),) = network.items()
        query = f"SELECT count(*) FROM code_misses WHERE reset_id = %s AND {name} = %s"
        row = self._connection.execute(query, (reset_id, value)).fetchone()
        return int(row[0]) if row else 0

    def add_miss(self, networks: Sequence[str], reset_id: str | None) -> None:
        """Records a wrong code: which networks it came from, the nearest first, and whose it should be."""
        self._connection.execute(
            "INSERT INTO code_misses (address, wider, widest, reset_id) VALUES (%s, %s, %s, %s)",
            (*[*networks, None, None][:3], reset_id),
        )

    def add_more(self, **network: str) -> None:
        """Notes one more of a network whose wrong codes are counted no further: no row of its own."""
        ((name, value),) = network.items()
        self._connection.execute(
            "UPDATE code_misses SET more = more + 1 WHERE ctid ="
            f" (SELECT ctid FROM code_misses WHERE {name} = %s ORDER BY at DESC LIMIT 1)", (value,),
        )  # fmt: skip

    def warn(self, member_ref: str, masked_code: str, kind: str) -> None:
        """Queues a letter to a member whose code was tried until it was void."""
        self._connection.execute(
            "INSERT INTO mail (kind, member_ref, masked_code, language) VALUES (%(kind)s, %(member)s, %(code)s,"
            f" {LANGUAGE_OF_OWNER.format(member='%(member)s')})",
            {"kind": kind, "member": member_ref, "code": masked_code},
        )
