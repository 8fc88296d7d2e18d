"""What the database holds of an account's tokens: sealed, and noted before and after Zalo is asked for new ones."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection

from assistant.privacy.vault import Vault, VaultError
from connectors.zalo.api import TokenError

REFRESH_LIVES = datetime.timedelta(days=90)
_COLUMNS = "sealed, expires_at, refreshed_at, granted_at, first_hash, asked_at, trouble, trouble_at, oa"


#: Zalo's number for a refresh token that is used up or too old.
DEAD = -14014


@dataclass(frozen=True)
class Pair:
    """Tokens as Zalo issued them; `seconds` is how long the access token lives."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int


@dataclass(frozen=True)
class Row:
    """What the database holds for an account."""

    sealed: bytes
    expires_at: datetime.datetime
    refreshed_at: datetime.datetime
    granted_at: datetime.datetime | None
    first_hash: bytes | None
    asked_at: datetime.datetime | None
    trouble: str | None
    trouble_at: datetime.datetime | None
    oa: str | None

    @property
    def dead(self) -> bool:
        """Whether an admin has to connect the account again."""
        return self.trouble == f"oauth {DEAD}"

    def days_left(self, now: datetime.datetime) -> float:
        """Days until the refresh token dies."""
        return 0.0 if self.dead else max(0.0, (self.refreshed_at + REFRESH_LIVES - now) / datetime.timedelta(days=1))


async def read_row(connection: AsyncConnection[Any], key: str) -> Row | None:
    """Returns an account's row, or None if it never had tokens."""
    cursor = await connection.execute(f"SELECT {_COLUMNS} FROM zalo_tokens WHERE oa_id = %s", (key,))
    row = await cursor.fetchone()
    return Row(bytes(row[0]), *row[1:]) if row else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class TokenStore:
    """The row of an account; `first` is the refresh token of the settings, `oa` the account they name."""

    def __init__(self, vault: Vault, key: str, oa: str, first: str = "") -> None:
        self._vault = vault
        self.key = key
        self._oa = oa
        self._first = first

    async def read(self, connection: AsyncConnection[Any]) -> Row | None:
        """Returns the row, or None if the account never had tokens."""
        return await read_row(connection, self.key)

    def open(self, row: Row) -> tuple[str, str]:
        """Returns the access and the refresh token; empty if the settings name another account now.

        Raises:
            TokenError: if they were sealed with a key that we do not have.
        """
        if row.oa and self._oa and row.oa != self._oa:
            return "", ""
        try:
            access, refresh = json.loads(self._vault.open(row.sealed, f"zalo {self.key}"))
        except VaultError as error:
            raise TokenError("stored tokens do not open: VAULT_KEYS changed") from error
        return str(access), str(refresh)

    def untried(self, row: Row | None) -> str:
        """Returns the settings' token if Zalo was not asked with it before."""
        return self._first if self._first and (row is None or row.first_hash != _hash(self._first)) else ""

    async def granted(self, connection: AsyncConnection[Any], pair: Pair) -> None:
        """Keeps the tokens of an account that was connected on Zalo's page; the settings' token is old then."""
        await connection.execute(
            "INSERT INTO zalo_tokens (oa_id, sealed, expires_at, granted_at, first_hash, oa)"
            " VALUES (%(key)s, %(sealed)s, now() + make_interval(secs => %(seconds)s), now(), %(first)s, %(oa)s)"
            " ON CONFLICT (oa_id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at,"
            " refreshed_at = now(), granted_at = now(), first_hash = excluded.first_hash, oa = excluded.oa,"
            " asked_at = NULL, trouble = NULL, trouble_at = NULL",
            self._values(pair) | {"first": _hash(self._first) if self._first else None},
        )

    async def refreshed(self, connection: AsyncConnection[Any], pair: Pair, token: str) -> None:
        """Keeps what Zalo issued for a refresh token."""
        await connection.execute(
            "UPDATE zalo_tokens SET sealed = %(sealed)s, expires_at = now() + make_interval(secs => %(seconds)s),"
            " refreshed_at = now(), first_hash = coalesce(%(first)s, first_hash), asked_at = NULL, trouble = NULL,"
            " oa = coalesce(%(oa)s, oa),"
            " granted_at = CASE WHEN %(first)s::bytea IS NULL THEN granted_at ELSE now() END,"
            " trouble_at = NULL WHERE oa_id = %(key)s",
            self._values(pair) | {"first": _hash(token) if token == self._first else None},
        )

    async def asking(self, connection: AsyncConnection[Any]) -> None:
        """Notes that Zalo is being asked: if the answer is lost, it is known since when."""
        await connection.execute(
            "INSERT INTO zalo_tokens AS t (oa_id, sealed, expires_at, asked_at)"
            " VALUES (%(key)s, %(sealed)s, now(), now())"
            " ON CONFLICT (oa_id) DO UPDATE SET asked_at = coalesce(t.asked_at, now())",
            self._values(Pair("", "", 0)),
        )

    async def refused(self, connection: AsyncConnection[Any], trouble: str, dead: str) -> None:
        """Keeps what was refused, and the token that is dead; a lost answer before it is why, and since when."""
        await connection.execute(
            "UPDATE zalo_tokens SET trouble = %(trouble)s, asked_at = NULL,"
            " trouble_at = CASE WHEN trouble = %(trouble)s THEN trouble_at ELSE coalesce(asked_at, now()) END,"
            " first_hash = coalesce(%(first)s, first_hash) WHERE oa_id = %(key)s",
            {"trouble": trouble, "first": _hash(dead) if dead and dead == self._first else None, "key": self.key},
        )

    def _values(self, pair: Pair) -> dict[str, Any]:
        sealed = self._vault.seal(json.dumps([pair.access, pair.refresh]), f"zalo {self.key}")
        return {"key": self.key, "sealed": sealed, "seconds": pair.seconds, "oa": self._oa or None}
