"""Connections for work in threads: one at a time each, and kept for who comes next.

A connection costs PostgreSQL a process, and that one its catalogue: four times what a step of a call costs by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

Connection = psycopg.Connection[Any]
#: Who rested so long is asked whether the server is still there.
_RESTED = 5.0


class KeptConnections:
    """Lends connections: what is done with one is committed in the end, or undone where it raises."""

    def __init__(self, connect: Callable[[], Connection], most: int) -> None:
        """`most` is how many rest at once; beyond that they are closed."""
        self._connect = connect
        self._most = most
        self._resting: list[tuple[float, Connection]] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def __call__(self) -> Iterator[Connection]:
        """Lends one for a block, which is one transaction."""
        connection = self._rested() or self._connect()
        try:
            yield connection
            connection.commit()
        except BaseException:
            # Whatever it was: the next begins with a server that is known to be one that writes.
            with suppress(psycopg.Error):
                connection.rollback()
            connection.close()
            raise
        self._take_back(connection)

    def _rested(self) -> Connection | None:
        """Returns one that rested and still works."""
        while True:
            with self._lock:
                since, connection = self._resting.pop() if self._resting else (0.0, None)
            if connection is None or time.monotonic() - since < _RESTED:
                return connection
            with suppress(psycopg.Error):
                connection.execute("SELECT 1")
                connection.rollback()
                return connection
            connection.close()

    def _take_back(self, connection: Connection) -> None:
        idle = connection.info.transaction_status == TransactionStatus.IDLE
        with self._lock:
            if idle and not self._closed and len(self._resting) < self._most:
                self._resting.append((time.monotonic(), connection))
                return
        connection.close()

    def close(self) -> None:
        """Closes those that rest, and from now on each after its use."""
        with self._lock:
            self._closed, resting = True, self._resting
            self._resting = []
        for _, connection in resting:
            connection.close()
