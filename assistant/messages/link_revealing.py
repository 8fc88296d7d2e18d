"""Puts one-time links into a message at the last moment, on its way to the platform."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.messages.outbox import Sender, Sent
from assistant.privacy import secret_links
from assistant.privacy.vault import Vault


class RevealingSender:
    """Implements `outbox.Sender` around the sender of a channel."""

    def __init__(self, channel: str, sender: Sender, pool: AsyncConnectionPool[Any], vault: Vault) -> None:
        self._channel = channel
        self._sender = sender
        self._pool = pool
        self._vault = vault

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends a message with its links as the person needs them."""
        if secret_links.hidden_in([body["text"]]):
            async with self._pool.connection() as connection:
                conversation = f"{self._channel}:{user}"
                (text,) = await secret_links.reveal(connection, self._vault, conversation, [body["text"]])
            body = body | {"text": text}
        return await self._sender.send(user, body, by)
