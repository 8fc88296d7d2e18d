"""Prometheus metrics of one process; those of the store are read when asked for."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector
from psycopg_pool import AsyncConnectionPool

from assistant.runtime.deadlines import in_time

logger = logging.getLogger(__name__)

registry = CollectorRegistry()
ProcessCollector(registry=registry)
events = Counter("assistant_events", "Events at the doors", ["channel", "result"], registry=registry)
refused = Counter("assistant_refused", "Requests refused at the door", ["limit"], registry=registry)
turns = Counter("assistant_turns", "Turns run", ["outcome"], registry=registry)
understood = Counter("assistant_understood", "Typed messages that the engine answered", ["result"], registry=registry)
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
deliveries = Counter(
    "assistant_deliveries",
    "Attempts to send a message, by how they ended; untried: the platform was not asked; dead: given up",
    ["channel", "outcome"],
    registry=registry,
)
resets = Counter("assistant_resets", "Answers to who asked for a reset", ["outcome"], registry=registry)
_breaker = Gauge("assistant_reset_breaker_open", "1 while nobody may start a reset", registry=registry)
_guessing = Gauge(
    "assistant_guessing", "1 while too many checks fail there: all, or a channel", ["scope"], registry=registry
)
_failed_checks = Gauge("assistant_failed_checks", "Failed identity checks of the last hour", registry=registry)
registry_calls = Counter("assistant_registry_calls", "Questions to the registry", ["outcome"], registry=registry)
_audit = Gauge("assistant_audit_position", "Entries ever tied into the audit trail; it never falls", registry=registry)
_bounces = Gauge("assistant_bounces_seen", "What came to the return path", ["outcome"], registry=registry)
_waiting = Gauge("assistant_waiting", "Rows waiting", ["table"], registry=registry)
_oldest = Gauge("assistant_oldest_seconds", "Age of the oldest waiting row", ["table"], registry=registry)
_dead = Gauge("assistant_dead", "Rows given up; inbox: events kept aside", ["table"], registry=registry)
_store_up = Gauge("assistant_store_up", "1 if the database answered just now", registry=registry)
_store_bytes = Gauge("assistant_store_bytes", "Size of the database", ["part"], registry=registry)
_store_connections = Gauge(
    "assistant_store_connections", "Connections to the database server", ["which"], registry=registry
)
_backup = Gauge(
    "assistant_backup_age_seconds",
    "Since the last whole copy (base) and the last archived WAL (wal); +Inf: there is none",
    ["kind"],
    registry=registry,
)
_standbys = Gauge(
    "assistant_store_synchronous", "1 if the database confirms a commit when a second server has it", registry=registry
)
_lately = Gauge(
    "assistant_people_lately",
    "Who wrote in half an hour; outside: of these, whom a colleague or a machine of the page took over within a minute",
    ["answered_by"],
    registry=registry,
)
#: What only the database knows; while it is away, nothing is said of these.
_OF_THE_STORE = (_waiting, _oldest, _dead, _store_bytes, _store_connections, _lately, _backup)
#: A store that has stopped in the middle is not waited for any longer.
_STORE_SECONDS = 3.0

_COUNTS = """
SELECT 'inbox', count(*), coalesce(extract(epoch FROM now() - min(accepted_at)), 0),
       (SELECT count(*) FROM dead_letters WHERE settled_at IS NULL) FROM inbox WHERE done_at IS NULL
UNION ALL
SELECT 'outbox', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0),
       (SELECT count(*) FROM outbox WHERE state = 'dead') FROM outbox WHERE state = 'waiting'
UNION ALL
SELECT 'mail', count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0),
       (SELECT count(*) FROM mail WHERE state = 'dead') FROM mail WHERE state = 'waiting'
"""
# Of the newest messages only, so that a busy hour costs no more than a quiet one.
_LATELY = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM handovers h WHERE h.conversation = person.conversation AND h.reason = 'answered_outside'
    AND h.taken_at BETWEEN person.at - interval '1 second' AND person.at + interval '1 minute'))
FROM (SELECT conversation, min(accepted_at) AS at FROM (
          SELECT conversation, accepted_at FROM inbox
          WHERE kind <> 'system' AND accepted_at > now() - interval '30 minutes'
          ORDER BY accepted_at DESC LIMIT 2000) AS newest
      GROUP BY 1) AS person
"""
_SIZES = """
SELECT pg_database_size(current_database()),
       pg_total_relation_size('inbox') + pg_total_relation_size('turns') + pg_total_relation_size('outbox'),
       (SELECT count(datid) FROM pg_stat_activity),
       current_setting('max_connections')::int
"""

