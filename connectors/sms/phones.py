"""Phone numbers at the SMS door: a conversation is named by a keyed hash; the number itself is kept encrypted."""

from __future__ import annotations

from typing import Any

import psycopg
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
        conversation, sealed = _sealed(self._vault, number)
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


def kept_within(vault: Vault, connection: psycopg.Connection[Any], number: str) -> str:
    """Keeps a number (0901000123) in the caller's transaction and returns its conversation, which begins if need be."""
    conversation, sealed = _sealed(vault, number)
    connection.execute(
        "INSERT INTO conversations (id, channel) VALUES (%s, %s) ON CONFLICT DO NOTHING", (conversation, CHANNEL)
    )
    connection.execute(_KEEP, (conversation, sealed))
    return conversation


def _sealed(vault: Vault, number: str) -> tuple[str, bytes]:
    conversation = short_name(vault.token_key, CHANNEL, number)
    return conversation, vault.seal(number, conversation)


def written(number: str, style: str) -> str:
    """Writes a number as a gateway wants it: "84…", "+84…" or "0…"."""
    return number if style == "0" else f"{style}{number[1:]}"


def sender_of(text: str) -> str | None:
    """Returns the mobile number (0901000123) a message came from; None for short codes and names."""
    return mobile(f"+{text}" if text.startswith("84") else text)
