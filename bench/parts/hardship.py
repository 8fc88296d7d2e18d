"""Hard times: 5,000 events in 5 s, a database that is silent for 10 s, one person with 1,000 messages."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import Any

import psutil

from bench import load, processes
from bench.histogram import histogram
from bench.plan import Plan
from bench.results import Part, Row, percentile
from bench.sessions import Session, our_side

_PATIENCE = 90.0


async def _burst(plan: Plan, session: Session) -> dict[str, Any]:
    rate, seconds = plan.size(1000, 200), 5.0
    outcome = await load.opened(session.talk, rate, seconds, session.texts)
    times = [value * 1000 for value in outcome.acknowledged]
    return {
        "events": int(rate * seconds),
        "acknowledged": len(times),
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "histogram": histogram(times),
        "answered": len(outcome.answered),
        "drained_s": outcome.seconds,
    }


async def _insist(session: Session, user: str, text: str, refused: list[float]) -> float | None:
    """Hands a message over until it is acknowledged, as a platform does; returns when its answer came."""
    assert session.platform and session.client
    reply = session.platform.reply_to(user)
    body, headers = session.platform.written(user, text)
    until = time.perf_counter() + _PATIENCE
    while time.perf_counter() < until:
        with suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
            status, _ = await asyncio.wait_for(session.client.post("/webhooks/zalo", body, headers), 5)
            if status == 200:
                break
        refused.append(time.perf_counter())
        await asyncio.sleep(1)
    with suppress(TimeoutError):
        return await asyncio.wait_for(reply, _PATIENCE)
    return None


def _signal_store(pid: int, number: signal.Signals) -> None:
    for process in processes.tree(pid):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


async def _silence(plan: Plan, session: Session) -> dict[str, Any]:
    """Stops every process of PostgreSQL while 20 people a second write, and lets them go on."""
    seconds, refused = plan.size(10, 3), list[float]()
    tasks: list[asyncio.Task[float | None]] = []
    ends = [time.perf_counter() + after for after in (2, 2 + seconds, 2 + seconds + 5)]
    for stage, end in enumerate(ends):
        if stage == 1:
            _signal_store(plan.store.pid, signal.SIGSTOP)
        try:
            while time.perf_counter() < end:
                tasks.append(asyncio.create_task(_insist(session, load.new_user(), next(session.texts), refused)))
                await asyncio.sleep(0.05)
        finally:
            if stage == 1:
                _signal_store(plan.store.pid, signal.SIGCONT)
    came = [at for at in await asyncio.gather(*tasks) if at is not None]
    after = [at - ends[1] for at in came if at > ends[1]]
    return {
        "silent_s": seconds,
        "events": len(tasks),
        "refused": len(refused),
        "answered": len(came),
        "first_answer_s": min(after, default=float("nan")),
        "all_caught_up_s": max(after, default=float("nan")),
    }


async def _abuser(plan: Plan, session: Session) -> dict[str, Any]:
    """Lets ten people talk, first among themselves and then beside one who sends a thousand messages at once."""
    people, seconds = [load.new_user] * 10, plan.size(5, 2)

    async def talk() -> list[float]:
        outcome = await load.closed(session.talk, people, session.texts, seconds)
        return [value * 1000 for value in outcome.answered]

    before = await talk()
    who, messages = load.new_user(), int(plan.size(1000, 100))
    flood = [asyncio.create_task(session.talk.say(who, next(session.texts))) for _ in range(messages)]
    await asyncio.sleep(0.1)
    beside = await talk()
    said = await asyncio.gather(*flood)
    return {
        "messages": messages,
        "flood_acknowledged": sum(one.acknowledged is not None for one in said),
        "flood_answered": sum(one.answered is not None for one in said),
        **{f"{name}_{part}_ms": percentile(times, share)
           for name, times in (("before", before), ("beside", beside)) for part, share in (("p50", 0.5), ("p99", 0.99))},
    }  # fmt: skip


async def _all(plan: Plan) -> Part:
    async with our_side(plan.store) as session:
        await load.closed(session.talk, [load.new_user] * 8, session.texts, 5, 200)  # warm
        abuser = await _abuser(plan, session)
        burst = await _burst(plan, session)
        silence = await _silence(plan, session)
    rows = [
        Row(f"{burst['events']:,} events in 5 s, acknowledgement p99", "ms", [burst["p99_ms"]]),
        Row("the same, until the last answer", "s", [burst["drained_s"]]),
        Row(
            f"database silent for {silence['silent_s']:.0f} s, first answer after it", "s", [silence["first_answer_s"]]
        ),
        Row("the same, until all had caught up", "s", [silence["all_caught_up_s"]]),
        Row(f"ten people beside one with {abuser['messages']:,} messages, answer p50", "ms", [abuser["beside_p50_ms"]]),
        Row("the same ten before", "ms", [abuser["before_p50_ms"]]),
    ]
    return Part(rows, _notes(burst, silence, abuser), {"burst": burst, "silence": silence, "abuser": abuser})


def _notes(burst: dict[str, Any], silence: dict[str, Any], abuser: dict[str, Any]) -> list[str]:
    return [
        f"Burst: {burst['acknowledged']:,} of {burst['events']:,} acknowledged (p50 {burst['p50_ms']:.0f} ms), "
        f"{burst['answered']:,} answered within a minute each.",
        f"Silence: every process of PostgreSQL was stopped while 20 people a second wrote. {silence['refused']} times the "
        "doors said \"not now\" in time for the platform to come again, as it does; "
        f"{silence['answered']} of {silence['events']} messages were answered in the end.",
        f"Flood: of the one person's {abuser['messages']:,} messages {abuser['flood_acknowledged']:,} were acknowledged and "
        f"{abuser['flood_answered']:,} answered within a minute; for the ten beside, p99 went from "
        f"{abuser['before_p99_ms']:.0f} to {abuser['beside_p99_ms']:.0f} ms.",
    ]  # fmt: skip


def measure(plan: Plan) -> Part:
    """Measures one after the other on one server."""
    return asyncio.run(_all(plan))
