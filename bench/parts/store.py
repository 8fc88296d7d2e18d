"""What a turn asks of PostgreSQL: round trips, transactions, room on disk; and what a million messages cost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import psycopg

from bench import load, ours, processes
from bench.places import PYTHON, WORK
from bench.plan import Plan
from bench.results import Part, Row
from bench.sessions import Session, our_side

_TABLES = ("conversations", "inbox", "turns", "outbox")
#: A common size. The prices are assumptions of about the right height, not looked up: put today's in.
_SIZE, _CORES, _DOLLARS_AN_HOUR, _DOLLARS_A_GB_MONTH = "c7i.large", 2, 0.11, 0.10
#: How busy a machine may be on average, so that peaks find room.
_BUSY = 0.4


def _trips(plan: Plan) -> dict[str, float]:
    result = WORK / "trips.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        "DATABASE_URL": plan.store.fresh("trips"),
        "MODEL_PATH": str(ours.model()),
        "VAR_DIR": str(WORK / "trips"),
        "ASSISTANT_MODE": "demo",
    }
    turns = str(int(plan.size(200, 50)))
    processes.run(
        "trips", [PYTHON, "-m", "bench.trips", "--turns", turns, "--out", result], settings, min(90, plan.left)
    )
    found: dict[str, float] = json.loads(result.read_text())
    return found


def _state(url: str) -> dict[str, float]:
    with psycopg.connect(url, autocommit=True) as connection:
        room = sum(
            connection.execute("SELECT pg_total_relation_size(%s)", (table,)).fetchone()[0]  # type: ignore[index]
            for table in _TABLES
        )
        connection.execute("SELECT pg_stat_force_next_flush()")
        row = connection.execute(
            "SELECT xact_commit, (SELECT count(*) FROM turns) FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        return {"bytes": room, "transactions": row[0], "turns": row[1]} if row else {}


async def _load(session: Session, plan: Plan, users: list[Any], seconds: float) -> dict[str, float]:
    """Returns what a turn costs while people write as fast as they are answered."""
    before, server, store = _state(session.database_url), session.cpu(), plan.store.cpu()
    await load.closed(session.talk, users, session.texts, seconds)
    await asyncio.sleep(1)  # backends hand their counts in
    after = _state(session.database_url)
    turns = after["turns"] - before["turns"]
    return {
        "bytes": (after["bytes"] - before["bytes"]) / turns,
        "transactions": (after["transactions"] - before["transactions"]) / turns,
        "cpu_ms": (session.cpu() - server + plan.store.cpu() - store) / turns * 1000,
    }


async def _both(plan: Plan) -> Part:
    trips = await asyncio.to_thread(_trips, plan)
    async with our_side(plan.store) as session:
        await load.closed(session.talk, [load.new_user] * 16, session.texts, 10, 300)
        fresh = await _load(session, plan, [load.new_user] * 16, plan.size(8, 3))
        people = [load.new_user() for _ in range(16)]
        known: list[Any] = [lambda user=user: user for user in people]
        await load.closed(session.talk, known, session.texts, plan.size(4, 1))
        long = await _load(session, plan, known, plan.size(8, 3))
    rows = [
        Row("round trips to PostgreSQL of a turn, claim to commit", "", [trips["mean"]], goal=4),
        Row("transactions a message under load, everything counted", "", [fresh["transactions"]]),
        Row("room on disk a turn, new conversation, with indexes", "bytes", [fresh["bytes"]]),
        Row("room on disk a turn, known conversation, with indexes", "bytes", [long["bytes"]]),
        Row("a million messages, computing", "$", [_computing(fresh["cpu_ms"])]),
        Row("a million messages, a month of disk", "$", [_disk(long["bytes"])]),
    ]
    return Part(
        rows, [_way(trips), _cost(fresh["cpu_ms"], long["bytes"])], {"trips": trips, "new": fresh, "long": long}
    )


def _computing(cpu_ms: float) -> float:
    hours = 1e6 * cpu_ms / 1000 / 3600 / (_CORES * _BUSY)
    return hours * _DOLLARS_AN_HOUR


def _disk(size: float) -> float:
    return size * 1e6 / 1e9 * _DOLLARS_A_GB_MONTH


def _way(trips: dict[str, float]) -> str:
    return (
        f"A message's whole way is {trips['mean'] + 2:.0f} round trips: its acceptance, the turn's {trips['mean']:.1f} "
        "(the claim; everything the turn leaves, with its commit; more only where a reset asks), and the note that its "
        "reply was sent. Under load acceptances and notes of many messages share theirs."
    )


def _cost(cpu_ms: float, size: float) -> str:
    hours = 1e6 * cpu_ms / 1000 / 3600
    return (
        f"Cost: {cpu_ms:.1f} ms of processor a message, server and PostgreSQL together, are {hours:.2f} core hours a "
        f"million; a {_SIZE} (Amazon EC2) has {_CORES} cores, is taken to cost ${_DOLLARS_AN_HOUR} an hour and is "
        f"kept {_BUSY:.0%} busy on average: {hours:.2f} / ({_CORES} × {_BUSY:g}) × ${_DOLLARS_AN_HOUR} = "
        f"${_computing(cpu_ms):.2f}. Disk: {size:,.0f} bytes × 1,000,000 = {size / 1000:.1f} GB at "
        f"${_DOLLARS_A_GB_MONTH} a GB and month = ${_disk(size):.2f} a month, until it is removed after ninety days. "
        "Both prices are assumptions in `bench/parts/store.py`, not looked up: put today's in. A core there is a "
        "hardware thread like those measured here. What platforms charge for messages is not in it."
    )


def measure(plan: Plan) -> Part:
    """Measures with a live server, and the round trips in a process of their own."""
    return asyncio.run(_both(plan))
