"""Waiting no longer than it is of use."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Found = TypeVar("Found")


async def in_time(asking: Coroutine[Any, Any, Found], seconds: float) -> Found:
    """Returns what a store has to say.

    The end of what takes longer is not waited for: cancelling a statement asks the same store, which may be silent
    for that, too.

    Raises:
        TimeoutError: if it has stopped in the middle of something.
    """
    asked = asyncio.create_task(asking)
    done, _ = await asyncio.wait({asked}, timeout=seconds)
    if not done:
        asked.cancel()
        raise TimeoutError("the store does not answer")
    return asked.result()
