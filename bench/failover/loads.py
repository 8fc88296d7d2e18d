"""People who write while machines are lost: each message goes round the nodes until one says 200, as a platform does it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import wire
from bench.faults.people import TEXTS
from bench.load import new_user
from bench.zalo import Platform

_PATIENCE = 5.0
_AGAIN = 0.2


@dataclass
class Message:
    """One message: when it was written, when a node first said that it has it."""

    user: str
    written: float
    acknowledged: float | None = None


@dataclass
class Load:
    """`rate` messages a second of people who write one each, to all nodes in turn."""

    platform: Platform
    addresses: Sequence[str]
    rate: float
    messages: list[Message] = field(default_factory=list)
    posts: int = 0
    refused: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._round = itertools.cycle(self.addresses)
        self._texts = itertools.cycle(TEXTS)

    async def write(self) -> None:
        """Writes until cancelled."""
        due = time.monotonic()
        while True:
            due += 1 / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(self._one())
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def settled(self, seconds: float) -> int:
        """Waits until everything written is acknowledged; returns how many are not."""
        if self._open:
            await asyncio.wait(self._open, timeout=seconds)
        return len(self._open)

    async def _one(self) -> None:
        message = Message(new_user(), time.monotonic())
        self.messages.append(message)
        body, headers = self.platform.written(message.user, next(self._texts))
        while message.acknowledged is None:
            client = wire.Client(8000, 1, next(self._round))
            self.posts += 1
            try:
                status, _ = await asyncio.wait_for(client.post("/webhooks/zalo", body, headers), _PATIENCE)
                if status == 200:
                    message.acknowledged = time.monotonic()
                    return
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                pass
            finally:
                client.close()
            self.refused += 1
            await asyncio.sleep(_AGAIN)

    def silence(self, since: float) -> float:
        """Returns the longest time after `since` in which nobody's message was taken."""
        taken = sorted(m.acknowledged for m in self.messages if m.acknowledged and m.acknowledged >= since)
        return max((b - a for a, b in itertools.pairwise([since, *taken])), default=float("inf"))
