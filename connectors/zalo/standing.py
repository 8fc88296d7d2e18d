"""What is known of an account while it runs: whether it takes cards, its rate and quota, what Zalo last refused.

Shared by all nodes through the table zalo_accounts: what one node learns about cards the others know within
half a minute.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
from typing import Any

from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from assistant.runtime.periodic_jobs import Job
from connectors.zalo import errors, metrics
from connectors.zalo.errors import Answer

logger = logging.getLogger(__name__)
#: A refused shape is tried again after a day: Zalo changes what it takes, and packages are upgraded.
CARDS_AGAIN = datetime.timedelta(days=1)
_KINDS = frozenset({"reply", "welcome_msg", "sub_quota", "purchase_quota", "reward_quota", "charged"})
_EVERY = 30.0
_READ = "SELECT cards_refused_at FROM zalo_accounts WHERE key = %s"
_CARDS = """
INSERT INTO zalo_accounts AS a (key, cards_refused_at) VALUES (%s, %s)
ON CONFLICT (key) DO UPDATE SET cards_refused_at = excluded.cards_refused_at
"""
_WRITE = """
INSERT INTO zalo_accounts AS a (key, rate_limit, rate_remain, rate_at, quota, quota_at, error, error_at)
VALUES (%(key)s, %(limit)s, %(remain)s, %(at)s, %(quota)s, %(quota_at)s, %(error)s, %(error_at)s)
ON CONFLICT (key) DO UPDATE SET
    rate_limit = coalesce(excluded.rate_limit, a.rate_limit),
    rate_remain = coalesce(excluded.rate_remain, a.rate_remain),
    rate_at = coalesce(excluded.rate_at, a.rate_at),
    quota = coalesce(excluded.quota, a.quota), quota_at = coalesce(excluded.quota_at, a.quota_at),
    error = excluded.error, error_at = excluded.error_at
"""


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Standing:
    """One account's standing, kept by its row `key`."""

    def __init__(self, pool: AsyncConnectionPool[Any], key: str) -> None:
        self._pool = pool
        self._key = key
        self._read_once = asyncio.Lock()
        self._loaded = False
        self._cards_refused: datetime.datetime | None = None
        self._changed = False
        self._quota: dict[str, Any] | None = None
        self._quota_at: datetime.datetime | None = None
        self._rate: tuple[int, int] | None = None
        self._error: str | None = None
        self._error_at: datetime.datetime | None = None

    def job(self) -> Job:
        """Returns the work that shares the standing with the other nodes."""
        return Job(f"zalo standing {self._key[-4:]}", _EVERY, self.share)

    async def takes_cards(self) -> bool:
        """Tells whether buttons may go as a card."""
        async with self._read_once:
            if not self._loaded:
                await self._load()
        return self._cards_refused is None or _now() - self._cards_refused >= CARDS_AGAIN

    async def _load(self) -> None:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_READ, (self._key,))).fetchone()
        self._cards_refused = row[0] if row else None
        self._loaded = True

    async def cards_were(self, taken: bool) -> None:
        """Notes that a card went, or that a menu went in its place."""
        if taken and self._cards_refused is None:
            return
        self._cards_refused = None if taken else _now()
        async with self._pool.connection() as connection:
            await connection.execute(_CARDS, (self._key, self._cards_refused))
        if not taken:
            logger.warning("zalo: cards are refused; buttons go as a numbered menu for a day")

    def noted(self, answer: Answer, rate: tuple[int, int] | None) -> None:
        """Notes what an answer to a message says about the account."""
        if rate != self._rate:
            self._rate, self._changed = rate, True
        if answer.good:
            self._note_quota(answer.data.get("quota"))
            self._note_error(None)
        elif answer.code in errors.ACCOUNT:
            self._note_error(str(answer.code))

    def _note_quota(self, quota: Any) -> None:
        # No quota in the answer: the message was paid for.
        told = quota if isinstance(quota, dict) else {"quota_type": "charged"}
        kind = told.get("quota_type")
        metrics.messages.labels(kind if kind in _KINDS else "other").inc()
        if told != self._quota:
            self._quota, self._changed = told, True
        self._quota_at = _now()

    def _note_error(self, error: str | None) -> None:
        if error is not None and error != self._error:
            logger.error("zalo refuses the account (%s): %s", error, errors.ACCOUNT[int(error)])
        if error != self._error or error is not None:
            self._error, self._error_at, self._changed = error, _now() if error else None, True

    async def share(self) -> None:
        """Writes what changed, and reads what other nodes learned about cards."""
        if self._changed:
            self._changed = False
            limit, remain = self._rate or (None, None)
            row: dict[str, Any] = {
                "key": self._key,
                "limit": limit,
                "remain": remain,
                "at": _now() if self._rate else None,
            }
            row |= {"quota": Jsonb(self._quota) if self._quota else None, "quota_at": self._quota_at}
            row |= {"error": self._error, "error_at": self._error_at}
            async with self._pool.connection() as connection:
                await connection.execute(_WRITE, row)
        await self._load()
