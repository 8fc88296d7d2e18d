"""Connections that give a server up which has stopped in the middle: frozen, it holds what is open and says nothing.

A killed server and a cut cable are noticed by the system. Behind a process that stands still the kernel goes on
answering, so that a client would wait for as long as it stands, although another server has long taken over.
"""

from __future__ import annotations

import logging
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
_SILENT = "the database says nothing: the connection is given up"
#: How often a wait looks whether it was interrupted (psycopg's own figure).
_LOOK = 0.1


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
    """The same in the event loop."""

    patience: float | None = None

    async def wait(
        self,
        gen: PQGen[Result],
        interval: float = _LOOK,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's
    ) -> Result:
        """Does what psycopg does, in time."""
        if timeout is not None or self.patience is None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.patience)
        except errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(_SILENT) from None


def patient(kind: type[Any], seconds: float) -> type[Any]:
    """Returns a kind of connection that waits so long for each statement."""
    return type(kind.__name__, (kind,), {"patience": seconds})
