"""Turns per second of one node, and what it holds in memory after 1,000 turns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psycopg

from bench import load, processes, stock
from bench.histogram import histogram
from bench.plan import Plan
from bench.results import Part, Row, percentile
from bench.sessions import Session, our_side, stock_side

IN_FLIGHT = 16
_LONG = 200


async def _measured(
    plan: Plan, session: Session, users: list[Callable[[], str]], seconds: float, details: dict[str, Any]
) -> float:
    """Runs a closed load and returns the turns per second; keeps where the time of the processors went."""
    server, database, own = session.cpu(), plan.store.cpu(), time.process_time()
    outcome = await load.closed(session.talk, users, session.texts, seconds)
    turns = max(1, len(outcome.answered))
    details.setdefault("runs", []).append(
        {
            "turns_per_second": outcome.rate,
            "unanswered": outcome.unanswered,
            "histogram": histogram(value * 1000 for value in outcome.answered),
            "p50_ms": percentile(outcome.answered, 0.5) * 1000,
            "p99_ms": percentile(outcome.answered, 0.99) * 1000,
            "server_cpu_ms_per_turn": (session.cpu() - server) / turns * 1000,
            "database_cpu_ms_per_turn": (plan.store.cpu() - database) / turns * 1000,
            "load_cpu_ms_per_turn": (time.process_time() - own) / turns * 1000,
        }
    )
    return outcome.rate


async def _new(plan: Plan, session: Session, details: dict[str, Any]) -> tuple[float, float, list[float]]:
    """Returns the memory after 1,000 turns and the rates with a new person in every turn."""
    strangers = [load.new_user] * IN_FLIGHT
    await load.closed(session.talk, strangers, session.texts, plan.left, int(plan.size(1000, 100)))
    rss, pss = processes.memory(session.server.pid)
    seconds = plan.size(6, 2)
    return rss, pss, [await _measured(plan, session, strangers, seconds, details) for _ in range(plan.times(3))]


def _always(user: str) -> Callable[[], str]:
    return lambda: user


async def _long_ours(plan: Plan, session: Session, details: dict[str, Any]) -> list[float]:
    people = [_always(load.new_user()) for _ in range(IN_FLIGHT)]
    turns = int(plan.size(_LONG, 20)) * IN_FLIGHT
    await load.closed(session.talk, people, session.texts, plan.left, turns)
    return [await _measured(plan, session, people, plan.size(6, 2), details) for _ in range(plan.times(3))]


async def _long_stock(plan: Plan, session: Session, details: dict[str, Any]) -> list[float]:
    first = load.new_user()
    await load.closed(session.talk, [_always(first)], session.texts, plan.left, int(plan.size(_LONG, 20)))
    rates = []
    for _ in range(plan.times(2)):
        users = [load.new_user() for _ in range(IN_FLIGHT)]
        with psycopg.connect(session.database_url, autocommit=True) as connection:
            for user in users:
                connection.execute(stock.COPY, (user, first))
        rates.append(await _measured(plan, session, [_always(user) for user in users], plan.size(6, 2), details))
    return rates


async def _both(plan: Plan) -> Part:
    new = Row("turns per second, new conversations", "/s", [], goal=200, better="more")
    long = Row("turns per second, conversations of 200 turns", "/s", [], better="more")
    rss = Row("memory of its largest process after 1,000 turns (RSS)", "MB", [])
    pss = Row("memory of one node, all its processes (PSS)", "MB", [], goal=300)
    store = Row("PostgreSQL beside it (PSS of all its processes)", "MB", [], stock_instead="the same server")
    details: dict[str, Any] = {"ours_new": {}, "ours_long": {}, "stock_new": {}, "stock_long": {}}
    async with our_side(plan.store) as session:
        held, proportional, new.ours = await _new(plan, session, details["ours_new"])
        rss.ours, pss.ours, store.ours = [held], [proportional], [plan.store.memory()]
        long.ours = await _long_ours(plan, session, details["ours_long"])
        unasked = session.platform.unasked if session.platform else 0
    if not plan.skip_stock:
        async with stock_side(plan.store) as session:
            held, proportional, new.stock = await _new(plan, session, details["stock_new"])
            rss.stock, pss.stock = [held], [proportional]
            long.stock = await _long_stock(plan, session, details["stock_long"])
    return Part([new, long, rss, pss, store], _notes(details, unasked), details | {"unasked_replies": unasked})


def _notes(details: dict[str, Any], unasked: int) -> list[str]:
    last = details["ours_new"]["runs"][-1]
    lost = sum(run["unanswered"] for side in ("ours_new", "ours_long") for run in details[side]["runs"])
    how = (
        f"{IN_FLIGHT} people write at the same time, each waits for the answer before writing again. Of ours a turn is "
        "a signed Zalo webhook, a durable inbox, a turn in one transaction and a reply delivered to the platform; "
        "of stock Rasa it is one REST request with its SQL tracker store, nothing signed, queued or delivered."
    )
    cost = (
        f"A turn on new conversations costs {last['server_cpu_ms_per_turn']:.1f} ms of processor in the server, "
        f"{last['database_cpu_ms_per_turn']:.1f} ms in PostgreSQL, and {last['load_cpu_ms_per_turn']:.1f} ms in the "
        "benchmark itself, which shares the machine's processors."
    )
    return [how, cost, f"Messages without an answer: {lost}. Replies beyond one a message: {unasked}."]


def measure(plan: Plan) -> Part:
    """Measures both sides under a closed load."""
    return asyncio.run(_both(plan))
