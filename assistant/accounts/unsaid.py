"""Letters of checks that were answered without a word: sent a little later, by another transaction.

So a check that matched and one that did not do the same work before their answer, and leave the same behind in
everything that the person can see: the reset is nobody's conversation (`model.UNSAID`).
"""

from __future__ import annotations

import uuid
from typing import Any

import psycopg

from assistant.accounts.guessing import CODES, allowed
from assistant.accounts.model import UNSAID, Reset
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import LINK_MAIL, account_wait, flooded
from assistant.settings.limits import Limits

Connection = psycopg.Connection[Any]
_DUE = """
SELECT id, person, event, coalesce(address, ''), due, at > now() - interval '15 minutes' FROM attempts
WHERE due IS NOT NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
# What is usual is worked out from the hours; the last two are counted anew each time, so it may run at any time.
_COUNT = """
INSERT INTO check_counts (hour, channel, failed, completed)
SELECT date_trunc('hour', at), channel, sum(failed), sum(completed) FROM (
    SELECT at, channel, 1 AS failed, 0 AS completed FROM attempts WHERE NOT matched
    UNION ALL SELECT used_at, split_part(person, ':', 1), 0, 1 FROM resets WHERE used_at IS NOT NULL
) AS each WHERE at >= date_trunc('hour', now() - interval '1 hour') GROUP BY 1, 2
ON CONFLICT (hour, channel) DO UPDATE SET failed = excluded.failed, completed = excluded.completed
WHERE (check_counts.failed, check_counts.completed) <> (excluded.failed, excluded.completed)
"""
_OPEN = "SELECT id, scope, extract(epoch FROM now() - opened_at)::int FROM guessing_times WHERE closed_at IS NULL"
_FAILED = "SELECT channel, count(*) FROM attempts WHERE at > now() - interval '1 hour' AND NOT matched GROUP BY 1"
_MISSED = "SELECT count(*) FROM code_misses WHERE at > now() - interval '1 hour'"


def start_due(connection: Connection, limits: Limits) -> int:
    """Starts the resets that are due, within the limits of the account and its mailbox; returns how many letters go.

    What was due longer ago (no node ran) gets none: nobody waits for it any more. The trail says so.

    Args:
        connection: in autocommit; each reset is a transaction of its own.
        limits: those in force.
    """
    queued = 0
    while True:
        with connection.transaction():
            row = connection.execute(_DUE).fetchone()
            if row is None:
                return queued
            number, person, event, address, due, in_time = row
            connection.execute("UPDATE attempts SET due = NULL WHERE id = %s", (number,))
            store = PostgresResetStore(connection)
            if in_time:
                queued += _start(store, person, event, address, due, limits)
            else:
                store.audit("reset.overdue", person, member=due["member"])


def _start(
    store: PostgresResetStore, person: str, event: str, address: str, due: dict[str, str], limits: Limits
) -> bool:
    member, destination = due["member"], due["destination"]
    store.lock("member", member)
    store.lock("destination", destination)
    store.lock("everybody")
    if account_wait(member, destination, store, limits) or flooded(store, limits):
        store.audit("reset.limited", person, member=member)
        return False
    reset = Reset(
        str(uuid.uuid4()), member, f"{UNSAID}{uuid.uuid4()}", due["masked_code"], store.now() + limits.link_lives, None,
        due["masked_email"], language=due.get("language", ""),
    )  # fmt: skip
    store.add_reset(reset, event, address, destination)
    store.queue_mail(LINK_MAIL, reset.id)
    store.audit("reset.started", person, member=member, reset=reset.id)
    return True


def watch(connection: Connection, limits: Limits) -> None:
    """Counts the hours; notes times of guessing, whatever limit answers meanwhile, and ends those that are over."""
    with connection.transaction():
        connection.execute(_COUNT)
    with connection.transaction():
        store = PostgresResetStore(connection)
        by_channel = dict(connection.execute(_FAILED).fetchall())
        (missed,) = connection.execute(_MISSED).fetchone() or (0,)
        failed, usual = by_channel | {"all": sum(by_channel.values()), CODES: missed}, store.usual()
        for scope, times in failed.items():
            if times >= allowed(usual, limits, scope) and store.note_guessing(scope):
                store.audit("reset.guessing", "", scope=scope if scope in ("all", CODES) else "channel")
        for number, scope, seconds in connection.execute(_OPEN).fetchall():
            if failed.get(scope, 0) < allowed(usual, limits, scope):
                connection.execute("UPDATE guessing_times SET closed_at = now() WHERE id = %s", (number,))
                store.audit("reset.guessing_ended", "", scope=scope, seconds=str(seconds))
