"""The event loop that something lives in, for callers from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVarTuple, Unpack

Args = TypeVarTuple("Args")


class Home:
    """Made in an event loop; brings calls to it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def soon(self, call: Callable[[Unpack[Args]], object], *args: *Args) -> None:
        """Lets the loop make a call; from the loop's own thread without waking it, which costs a system call."""
        if threading.get_ident() == self._thread:
            self._loop.call_soon(call, *args)
        else:
            self._loop.call_soon_threadsafe(call, *args)

    def later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        """Lets the loop make a call after some time; from the loop's own thread."""
        return self._loop.call_later(seconds, call)
