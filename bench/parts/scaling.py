"""Turns per second with more engine processes and more nodes on this one machine."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from bench import load, processes
from bench.plan import Plan
from bench.results import Part, Row
from bench.sessions import our_side

#: Engine processes of one node, and then whole nodes.
_SHAPES = (
    ("everything in one process", {"NODES": "0", "WORKERS": "3"}),
    ("doors and 1 engine", {"NODES": "1", "WORKERS": "1"}),
    ("doors and 2 engines", {"NODES": "1", "WORKERS": "2"}),
    ("doors and 3 engines", {"NODES": "1", "WORKERS": "3"}),
    ("2 nodes of 1 engine", {"NODES": "2", "WORKERS": "1"}),
    ("3 nodes of 1 engine", {"NODES": "3", "WORKERS": "1"}),
)
_IN_FLIGHT = 32


async def _shape(plan: Plan, name: str, settings: dict[str, str]) -> dict[str, Any]:
    async with our_side(plan.store, **settings) as session:
        strangers = [load.new_user] * _IN_FLIGHT
        await load.closed(session.talk, strangers, session.texts, 10, 300)
        rates, cost = [], []
        for _ in range(plan.times(3)):
            before = session.cpu() + plan.store.cpu()
            outcome = await load.closed(session.talk, strangers, session.texts, plan.size(4, 2))
            rates.append(outcome.rate)
            cost.append((session.cpu() + plan.store.cpu() - before) / max(1, len(outcome.answered)) * 1000)
        return {"name": name, "rates": rates, "cpu_ms": cost, "pss_mb": processes.memory(session.server.pid)[1]}


async def _all(plan: Plan) -> Part:
    found = [await _shape(plan, name, settings) for name, settings in _SHAPES]
    rows = [Row(f"turns per second, {one['name']}", "/s", one["rates"], better="more") for one in found]
    memory = ", ".join(f"{one['name']} {one['pss_mb']:.0f} MB" for one in found)
    note = (
        f"{_IN_FLIGHT} people at the same time, one database, one machine with {os.cpu_count()} cores, which the load "
        f"and PostgreSQL share: once they are busy, more processes share the same time. Memory (PSS): {memory}."
    )
    return Part(rows, [note], {"shapes": found})


def measure(plan: Plan) -> Part:
    """Measures each shape for itself."""
    return asyncio.run(_all(plan))
