"""Work that comes round: finding what a dead node left, ending waits, removing what is past its time.

Each job runs in the event loop of every node. A job that one node must do at a time says `alone`:
a PostgreSQL advisory lock lets one through, the others skip that round.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg_pool import AsyncConnectionPool

logger = logging.getLogger(__name__)
_LOCKS = 0x5EE9  # the first half of the advisory locks' keys


@dataclass(frozen=True)
class Job:
    """Something to do every so many seconds; an error is logged and the next round tries again."""

    name: str
    every: float
    run: Callable[[], Awaitable[None]]
    alone: bool = False


class Sweeps:
    """Runs jobs until cancelled."""

    def __init__(self, pool: AsyncConnectionPool[Any], jobs: Sequence[Job]) -> None:
        self._pool = pool
        self._jobs = jobs

    async def run(self) -> None:
        """Runs all jobs side by side, for ever."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(self._repeat(job))

    async def _repeat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(job.every)
            try:
                await (self._alone(job) if job.alone else job.run())
            except Exception as error:  # noqa: BLE001 - the next round tries again
                logger.warning("%s: %s", job.name, type(error).__name__)

    async def _alone(self, job: Job) -> None:
        key = zlib.crc32(job.name.encode()) - 2**31
        # Held by a transaction, not by a session: behind a pooler nobody has one.
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (_LOCKS, key))
            if await cursor.fetchone() == (True,):
                await job.run()
