"""Waits for what happens elsewhere: until it happens, with an end that only a real fault reaches.

A wait costs nothing where the thing happens, so its end is far off: the machine may have other work. Promises in
seconds are measured in the bench, not here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

#: Seconds until a wait gives up.
PATIENCE = 120.0
#: Milliseconds that a browser waits for what a page should show, and seconds that a client waits for an answer.
BROWSER_MS, CLIENT = 90_000, 90.0
#: Seconds that a command may take.
COMMAND = 300.0
#: Seconds between two looks: at first, at last, and how they grow. What is waited for is seen a quarter later at most.
_SHORTEST, _LONGEST, _LONGER = 0.01, 0.25, 1.25
T = TypeVar("T")


def until(found: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Waits until `found` returns something true and returns that.

    Who looks takes time from what is waited for, so it is looked for at ever longer intervals.
    """
    end, pause = time.monotonic() + seconds, _SHORTEST
    while True:
        result = found()
        if result:
            return result
        assert time.monotonic() < end, f"not within {seconds} s: {result!r}"
        time.sleep(pause)
        pause = min(pause * _LONGER, _LONGEST)


async def until_soon(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Waits in the event loop until something is so."""
    pause = _SHORTEST
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(pause)
            pause = min(pause * _LONGER, _LONGEST)
