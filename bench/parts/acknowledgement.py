"""How fast a webhook is acknowledged when events come at a fixed rate, whatever the server's state."""

from __future__ import annotations

import asyncio
from typing import Any

from bench import load
from bench.histogram import histogram
from bench.plan import Plan
from bench.results import Part, Row, percentile
from bench.sessions import Session, our_side, stock_side

_RATES = (50, 100, 200, 400)
_STOCK_RATE = 50  # above this it cannot keep up, and a waiting time means nothing


async def _at(session: Session, rate: int, seconds: float) -> dict[str, Any]:
    outcome = await load.opened(session.talk, rate, seconds, session.texts)
    times = [value * 1000 for value in outcome.acknowledged]
    return {
        "rate": rate,
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "most_ms": max(times, default=float("nan")),
        "histogram": histogram(times),
        "answer_histogram": histogram(value * 1000 for value in outcome.answered),
        "answer_p50_ms": percentile(outcome.answered, 0.5) * 1000,
        "answer_p99_ms": percentile(outcome.answered, 0.99) * 1000,
        "refused": len(outcome.said) - len(times),
        "unanswered": outcome.unanswered,
        "drained_after_s": outcome.seconds - seconds,
    }


async def _both(plan: Plan) -> Part:
    seconds = plan.size(10, 3)
    others: dict[int, dict[str, Any]] = {}
    async with our_side(plan.store) as session:
        await load.closed(session.talk, [load.new_user] * 8, session.texts, 5, 200)  # warm
        found = [await _at(session, rate, seconds) for rate in _RATES]
    if not plan.skip_stock:
        async with stock_side(plan.store) as session:
            await load.closed(session.talk, [load.new_user] * 8, session.texts, 5, 100)
            others[_STOCK_RATE] = await _at(session, _STOCK_RATE, seconds)
    rows = [
        Row(
            f"acknowledgement {name} at {one['rate']} events/s", "ms", [one[f"{name}_ms"]],
            [others[one["rate"]][f"{name}_ms"]] if one["rate"] in others else [],
            goal=50 if (name, one["rate"]) == ("p99", 200) else None,
            stock_instead="cannot keep up" if others else "–",
        )
        for one in found for name in ("p50", "p99")
    ]  # fmt: skip
    at_goal = next(one for one in found if one["rate"] == 200)
    return Part(rows, [_note(at_goal), _beyond(found[-1])], {"ours": found, "stock": list(others.values())})


def _note(top: dict[str, Any]) -> str:
    return (
        "Events of new people at a fixed rate, whatever the server does; times count from the moment an event was due. "
        "Stock Rasa's REST channel answers after the whole turn. "
        f"At {top['rate']} events/s half of our answers were delivered within {top['answer_p50_ms']:.0f} ms and 99 % "
        f"within {top['answer_p99_ms']:.0f} ms; the last one {max(0, top['drained_after_s']):.1f} s after the last "
        f"event; {top['refused']} refused, {top['unanswered']} unanswered."
    )


def _beyond(top: dict[str, Any]) -> str:
    return (
        f"At {top['rate']} events/s, more than this machine can answer with the load beside it, acknowledgements take "
        f"{top['p50_ms']:.0f} ms (p99 {top['p99_ms']:.0f} ms) and answers wait in the inbox: the last one came "
        f"{max(0, top['drained_after_s']):.0f} s after the last event; {top['refused']} refused, "
        f"{top['unanswered']} unanswered."
    )


def measure(plan: Plan) -> Part:
    """Measures both sides under an open load."""
    return asyncio.run(_both(plan))
