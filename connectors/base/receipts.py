"""Receipts of messages: delivered, seen. Advice for the desk only, so they are written together, a little later."""

from __future__ import annotations

import datetime
from typing import Any, LiteralString

from psycopg_pool import AsyncConnectionPool

from assistant.runtime.periodic_jobs import Job

_EVERY = 2.0
_MOST = 10_000
_WRITE = """
UPDATE outbox SET
    delivered_at = coalesce(outbox.delivered_at, r.at),
    seen_at = CASE WHEN r.seen THEN coalesce(outbox.seen_at, r.at) ELSE outbox.seen_at END
FROM unnest(%s::text[], %s::text[], %s::boolean[], %s::timestamptz[]) AS r (conversation, platform_id, seen, at)
WHERE outbox.conversation = r.conversation AND """


class Collector:
    """Collects a channel's receipts; what a crash loses is only when a message was read.

    `meant` is SQL: which messages `outbox` of its conversation a receipt `r` speaks for.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], channel: str, meant: LiteralString) -> None:
        self._pool = pool
        self._channel = channel
        self._write = _WRITE + meant
        self._noted: dict[tuple[str, str | None, bool], datetime.datetime] = {}

    def job(self) -> Job:
        """Returns the work that writes them down."""
        return Job(f"{self._channel} receipts", _EVERY, self.write)

    def keep(self, conversation: str, platform_id: str | None, seen: bool, at: datetime.datetime) -> None:
        """Keeps a receipt until it is written: of one message the first, of all up to a time (None) the latest."""
        key = (conversation, platform_id, seen)
        if key in self._noted or len(self._noted) < _MOST:
            kept = self._noted.get(key, at)
            self._noted[key] = max(at, kept) if platform_id is None else kept

    async def write(self) -> None:
        """Writes what was collected."""
        noted, self._noted = self._noted, {}
        try:
            for read in (False, True):  # who saw a message received it first
                rows = [(*key, at) for key, at in noted.items() if key[2] is read]
                if rows:
                    async with self._pool.connection() as connection:
                        await connection.execute(self._write, [list(column) for column in zip(*rows, strict=True)])
        except Exception:
            self._noted = noted | self._noted
            raise
