"""Tells the page's own automatic replies from a colleague's words; neither is ours.

Nobody reads and types within three seconds of a message, and nobody types the same words to several people. An
automation takes no conversation from the assistant; a colleague does.
"""

from __future__ import annotations

import datetime
import hashlib
from collections import OrderedDict
from typing import Any

from psycopg_pool import AsyncConnectionPool

from connectors.messenger.envelope import Item

AT_ONCE = datetime.timedelta(seconds=3)
#: So many people who got the same words from the page got them from a machine.
MANY = 3
_REMEMBERED = 500
_LATELY = """
SELECT coalesce(sent_at, accepted_at) FROM inbox WHERE conversation = %s AND kind <> 'system'
    AND accepted_at > now() - interval '5 minutes' ORDER BY id DESC LIMIT 1
"""
_HELD = "SELECT 1 FROM handovers WHERE conversation = %s AND state = 'with_person' AND (until IS NULL OR until > now())"


class Automations:
    """What the page has said to whom lately, as far as this process heard it."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._said: OrderedDict[bytes, set[str]] = OrderedDict()

    async def is_one(self, item: Item, conversation: str, asked_at: datetime.datetime | None) -> bool:
        """Tells whether an echo of another app is an automatic reply.

        Args:
            item: the echo.
            conversation: whose.
            asked_at: when the person wrote, if that stands in the same delivery.
        """
        if self._said_to_many(item, conversation):
            return True
        if item.at is None:
            return False
        async with self._pool.connection() as connection:
            if await (await connection.execute(_HELD, (conversation,))).fetchone():
                return False  # a colleague who is there already may be quick
            if asked_at is None:
                row = await (await connection.execute(_LATELY, (conversation,))).fetchone()
                asked_at = row[0] if row else None
        return asked_at is not None and datetime.timedelta() <= item.at - asked_at <= AT_ONCE

    def _said_to_many(self, item: Item, conversation: str) -> bool:
        message = item.data.get("message")
        text = message.get("text") if isinstance(message, dict) else None
        if not isinstance(text, str) or not text.strip():
            return False
        key = hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).digest()
        people = self._said.setdefault(key, set())
        self._said.move_to_end(key)
        if len(people) < MANY:
            people.add(conversation)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        return len(people) >= MANY
