"""Heavy work in threads of its own, with an end to how much of it may wait.

Whoever sends ever more of one kind finds its lane full; the event loop and every other lane go on.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Busy(Exception):
    """All places of a lane are taken; whoever asked may come again in a moment."""


class Lane:
    """So many threads for one kind of work, and so many places, those being worked on among them."""

    def __init__(self, name: str, threads: int, places: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = threading.BoundedSemaphore(places)

    async def do(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what the work returns.

        Raises:
            Busy: at once, if no place is free.
        """
        if not self._places.acquire(blocking=False):
            raise Busy
        context = contextvars.copy_context()
        try:
            future = self._threads.submit(partial(context.run, work, *args, **kwargs))
        except BaseException:
            self._places.release()
            raise
        # A place is free when the work has ended, not when whoever asked has gone.
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, done: Future[Any]) -> None:
        self._places.release()
