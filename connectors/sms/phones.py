"""Phone numbers at the SMS door: a conversation is named by a keyed hash; the number itself is kept encrypted."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.identifiers import mobile
from assistant.identifiers.keyed_hash import short_name
from assistant.privacy.vault import Vault, VaultError

CHANNEL = "sms"
_KEEP = """
INSERT INTO sms_numbers (conversation, sealed) VALUES (%s, %s)
ON CONFLICT (conversation) DO UPDATE SET sealed = excluded.sealed, written_at = now()
"""


class Phones:
    """Keeps who is meant by a conversation, for as long as conversations are kept (assistant.privacy.kept)."""

    def __init__(self, pool: AsyncConnectionPool[Any], vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def keep(self, number: str) -> str:
        """Keeps a number (0901000123) and returns its conversation."""
        conversation = short_name(self._vault.token_key, CHANNEL, number)
        sealed = self._vault.seal(number, conversation)
        async with self._pool.connection() as connection:
            await connection.execute(_KEEP, (conversation, sealed))
        return conversation

    async def of(self, conversation: str) -> str | None:
        """Returns the number of a conversation, or None if it is not known any more."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute("SELECT sealed FROM sms_numbers WHERE conversation = %s", (conversation,))
            row = await cursor.fetchone()
        try:
            return self._vault.open(bytes(row[0]), conversation) if row else None
        except VaultError:
            return None


def written(number: str, style: str) -> str:
    """Writes a number as a gateway wants it: "84…", "+84…" or "0…"."""
    return number if style == "0" else f"{style}{number[1:]}"


def sender_of(text: str) -> str | None:
    """Returns the mobile number (0901000123) a message came from; None for short codes and names."""
    return mobile(f"+{text}" if text.startswith("84") else text)
