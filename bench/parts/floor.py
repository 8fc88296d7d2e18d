"""What a turn costs beside the physical floor: processor time, and how long one person waits."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

from bench import load
from bench.plan import Plan
from bench.processes import BenchError
from bench.results import Part, Row
from bench.sessions import Session, floor_side, our_side

_IN_FLIGHT = 16


async def _alone(session: Session, turns: int) -> float:
    """Returns the median milliseconds until the answer, one person after the other."""
    times = []
    for number in range(turns + 20):
        said = await session.talk.say(load.new_user(), next(session.texts))
        if said.answered is None:
            raise BenchError("a lone message was not answered")
        if number >= 20:  # the first ones warm
            times.append(said.answered * 1000)
    return statistics.median(times)


async def _together(plan: Plan, session: Session, seconds: float) -> dict[str, float]:
    """Returns turns per second and the milliseconds of processor a turn costs in the server and in PostgreSQL."""
    strangers = [load.new_user] * _IN_FLIGHT
    await load.closed(session.talk, strangers, session.texts, 10, 300)
    server, store, started = session.cpu(), plan.store.cpu(), time.perf_counter()
    outcome = await load.closed(session.talk, strangers, session.texts, seconds)
    turns = max(1, len(outcome.answered))
    return {
        "rate": turns / (time.perf_counter() - started),
        "server": (session.cpu() - server) / turns * 1000,
        "postgres": (plan.store.cpu() - store) / turns * 1000,
    }


async def _both(plan: Plan) -> Part:
    seconds, turns = plan.size(6, 2), int(plan.size(150, 30))
    found: dict[str, list[dict[str, float]]] = {"ours": [], "floor": []}
    for _ in range(plan.times(3)):  # one after the other, so that whatever else the machine does meets both
        for name, side in (("ours", our_side), ("floor", floor_side)):
            async with side(plan.store) as session:
                together = await _together(plan, session, seconds)
                found[name].append(together | {"alone": await _alone(session, turns)})
    return Part(_rows(found), [_NOTE], found)


_NOTE = (
    "The floor is `bench/floor.py`: the same webhook, the same statements in PostgreSQL, the same reply to the platform, "
    "but no signature, no understanding, no rules, no identifiers, no pages: an empty turn with a constant answer. "
    "Processor time counts the server with all its processes and PostgreSQL with all of its."
)


def _rows(found: dict[str, Any]) -> list[Row]:
    def each(name: str, *parts: str) -> list[float]:
        return [sum(one[part] for part in parts) for one in found[name]]

    ours, floor = each("ours", "server", "postgres"), each("floor", "server", "postgres")
    return [
        Row("processor a turn, server and PostgreSQL", "ms", ours),
        Row("the same of the floor", "ms", floor),
        Row("processor beside the floor", "×", [a / b for a, b in zip(ours, floor, strict=True)], goal=2),
        Row("one person waits", "ms", each("ours", "alone")),
        Row("the same of the floor, waiting", "ms", each("floor", "alone")),
        Row(
            "waiting beside the floor", "×",
            [a / b for a, b in zip(each("ours", "alone"), each("floor", "alone"), strict=True)], goal=2,
        ),
    ]  # fmt: skip


def measure(plan: Plan) -> Part:
    """Measures ours and the floor in turns."""
    return asyncio.run(_both(plan))