# A server that has just become the primary has archived nothing yet, and had no time to.
_SAFETY = """
SELECT (SELECT extract(epoch FROM now() - at) FROM backups WHERE kind = 'base'),
       CASE WHEN current_setting('archive_mode') <> 'off' THEN extract(epoch FROM now() - greatest(
           (SELECT last_archived_time FROM pg_stat_archiver), pg_postmaster_start_time())) END,
       current_setting('synchronous_standby_names') <> ''
       AND current_setting('synchronous_commit') IN ('on', 'remote_write', 'remote_apply')
"""


def begin(channels: Iterable[str], results: Iterable[str]) -> None:
    """Lets every counter that an alert looks at begin at zero: what appears with its first event has no increase."""
    for channel in channels:
        for result in (*results, "unstored"):
            events.labels(channel, result)
        for outcome in ("sent", "retry", "uncertain", "untried", "dead"):
            deliveries.labels(channel, outcome)
    for outcome in ("answered", "error", "database"):
        turns.labels(outcome)
    for answer in ("yes", "no"):
        understood.labels(answer)


def observe_turn(outcome: str, seconds: float) -> None:
    """Counts a turn."""
    turns.labels(outcome).inc()
    turn_seconds.observe(seconds)


async def observe_store(pool: AsyncConnectionPool[Any]) -> None:
    """Sets what only the database knows; without it, what the processes themselves know is all there is."""
    try:
        await in_time(_read_store(pool), _STORE_SECONDS)
        _store_up.set(True)
    except Exception:  # noqa: BLE001 - whatever it is, the store does not answer
        _store_up.set(False)
        logger.warning("metrics: the database does not answer")
        for gauge in _OF_THE_STORE:
            gauge.clear()


async def _read_store(pool: AsyncConnectionPool[Any]) -> None:
    async with pool.connection() as connection:
        cursor = await connection.execute(_COUNTS)
        for table, count, age, dead in await cursor.fetchall():
            _waiting.labels(table).set(count)
            _oldest.labels(table).set(float(age))
            _dead.labels(table).set(dead)
        cursor = await connection.execute("SELECT count(*) FROM breaker_openings WHERE closed_at IS NULL")
        _breaker.set((await cursor.fetchone() or (0,))[0])
        _guessing.clear()
        _guessing.labels("all").set(0)
        cursor = await connection.execute("SELECT scope FROM guessing_times WHERE closed_at IS NULL")
        for (scope,) in await cursor.fetchall():
            _guessing.labels(scope).set(1)
        cursor = await connection.execute(
            "SELECT count(*) FROM attempts WHERE at > now() - interval '1 hour' AND NOT matched"
        )
        _failed_checks.set((await cursor.fetchone() or (0,))[0])
        cursor = await connection.execute("SELECT position FROM audit_head")
        _audit.set((await cursor.fetchone() or (0,))[0])
        cursor = await connection.execute("SELECT outcome, number FROM bounces_seen")
        for outcome, number in await cursor.fetchall():
            _bounces.labels(outcome).set(number)
        cursor = await connection.execute(_LATELY)
        wrote, taken = await cursor.fetchone() or (0, 0)
        _lately.labels("all").set(wrote)
        _lately.labels("outside").set(taken)
        cursor = await connection.execute(_SAFETY)
        base, wal, waits = await cursor.fetchone() or (None, None, False)
        _backup.labels("base").set(math.inf if base is None else float(base))
        _backup.labels("wal").set(math.inf if wal is None else float(wal))
        _standbys.set(waits)
        cursor = await connection.execute(_SIZES)
        total, messages, used, most = await cursor.fetchone() or (0, 0, 0, 0)
        _store_bytes.labels("all").set(total)
        _store_bytes.labels("messages").set(messages)
        _store_connections.labels("open").set(used)
        _store_connections.labels("most").set(most)
