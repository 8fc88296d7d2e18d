"""What people think of an answer, said with a thumb: the same ratings that the web chat's thumbs give."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

_RATE = """
INSERT INTO ratings (outbox_id, conversation, good)
SELECT id, conversation, %(good)s FROM outbox
WHERE conversation = %(conversation)s AND platform_id = %(message)s AND sender = 'bot'
ON CONFLICT (outbox_id) DO UPDATE SET good = excluded.good, at = now()
"""
_TAKE_BACK = """
DELETE FROM ratings USING outbox
WHERE outbox.id = ratings.outbox_id AND outbox.conversation = %(conversation)s AND outbox.platform_id = %(message)s
"""


async def note(pool: AsyncConnectionPool[Any], conversation: str, message: str, good: bool | None) -> None:
    """Keeps a person's last word on a message of the assistant's.

    Args:
        pool: the store.
        conversation: the person's; nobody rates what was said to others.
        message: as the platform names it; what we did not send, or no longer have, is left.
        good: None takes a rating back.
    """
    values = {"conversation": conversation, "message": message, "good": good}
    async with pool.connection() as connection:
        await connection.execute(_TAKE_BACK if good is None else _RATE, values)
