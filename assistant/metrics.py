"""Prometheus metrics of one process; those of the store are read when asked for."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector
from psycopg_pool import AsyncConnectionPool

registry = CollectorRegistry()
ProcessCollector(registry=registry)
events = Counter("assistant_events", "Events at the doors", ["channel", "result"], registry=registry)
turns = Counter("assistant_turns", "Turns run", ["outcome"], registry=registry)
turn_seconds = Histogram(
    "assistant_turn_seconds",
    "Time from claim to commit",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3),
    registry=registry,
)
accept_seconds = Histogram(
    "assistant_accept_seconds",
    "Time until an event is on disk",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5),
    registry=registry,
)
_waiting = Gauge("assistant_waiting", "Rows waiting", ["table"], registry=registry)
_oldest = Gauge("assistant_oldest_seconds", "Age of the oldest waiting row", ["table"], registry=registry)
_dead = Gauge("assistant_dead", "Rows given up", ["table"], registry=registry)

_COUNTS = """
SELECT 'inbox', count(*), coalesce(extract(epoch FROM now() - min(accepted_at)), 0), 0 FROM inbox WHERE done_at IS NULL
UNION ALL
SELECT 'outbox', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0),
       (SELECT count(*) FROM outbox WHERE state = 'dead') FROM outbox WHERE state = 'waiting'
UNION ALL
SELECT 'mail', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0),
       (SELECT count(*) FROM mail WHERE state = 'dead') FROM mail WHERE state = 'waiting'
"""


def observe_turn(outcome: str, seconds: float) -> None:
    """Counts a turn."""
    turns.labels(outcome).inc()
    turn_seconds.observe(seconds)


async def page(pool: AsyncConnectionPool[Any]) -> bytes:
    """Returns the text Prometheus reads."""
    async with pool.connection() as connection:
        cursor = await connection.execute(_COUNTS)
        for table, count, age, dead in await cursor.fetchall():
            _waiting.labels(table).set(count)
            _oldest.labels(table).set(float(age))
            _dead.labels(table).set(dead)
    return generate_latest(registry)
