"""Answers everybody who asks the same thing at the same time with one look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SharedLook(Generic[Result]):
    """A look that goes on as long as anybody might want its result; who comes after its end starts another."""

    def __init__(self, look: Callable[[], Awaitable[Result]]) -> None:
        self._look = look
        self._under_way: asyncio.Future[Result] | None = None

    async def __call__(self) -> Result:
        """Returns what is seen now, or by a look that others began and that is under way."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.ensure_future(self._look())
        # Shielded: of those who wait one may go.
        return await asyncio.shield(self._under_way)
