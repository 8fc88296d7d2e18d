"""How long the act in hand may still take, for whatever waits on a socket on its behalf.

A timeout of a socket starts anew with each byte; a peer that trickles is patient for ever. A deadline
does not: every wait below it gets what is left.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_until: ContextVar[float | None] = ContextVar("deadline", default=None)
_LEAST = 0.001  # a socket's timeout of 0 means "do not block", not "give up"


class Expired(TimeoutError):
    """The time is used up."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Gives what is done inside `seconds`, or less where an outer deadline comes earlier."""
    outer, ours = _until.get(), time.monotonic() + seconds
    mark = _until.set(ours if outer is None else min(ours, outer))
    try:
        yield
    finally:
        _until.reset(mark)


def left() -> float | None:
    """Returns the seconds left, None without a deadline.

    Raises:
        Expired: if none are left.
    """
    until = _until.get()
    if until is None:
        return None
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise Expired
    return max(seconds, _LEAST)


class _Source(io.RawIOBase):
    """A socket's bytes, each wait of them no longer than what is left."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb", buffering=0)  # keeps the socket open until this is closed, too

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def reader(connection: socket.socket) -> io.BufferedReader:
    """Returns a file to read a socket by; raises TimeoutError when the deadline has come."""
    return io.BufferedReader(_Source(connection))
