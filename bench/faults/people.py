"""People who write, and a platform that hands their messages over several times, late and out of order."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Sequence

from bench import wire
from bench.load import new_user
from bench.zalo import Platform

#: Every one is answered by exactly one turn; several messages may make the answer.
TEXTS = (
    "em quên mật khẩu vssid", "dừng lại", "tổng đài số mấy vậy", "mã số bhxh là gì", "lam sao doi so dien thoai",
    "vssid có mất phí không", "cảm ơn bạn", "xin chào",
)  # fmt: skip
_PATIENCE = 5.0


class People:
    """`count` people, each with `messages` to send, in order; each message handed over `copies` times."""

    def __init__(
        self, platform: Platform, ports: Sequence[int], count: int, messages: int, copies: int, chance: random.Random
    ) -> None:
        self.users = [new_user() for _ in range(count)]
        self.accepted: dict[str, int] = dict.fromkeys(self.users, 0)
        self.posts = self.refused = 0
        self._platform = platform
        self._ports = itertools.cycle(ports)
        self._messages = messages
        self._copies = copies
        self._chance = chance
        self._late: set[asyncio.Task[None]] = set()

    async def write(self, rate: float) -> None:
        """Sends everything, about `rate` messages a second, and waits until all of it is acknowledged."""
        every = len(self.users) / rate
        await asyncio.gather(*(self._person(user, every) for user in self.users))
        while self._late:
            await asyncio.wait(self._late)

    async def _person(self, user: str, every: float) -> None:
        await asyncio.sleep(self._chance.uniform(0, every))
        for number in range(self._messages):
            started = time.monotonic()
            body, headers = self._platform.written(user, f"{self._chance.choice(TEXTS)} {'nhé' * (number % 2)}".strip())
            await self._hand_over(body, headers)
            self.accepted[user] += 1
            for _ in range(self._copies - 1):  # duplicates come whenever they like, after later messages too
                task = asyncio.create_task(self._again(body, headers, self._chance.uniform(0, 2 * every)))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
            await asyncio.sleep(max(0.0, every * self._chance.uniform(0.5, 1.5) - (time.monotonic() - started)))

    async def _again(self, body: bytes, headers: wire.Headers, wait: float) -> None:
        await asyncio.sleep(wait)
        await self._hand_over(body, headers)

    async def _hand_over(self, body: bytes, headers: wire.Headers) -> None:
        """Posts until somebody answers 200, as a platform does."""
        while True:
            client = wire.Client(next(self._ports), 1)
            self.posts += 1
            try:
                status, _ = await asyncio.wait_for(client.post("/webhooks/zalo", body, headers), _PATIENCE)
                if status == 200:
                    return
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                pass
            finally:
                client.close()
            self.refused += 1
            await asyncio.sleep(self._chance.uniform(0.1, 0.5))
