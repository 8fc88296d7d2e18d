"""Removes what is past its time, a few rows at a time, so that nobody waits for a lock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from assistant import audit
from assistant.privacy import erasure, kept
from assistant.privacy.kept import Class

BATCH = 500
_ACTOR, _WHERE = audit.System("retention"), "job:retention"
_PAUSE = 0.02
#: Classes whose rows end by themselves, often: their values cannot be read any more, and shall not lie around.
SHORT = tuple(each for each in kept.CLASSES if each.lives is not None and not each.lives)
LONG = tuple(each for each in kept.CLASSES if each.lives)
_AUDIT = next(each for each in kept.CLASSES if each.name == "audit")

# SKIP LOCKED: a row that somebody works on is removed another time.
_REMOVE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE {old} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
))
"""


def remove_old(
    connection: psycopg.Connection[Any],
    classes: Sequence[Class] = SHORT + LONG,
    batch: int = BATCH,
    pause: Callable[[], None] = lambda: time.sleep(_PAUSE),
) -> Counter[str]:
    """Removes what is past its time; returns how many rows of each class.

    Args:
        connection: in autocommit: each batch is a transaction of its own.
        classes: what to look through.
        batch: rows at a time.
        pause: called between batches.
    """
    removed: Counter[str] = Counter()
    for each in classes:
        for rows, old in kept.aging(each):
            statement = _REMOVE.format(table=rows.table, old=old)
            while count := connection.execute(statement, {"batch": batch}).rowcount:
                removed[each.name] += count
                pause()
    return removed


def run(connection: psycopg.Connection[Any]) -> Counter[str]:
    """Removes everything past its time but the audit trail's beginning, ends erasures, and says so in the trail."""
    removed = remove_old(connection)
    removed["erased"] += erasure.finish(connection)
    counts: dict[str, Any] = {name: count for name, count in removed.items() if count}
    if any(name in counts for name in ("erased", *(each.name for each in LONG))):
        audit.record(connection, audit.Event.PRIVACY_EXPIRED, actor=_ACTOR, where=_WHERE, **counts)
    return +removed


def prune_audit(connection: psycopg.Connection[Any]) -> int:
    """Removes the audit trail's beginning where it is past its time; returns how many entries.

    Needs a connection in autocommit as the tables' owner.
    """
    assert _AUDIT.lives is not None
    count = 0
    while pruned := audit.prune(connection, datetime.now(UTC) - _AUDIT.lives):
        count += pruned
    if count:
        audit.record(connection, audit.Event.AUDIT_PRUNED, actor=_ACTOR, where=_WHERE, count=count)
    return count


def may_prune(connection: psycopg.Connection[Any]) -> bool:
    """Tells whether this connection is the tables' owner's."""
    row = connection.execute(
        "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'audit'::regclass"
    ).fetchone()
    return bool(row and row[0])
