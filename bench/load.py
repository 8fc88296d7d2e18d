"""Two kinds of load: as fast as answers come (closed), and at a fixed rate whatever happens (open)."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.talks import Said, Talk

_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


def new_user() -> str:
    """Returns the id of somebody who never wrote before; digits, as Zalo's ids are."""
    return f"5{next(_numbers):018d}"


@dataclass
class Outcome:
    """What a load saw."""

    said: list[Said] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def answered(self) -> list[float]:
        """Seconds until the reply, of all that were answered."""
        return [one.answered for one in self.said if one.answered is not None]

    @property
    def acknowledged(self) -> list[float]:
        """Seconds until the acknowledgement, of all that were acknowledged."""
        return [one.acknowledged for one in self.said if one.acknowledged is not None]

    @property
    def unanswered(self) -> int:
        """How many messages got no reply in time."""
        return sum(one.answered is None for one in self.said)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.answered) / self.seconds


async def closed(
    talk: Talk, users: Sequence[Callable[[], str]], texts: Iterator[str], seconds: float, most: int | None = None
) -> Outcome:
    """Lets each of `users` say one thing after another; ends after `seconds` or `most` messages."""
    outcome = Outcome()
    started = time.perf_counter()
    left = itertools.count() if most is None else iter(range(most))

    async def person(who: Callable[[], str]) -> None:
        while time.perf_counter() - started < seconds and next(left, None) is not None:
            outcome.said.append(await talk.say(who(), next(texts)))

    await asyncio.gather(*(person(who) for who in users))
    outcome.seconds = time.perf_counter() - started
    return outcome


async def opened(talk: Talk, rate: float, seconds: float, texts: Iterator[str]) -> Outcome:
    """Lets somebody new write `rate` times a second, late or not; times count from when it was due."""
    outcome = Outcome()
    started = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        due = started + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        tasks.append(asyncio.create_task(talk.say(new_user(), next(texts), due)))
    outcome.said = list(await asyncio.gather(*tasks))
    outcome.seconds = time.perf_counter() - started
    return outcome
