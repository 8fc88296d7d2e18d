"""Who changed which topic, with the whole file before and after; in the caller's transaction."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from assistant.content.library import version_of

Action = Literal["created", "edited", "renamed", "retired", "restored", "imported", "learned", "outside"]
Connection = psycopg.Connection[Any]
#: One save at a time, on all nodes that share a database; held to the end of the transaction.
_LOCK = 0x7A1


@dataclass(frozen=True)
class Author:
    """Who changes something: sign-in name and the name colleagues read."""

    name: str
    shown: str


NOBODY = Author("", "Ngoài bàn làm việc")


@dataclass(frozen=True)
class Change:
    """One change of one file; `before` or `after` is None where there was, or is, no file."""

    topic: str
    before: str | None
    after: str | None
    action: Action
    renamed_from: str | None = None


@dataclass(frozen=True)
class Entry:
    """A change as the history lists it, without the texts."""

    id: int
    batch: int
    at: datetime.datetime
    staff: str
    shown: str
    action: Action
    topic: str
    renamed_from: str | None
    before_version: str
    after_version: str
    commit: str | None


_COLUMNS = (
    "id, coalesce(batch, id) AS batch, at, staff, shown, action, topic, renamed_from,"
    " coalesce(before_version, '') AS before_version, coalesce(after_version, '') AS after_version, commit"
)


def lock(connection: Connection) -> None:
    """Waits until nobody else is saving, on any node; nobody can until this transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def add(connection: Connection, changes: Sequence[Change], by: Author, commit: str | None) -> list[int]:
    """Notes changes that belong together; returns their numbers."""
    numbers: list[int] = []
    for change in changes:
        row = connection.execute(
            "INSERT INTO content_changes (batch, staff, shown, action, topic, renamed_from, before, after,"
            " before_version, after_version, commit) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            (
                numbers[0] if numbers else None, by.name, by.shown, change.action, change.topic, change.renamed_from,
                change.before, change.after, version_of(change.before), version_of(change.after), commit,
            ),
        ).fetchone()  # fmt: skip
        assert row is not None
        numbers.append(int(row[0]))
    return numbers


def last_version(connection: Connection, topic: str) -> str | None:
    """Returns the version the newest change of a topic left; None if it was never changed here."""
    row = connection.execute(
        "SELECT coalesce(after_version, '') FROM content_changes WHERE topic = %s ORDER BY id DESC LIMIT 1", (topic,)
    ).fetchone()
    return row[0] if row else None


def of_topic(connection: Connection, topic: str, most: int = 100) -> list[Entry]:
    """Returns the newest changes of a topic, also under the names it had before."""
    names = [topic]
    while len(names) < 20:
        row = connection.execute(
            "SELECT renamed_from FROM content_changes WHERE topic = %s AND renamed_from IS NOT NULL"
            " AND renamed_from <> ALL(%s) ORDER BY id DESC LIMIT 1",
            (names[-1], names),
        ).fetchone()
        if row is None:
            break
        names.append(row[0])
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM content_changes WHERE topic = ANY(%s) ORDER BY id DESC LIMIT %s", (names, most)
        ).fetchall()


def newest(connection: Connection, before: int | None = None, most: int = 50) -> list[Entry]:
    """Returns the newest changes of all topics, or those older than one."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM content_changes WHERE %(before)s::bigint IS NULL OR id < %(before)s"
            " ORDER BY id DESC LIMIT %(most)s",
            {"before": before, "most": most},
        ).fetchall()


def texts(connection: Connection, number: int) -> tuple[Entry, str | None, str | None] | None:
    """Returns a change with the file before and after it."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        entry = cursor.execute(f"SELECT {_COLUMNS} FROM content_changes WHERE id = %s", (number,)).fetchone()
    row = connection.execute("SELECT before, after FROM content_changes WHERE id = %s", (number,)).fetchone()
    return (entry, row[0], row[1]) if entry and row else None


def text_of_version(connection: Connection, topic: str, version: str) -> str | None:
    """Returns the file that had a version, if a change of the topic left or met it."""
    row = connection.execute(
        "SELECT CASE WHEN before_version = %(v)s THEN before ELSE after END FROM content_changes"
        " WHERE (topic = %(t)s OR renamed_from = %(t)s) AND (before_version = %(v)s OR after_version = %(v)s)"
        " ORDER BY id DESC LIMIT 1",
        {"t": topic, "v": version},
    ).fetchone()
    return row[0] if row else None


def latest(connection: Connection) -> int:
    """Returns the number of the newest change, 0 if there is none: what a training that begins now contains."""
    row = connection.execute("SELECT coalesce(max(id), 0) FROM content_changes").fetchone()
    return int(row[0]) if row else 0


_DIFFER = (
    "SELECT count(*) FROM (SELECT (array_agg(before_version ORDER BY id))[1] AS first,"
    " (array_agg(after_version ORDER BY id DESC))[1] AS last FROM content_changes WHERE {} > %s GROUP BY topic)"
    " AS changed WHERE first IS DISTINCT FROM last"
)


def since(connection: Connection, at: datetime.datetime) -> int:
    """Counts the topics that differ from what they were at a time."""
    row = connection.execute(_DIFFER.format("at"), (at,)).fetchone()
    return int(row[0]) if row else 0


def after(connection: Connection, number: int) -> int:
    """Counts the topics that differ from what they were after a change."""
    row = connection.execute(_DIFFER.format("id"), (number,)).fetchone()
    return int(row[0]) if row else 0
