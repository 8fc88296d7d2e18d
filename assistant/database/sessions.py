"""Connections that give a server up which has stopped in the middle: frozen, it holds what is open and says nothing.

A killed server and a cut cable are noticed by the system. Behind a process that stands still the kernel goes on
answering, so that a client would wait for as long as it stands, although another server has long taken over.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeVar

import psycopg
from psycopg import errors, waiting
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

Result = TypeVar("Result")
_SILENT = "the database says nothing: the connection is given up"
#: How often a wait looks whether it was interrupted (psycopg's own figure).
_LOOK = 0.1
#: Seconds for a server to take a cancellation, and then to confirm it; psycopg waits five for each.
_CANCEL = 1.0


class Session(psycopg.Connection[Any]):
    """A connection on which no statement is waited for longer than `patience` seconds."""

    patience: float | None = None

    def wait(self, gen: PQGen[Result], interval: float = _LOOK, timeout: float | None = None) -> Result:
        """Does what psycopg does, in time."""
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(_SILENT) from None


class AsyncSession(psycopg.AsyncConnection[Any]):
    """The same in the event loop; whoever stops waiting gets away from it in two seconds, too."""

    patience: float | None = None
    _silent_at = float("-inf")  # when one of all connections of this process was given up

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._opened_at = time.monotonic()

    @staticmethod
    async def check(connection: psycopg.AsyncConnection[Any]) -> None:
        """Refuses a pooled connection that was opened before another one was given up: its server may be the same.

        Raises:
            psycopg.OperationalError: if it is such a one.
        """
        if isinstance(connection, AsyncSession) and connection._opened_at < AsyncSession._silent_at:
            raise psycopg.OperationalError(_SILENT)

    async def wait(
        self,
        gen: PQGen[Result],
        interval: float = _LOOK,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's
    ) -> Result:
        """Does what psycopg does, in time."""
        ours = timeout is None and self.patience is not None
        try:
            return await waiting.wait_async(
                gen, self.pgconn.socket, interval=interval, timeout=self.patience if ours else timeout
            )
        except errors._WaitTimeout:
            if not ours:
                raise
            self._give_up()
            raise psycopg.OperationalError(_SILENT) from None
        except (asyncio.CancelledError, KeyboardInterrupt):
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                await self._cancel(gen, interval)
            raise

    async def _cancel(self, gen: PQGen[Any], interval: float) -> None:
        """Ends the statement in hand at the server, so that it holds nothing there; one that says nothing is left."""
        try:
            await self._try_cancel(timeout=_CANCEL)
            await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=_CANCEL)
        except errors.QueryCanceled:
            pass
        except BaseException as error:
            self._give_up()
            if not isinstance(error, Exception):
                raise

    def _give_up(self) -> None:
        AsyncSession._silent_at = time.monotonic()
        self.pgconn.finish()


def patient(kind: type[Any], seconds: float) -> type[Any]:
    """Returns a kind of connection that waits so long for each statement."""
    return type(kind.__name__, (kind,), {"patience": seconds})
