"""Receipts of messages: delivered, seen. Advice for the desk only, so they are written together, a little later."""

from __future__ import annotations

import datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.sweeps import Job
from connectors.zalo.windows import plausible

_EVERY = 2.0
_MOST = 10_000
_WRITE = """
UPDATE outbox SET
    delivered_at = coalesce(outbox.delivered_at, r.at),
    seen_at = CASE WHEN r.seen THEN coalesce(outbox.seen_at, r.at) ELSE outbox.seen_at END
FROM unnest(%s::text[], %s::text[], %s::boolean[], %s::timestamptz[]) AS r (conversation, platform_id, seen, at)
WHERE outbox.conversation = r.conversation AND outbox.platform_id = r.platform_id
"""


class Receipts:
    """Collects receipts; what a crash loses is only when a message was read."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._noted: dict[tuple[str, str, bool], datetime.datetime] = {}

    def job(self) -> Job:
        """Returns the work that writes them down."""
        return Job("zalo receipts", _EVERY, self.write)

    def note(
        self, conversation: str, delivered: tuple[str, ...], seen: tuple[str, ...], at: datetime.datetime | None
    ) -> None:
        """Keeps the receipts of one event until they are written."""
        when = plausible(at, datetime.datetime.now(datetime.UTC))
        for ids, read in ((delivered, False), (seen, True)):
            for platform_id in ids:
                if len(self._noted) < _MOST:
                    self._noted.setdefault((conversation, platform_id, read), when)

    async def write(self) -> None:
        """Writes what was collected."""
        noted, self._noted = self._noted, {}
        try:
            for read in (False, True):  # who saw a message received it first
                rows = [(*key, at) for key, at in noted.items() if key[2] is read]
                if rows:
                    async with self._pool.connection() as connection:
                        await connection.execute(_WRITE, [list(column) for column in zip(*rows, strict=True)])
        except Exception:
            self._noted = noted | self._noted
            raise
