"""Erases what is kept of one person. The audit trail stays: it names nobody (assistant.audit)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from assistant import audit
from assistant.privacy import erased_events, kept
from assistant.privacy.kept import LIMITS_LOOK_BACK, Rows
from assistant.runtime.conversation import channel_of

#: The farewell of an erasure in the chat stays this long, so that it arrives and can be read.
FAREWELL = timedelta(hours=1)

_COUNTED = f"{{at}} > now() - make_interval(secs => {int(LIMITS_LOOK_BACK.total_seconds())})"
_EMPTIED = "UPDATE conversations SET tracker = NULL, menu = NULL, turns = 0, erased_at = now() WHERE id = %(person)s"
_ERASED = """
SELECT id FROM conversations WHERE erased_at <= now() - %(farewell)s FOR NO KEY UPDATE SKIP LOCKED
"""
_GONE = """
DELETE FROM conversations WHERE id = %(person)s
AND NOT EXISTS (SELECT 1 FROM inbox WHERE conversation = %(person)s)
AND NOT EXISTS (SELECT 1 FROM outbox WHERE conversation = %(person)s)
"""


@dataclass(frozen=True)
class Erased:
    """How many rows of each table are gone, and how many stay for at most a day, since limits count them."""

    removed: Counter[str]
    staying: Counter[str]


def erase(
    connection: psycopg.Connection[Any],
    conversation: str,
    *,
    actor: audit.Actor | None = None,
    where: str = "",
    in_turn: bool = False,
) -> Erased:
    """Erases everything that is kept of a conversation's person, in the caller's transaction.

    Args:
        connection: where the transaction runs. A turn that is under way is waited for.
        conversation: whose data.
        actor: who does it, for the audit trail; the person themselves if nobody is named.
        where: channel or command, likewise; the conversation's channel if nothing is named.
        in_turn: the person asked for it in the chat: their last message and the farewell stay until they have
            arrived (`finish` removes them), and so does what they wrote meanwhile.
    """
    values = {"person": conversation}
    # A turn holds the weaker lock already, and doors that take messages in need not wait for it.
    lock = "FOR NO KEY UPDATE" if in_turn else "FOR UPDATE"
    known = connection.execute(f"SELECT 1 FROM conversations WHERE id = %(person)s {lock}", values).fetchone()
    if in_turn:
        # The browser's secret stays good for a day, so that whoever asked for this reads the answer to it.
        connection.execute("UPDATE web_sessions SET made_at = now() WHERE conversation = %(person)s", values)
    removed: Counter[str] = Counter()
    staying: Counter[str] = Counter()
    for rows in kept.of_a_person():
        if rows.table != "conversations":
            removed[rows.table] += _remove(connection, rows, values, f"NOT ({rows.busy})" if in_turn else "true")
            _empty(connection, rows, values)
            staying[rows.table] += _count(connection, rows, values)
    left = any(staying.values())
    if known and (left or in_turn):
        connection.execute(_EMPTIED, values)
    elif known:
        gone = connection.execute("DELETE FROM conversations WHERE id = %(person)s", values)
        removed["conversations"] += gone.rowcount
    channel = channel_of(conversation)
    _say(connection, conversation, actor or audit.Person(conversation), where or channel, removed)
    return Erased(+removed, +staying)


def is_kept(connection: psycopg.Connection[Any], conversation: str) -> bool:
    """Tells whether anything is kept of a conversation's person, the conversation itself or not."""
    values = {"person": conversation}
    return any(
        connection.execute(f"SELECT 1 FROM {rows.table} WHERE {rows.person} LIMIT 1", values).fetchone()
        for rows in kept.of_a_person()
    )


def _remove(connection: psycopg.Connection[Any], rows: Rows, values: dict[str, Any], condition: str) -> int:
    counted = f"AND NOT ({_COUNTED.format(at=rows.at)})" if rows.counted else ""
    going = f"{rows.person} AND {condition} {counted}"
    if rows.table == "dead_letters":
        erased_events.remember_letters(connection, values["person"], going)
    if rows.table == "inbox":
        erased_events.remember(connection, values["person"], going)
    return connection.execute(f"DELETE FROM {rows.table} WHERE {going}", values).rowcount


def _empty(connection: psycopg.Connection[Any], rows: Rows, values: dict[str, Any]) -> None:
    """Empties what no limit needs in the rows that stay."""
    if rows.emptied:
        columns = ", ".join(f"{column} = NULL" for column in rows.emptied)
        connection.execute(f"UPDATE {rows.table} SET {columns} WHERE {rows.person}", values)


def _count(connection: psycopg.Connection[Any], rows: Rows, values: dict[str, Any]) -> int:
    if not rows.counted:
        return 0
    row = connection.execute(f"SELECT count(*) FROM {rows.table} WHERE {rows.person}", values).fetchone()
    return int(row[0]) if row else 0


def _say(
    connection: psycopg.Connection[Any], conversation: str, actor: audit.Actor, where: str, removed: Counter[str]
) -> None:
    if removed["consents"]:
        audit.record(connection, audit.Event.CONSENT_WITHDRAWN, actor=actor, where=where, subject=conversation)
    audit.record(
        connection, audit.Event.PRIVACY_ERASED, actor=actor, where=where, subject=conversation,
        rows=sum(removed.values()),
    )  # fmt: skip


def finish(connection: psycopg.Connection[Any]) -> int:
    """Removes what an erasure had to leave and may go now; returns how many rows.

    Args:
        connection: in autocommit.
    """
    removed = 0
    with connection.transaction():
        for (conversation,) in connection.execute(_ERASED, {"farewell": FAREWELL}).fetchall():
            removed += sum(_rest(connection, conversation))
    return removed


def _rest(connection: psycopg.Connection[Any], conversation: str) -> Iterator[int]:
    """Removes the rest of one conversation; what the person wrote since stays, as of somebody new."""
    values = {"person": conversation}
    erased_at = "(SELECT erased_at FROM conversations WHERE id = %(person)s)"
    left = 0
    for rows in kept.of_a_person():
        if rows.at and rows.table != "conversations":
            before = f"{rows.at} <= {erased_at}"
            yield _remove(connection, rows, values, f"{before} AND NOT ({rows.busy})")
            found = connection.execute(f"SELECT count(*) FROM {rows.table} WHERE {rows.person} AND {before}", values)
            left += sum(row[0] for row in found)
    if left:
        return
    gone = connection.execute(_GONE, values).rowcount
    yield gone
    if not gone:
        connection.execute("UPDATE conversations SET erased_at = NULL WHERE id = %(person)s", values)
