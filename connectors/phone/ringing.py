"""The work that rings numbers back, on every node; a number is rung by one of them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.runtime.periodic_jobs import Job
from connectors.phone import callbacks
from connectors.phone.callbacks import Due
from connectors.phone.jambonz.api import CallApi, Rung
from connectors.phone.jambonz.webhook import BACK, STATUS
from connectors.phone.line import Line
from connectors.phone.records import Calls
from connectors.phone.tokens import StepTokens

logger = logging.getLogger(__name__)
_EVERY, _TIDY_EVERY = 1.0, 60.0
_AT_ONCE = 10
# A platform that says nothing of a call for so long has lost it; with a person at the desk it may well be silent.
_SILENT = """
SELECT conversation FROM phone_calls WHERE ended_at IS NULL
  AND stepped_at < now() - CASE WHEN state ->> 'node' = 'person' THEN interval '3 hours' ELSE interval '15 minutes' END
LIMIT 100
"""


class Ringing:
    """Rings what is due, and ends what the platform forgot."""

    def __init__(
        self, line: Line, api: CallApi | None, tokens: StepTokens, here: str, pool: AsyncConnectionPool[Any]
    ) -> None:
        """`here` is the address under which the platform reaches us."""
        self._line = line
        self._api = api
        self._tokens = tokens
        self._here = here
        self._pool = pool

    def jobs(self) -> tuple[Job, ...]:
        """Returns the work."""
        tidy = Job("phone calls that are over", _TIDY_EVERY, self.tidy, alone=True)
        return (Job("phone callbacks", _EVERY, self.ring_due), tidy) if self._api else (tidy,)

    async def ring_due(self) -> None:
        """Rings numbers that are due, some at a time."""
        for _ in range(_AT_ONCE):
            if not await self._anything_due():
                return
            due = await asyncio.to_thread(self._claim)
            if due is None:
                return
            await self._ring(due)

    async def _anything_due(self) -> bool:
        async with self._pool.connection() as connection:
            found = await connection.execute(
                "SELECT EXISTS (SELECT 1 FROM phone_callbacks WHERE state IN ('waiting', 'ringing') AND"
                " (due_at <= now() AND state = 'waiting' OR lease_until < now()))"
            )
            return bool(await found.fetchone() == (True,))

    def _claim(self) -> Due | None:
        with self._line.connect() as connection:
            return callbacks.claim(
                connection, self._line.vault, self._line.described.retry_hours, self._line.described.callbacks_a_day
            )

    async def _ring(self, due: Due) -> None:
        assert self._api
        token = self._tokens.make(due.id, due.attempt)
        rung = await self._api.ring(due.number, f"{self._here}{BACK}?s={token}", f"{self._here}{STATUS}?s={token}")
        if rung.outcome in ("refused", "unsent"):
            logger.error("the telephone platform did not take a call of ours (%s): check PHONE_LINE", rung.outcome)
            await asyncio.to_thread(self._not_rung, due, rung)

    def _not_rung(self, due: Due, rung: Rung) -> None:
        with self._line.connect() as connection:
            callbacks.not_rung(connection, due.id, due.attempt, rung.outcome, rung.wait)

    async def tidy(self) -> None:
        """Ends calls and calls back that nothing is heard of any more."""
        await asyncio.to_thread(self._tidy)

    def _tidy(self) -> None:
        with self._line.connect() as connection:
            callbacks.end_old(connection)
            calls = Calls(connection, self._line.vault)
            for (conversation,) in connection.execute(_SILENT).fetchall():
                calls.end(conversation, "silence", None)
