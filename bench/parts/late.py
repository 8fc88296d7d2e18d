"""What a turn costs late in a conversation: turn 400 beside turn 10."""

from __future__ import annotations

import asyncio
import statistics

import psycopg

from bench import load, stock
from bench.plan import Plan
from bench.processes import BenchError
from bench.results import Part, Row
from bench.sessions import Session, our_side, stock_side


async def _talk(session: Session, user: str, first: int, last: int) -> dict[int, float]:
    """Says turns `first` to `last` one after another; returns the seconds of each."""
    times = {}
    for turn in range(first, last + 1):
        said = await session.talk.say(user, next(session.texts))
        if said.answered is None:
            raise BenchError(f"turn {turn} was not answered")
        times[turn] = said.answered
    return times


def _around(times: dict[int, float], turn: int) -> float:
    return statistics.median(times[n] for n in range(turn - 5, turn + 6)) * 1000


async def _ours(plan: Plan, session: Session, late: int) -> list[tuple[float, float]]:
    found = []
    await _talk(session, load.new_user(), 1, 30)  # warm
    for _ in range(plan.times(5)):
        times = await _talk(session, load.new_user(), 1, late + 5)
        found.append((_around(times, 10), _around(times, late)))
    return found


async def _stock(plan: Plan, session: Session, late: int) -> list[tuple[float, float]]:
    """Plays one long conversation and copies it: each copy then goes on from turn 394."""
    await _talk(session, load.new_user(), 1, 30)  # warm
    long = load.new_user()
    early = [_around(await _talk(session, long, 1, late - 6), 10)]
    found = []
    for _ in range(plan.times(3)):
        user = load.new_user()
        with psycopg.connect(session.database_url, autocommit=True) as connection:
            connection.execute(stock.COPY, (user, long))
        end = _around(await _talk(session, user, late - 5, late + 5), late)
        early.append(_around(await _talk(session, load.new_user(), 1, 15), 10))
        found.append((early[-1], end))
    return found


async def _both(plan: Plan) -> Part:
    late = int(plan.size(400, 40))
    async with our_side(plan.store) as session:
        ours = await _ours(plan, session, late)
    others: list[tuple[float, float]] = []
    if not plan.skip_stock:
        async with stock_side(plan.store) as session:
            others = await _stock(plan, session, late)
    rows = [
        Row("answer in turn 10, one person alone", "ms", [a for a, _ in ours], [a for a, _ in others]),
        Row(f"answer in turn {late}, one person alone", "ms", [b for _, b in ours], [b for _, b in others]),
        Row(f"turn {late} / turn 10", "×", [b / a for a, b in ours], [b / a for a, b in others], goal=1.5),
    ]
    note = (
        "Each value is the median of 11 turns, one after another, nobody else writing; ours from webhook to delivery."
    )
    return Part(rows, [note])


def measure(plan: Plan) -> Part:
    """Measures both sides with one person at a time."""
    return asyncio.run(_both(plan))
