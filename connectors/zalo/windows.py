"""When a person last wrote: Zalo takes answers for 48 hours free of charge, and for 7 days at all.

The inbox knows it. What this process saw itself is remembered, so that an ordinary answer costs no query.
"""

from __future__ import annotations

import datetime
from collections import OrderedDict
from typing import Any

from psycopg_pool import AsyncConnectionPool

FREE = datetime.timedelta(hours=48)
OPEN = datetime.timedelta(days=7)
_MOST = 50_000
_RETRIES_END = datetime.timedelta(hours=24)
_LAST = """
SELECT sent_at, accepted_at FROM inbox WHERE conversation = %s AND kind <> 'system' ORDER BY id DESC LIMIT 1
"""


def plausible(said: datetime.datetime | None, came: datetime.datetime) -> datetime.datetime:
    """Returns the time of an event: what it says, unless that is in the future or before any retry."""
    return said if said is not None and came - _RETRIES_END <= said <= came else came


class Windows:
    """Remembers when people wrote."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._seen: OrderedDict[str, datetime.datetime] = OrderedDict()

    def touched(self, conversation: str, said: datetime.datetime | None) -> None:
        """Notes that somebody wrote."""
        at = plausible(said, datetime.datetime.now(datetime.UTC))
        self._seen[conversation] = max(at, self._seen.pop(conversation, at))
        while len(self._seen) > _MOST:
            self._seen.popitem(last=False)

    async def silence(self, conversation: str) -> datetime.timedelta | None:
        """Returns how long ago a person wrote, or None if that is not known (their data may be erased)."""
        now = datetime.datetime.now(datetime.UTC)
        seen = self._seen.get(conversation)
        if seen is not None and now - seen < FREE:
            return now - seen
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_LAST, (conversation,))).fetchone()
        return now - plausible(*row) if row else None
