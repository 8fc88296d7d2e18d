"""Receipts of messages: delivered, read. Advice for the desk only, so they are written together, a little later.

A receipt's watermark speaks for everything sent to that person up to its time.
"""

from __future__ import annotations

import datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.sweeps import Job
from connectors.messenger.envelope import Item, time_of

_EVERY = 2.0
_MOST = 10_000
# Our clock and Meta's are not the same: a receipt counts a little beyond its time.
_WRITE = """
UPDATE outbox SET
    delivered_at = coalesce(outbox.delivered_at, r.at),
    seen_at = CASE WHEN r.seen THEN coalesce(outbox.seen_at, r.at) ELSE outbox.seen_at END
FROM unnest(%s::text[], %s::boolean[], %s::timestamptz[]) AS r (conversation, seen, at)
WHERE outbox.conversation = r.conversation AND outbox.state = 'sent'
  AND outbox.sent_at <= r.at + interval '2 seconds' AND outbox.sent_at > r.at - interval '7 days'
  AND (outbox.delivered_at IS NULL OR (r.seen AND outbox.seen_at IS NULL))
"""


class Receipts:
    """Collects receipts; what a crash loses is only when a message was read."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._noted: dict[tuple[str, bool], datetime.datetime] = {}

    def job(self) -> Job:
        """Returns the work that writes them down."""
        return Job("messenger receipts", _EVERY, self.write)

    def note(self, conversation: str, item: Item) -> None:
        """Keeps an item's receipt, if it is one, until it is written."""
        for name, read in (("delivery", False), ("read", True)):
            part = item.data.get(name)
            at = time_of(part.get("watermark")) if isinstance(part, dict) else None
            key = (conversation, read)
            if at and (key in self._noted or len(self._noted) < _MOST):
                self._noted[key] = max(at, self._noted.get(key, at))

    async def write(self) -> None:
        """Writes what was collected."""
        noted, self._noted = self._noted, {}
        try:
            for read in (False, True):  # who read a message received it first
                rows = [(*key, at) for key, at in noted.items() if key[1] is read]
                if rows:
                    async with self._pool.connection() as connection:
                        await connection.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])
        except Exception:
            self._noted = noted | self._noted
            raise
