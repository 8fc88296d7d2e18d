"""Heavy work has threads of its own and an end to its queue."""

from __future__ import annotations

import asyncio
import threading

import pytest

from assistant.runtime.lanes import Busy, Lane
from assistant.runtime.shared_look import SharedLook


def test_a_full_lane_says_so_at_once_and_no_other_lane_feels_it() -> None:
    go = threading.Event()

    async def act() -> list[object]:
        full, other = Lane("full", 1, 2), Lane("other", 1, 2)
        waiting = [asyncio.create_task(full.do(go.wait, 30)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await full.do(int)
        answered = await other.do(int)
        go.set()
        return [answered, *await asyncio.gather(*waiting), await full.do(int)]

    assert asyncio.run(act()) == [0, True, True, 0]


def test_whoever_gives_up_waiting_frees_no_place_while_the_work_goes_on() -> None:
    go, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(30)

    async def act() -> None:
        lane = Lane("one", 1, 1)
        waiting = asyncio.create_task(lane.do(work))
        await asyncio.to_thread(begun.wait, 30)
        waiting.cancel()
        await asyncio.wait([waiting])
        with pytest.raises(Busy):
            await lane.do(int)
        go.set()
        while True:
            try:
                await lane.do(int)
                return
            except Busy:
                await asyncio.sleep(0.01)

    asyncio.run(act())


def test_what_the_work_raises_comes_to_who_asked_and_frees_the_place() -> None:
    async def act() -> int:
        lane = Lane("one", 1, 1)
        with pytest.raises(ValueError, match="nonsense"):
            await lane.do(int, "nonsense")
        return await lane.do(int, "7")

    assert asyncio.run(act()) == 7


def test_a_thousand_who_ask_at_once_get_one_look_and_the_next_a_fresh_one() -> None:
    looks = 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return looks

    async def act() -> tuple[set[int], int]:
        shared = SharedLook(look)
        return set(await asyncio.gather(*(shared() for _ in range(1000)))), await shared()

    assert asyncio.run(act()) == ({1}, 2)
