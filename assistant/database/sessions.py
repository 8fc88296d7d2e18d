"""Connections that give a server up which has stopped in the middle: frozen, it holds what is open and says nothing.

A killed server and a cut cable are noticed by the system. Behind a process that stands still the kernel goes on
answering, so that a client would wait for as long as it stands, although another server has long taken over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
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
_under_way: set[asyncio.Task[None]] = set()  # the loop itself keeps none


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
    #: What is done with the others of its pool when one is given up: their server may be the same.
    drain: Callable[[], Coroutine[Any, Any, None]] | None = None

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
        self.pgconn.finish()
        if self.drain is not None:
            draining = asyncio.get_running_loop().create_task(self.drain())
            _under_way.add(draining)
            draining.add_done_callback(_under_way.discard)


def patient(kind: type[Any], seconds: float) -> type[Any]:
    """Returns a kind of connection that waits so long for each statement."""
    return type(kind.__name__, (kind,), {"patience": seconds})
