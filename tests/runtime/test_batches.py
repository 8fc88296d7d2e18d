"""Many ask, one goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from assistant.runtime.batches import Batches


class Doubling:
    """Doubles numbers; remembers the batches, and lets a test hold one up."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def together(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await self.go.wait()
        if 13 in items:
            raise ValueError("thirteen")
        return [item * 2 for item in items]


def run(use: Callable[[Doubling, Batches[int, int]], Awaitable[Any]], most: int = 100) -> Doubling:
    async def inside() -> Doubling:
        doubling = Doubling()
        await use(doubling, Batches(doubling.together, most))
        return doubling

    return asyncio.run(inside())


def test_what_comes_while_a_batch_is_under_way_is_the_next_batch() -> None:
    async def use(doubling: Doubling, batches: Batches[int, int]) -> None:
        doubling.go.clear()
        first = asyncio.create_task(batches.do(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [asyncio.create_task(batches.do(number)) for number in range(2, 6)]
        await asyncio.sleep(0.01)
        assert doubling.batches == [[1]]
        doubling.go.set()
        assert await asyncio.gather(first, *others) == [2, 4, 6, 8, 10]
        assert await batches.do(7) == 14

    assert run(use).batches == [[1], [2, 3, 4, 5], [7]]


def test_those_of_one_moment_go_together() -> None:
    async def use(doubling: Doubling, batches: Batches[int, int]) -> None:
        assert await asyncio.gather(*map(batches.do, range(5))) == [0, 2, 4, 6, 8]

    assert run(use).batches == [[0, 1, 2, 3, 4]]


def test_a_batch_has_its_limit() -> None:
    async def use(doubling: Doubling, batches: Batches[int, int]) -> None:
        await asyncio.gather(*map(batches.do, range(5)))

    assert run(use, most=2).batches == [[0, 1], [2, 3], [4]]


def test_what_goes_wrong_everybody_of_that_batch_hears_and_nobody_else() -> None:
    async def use(doubling: Doubling, batches: Batches[int, int]) -> None:
        results = await asyncio.gather(*map(batches.do, (12, 13)), return_exceptions=True)
        assert [type(result) for result in results] == [ValueError, ValueError]
        assert await batches.do(1) == 2

    run(use)


@pytest.mark.parametrize("moments", [0, 1, 3])
def test_who_stops_waiting_takes_nobody_along(moments: int) -> None:
    async def use(doubling: Doubling, batches: Batches[int, int]) -> None:
        doubling.go.clear()
        leaving, staying = asyncio.create_task(batches.do(1)), asyncio.create_task(batches.do(2))
        for _ in range(moments):
            await asyncio.sleep(0)
        leaving.cancel()
        doubling.go.set()
        assert await staying == 4

    found = run(use)
    assert 2 in [item for batch in found.batches for item in batch]
    assert moments == 0 or found.batches == [[1, 2]]  # what was asked for is done all the same
