"""Does in one go what many ask for at the same time.

While one go is under way, whatever is asked for gathers and becomes the next; nobody waits for a
clock. One commit then serves a hundred events, and a lone event waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batches(Generic[Item, Result]):
    """Gathers items in the event loop and hands them on together, one batch after the other."""

    def __init__(self, together: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], most: int = 100) -> None:
        """Prepares an empty batch.

        Args:
            together: does a batch; returns as many results, in the same order. What it raises, each
                of the batch gets.
            most: items in one go.
        """
        self._together = together
        self._most = most
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._work: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """Returns the item's own result; it is done even if the caller stops waiting."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._work is None:
            self._work = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._go(batch)
        finally:
            self._work = None

    async def _go(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._together([item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error) if isinstance(error, Exception) else future.cancel()
            if not isinstance(error, Exception):
                raise
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)
