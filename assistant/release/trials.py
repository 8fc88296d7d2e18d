"""Staff trying a candidate: what they typed, what it answered and understood. The candidate's process answers."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from assistant.privacy.vault import Vault
from assistant.release import store
from assistant.release.model import ReleaseError
from assistant.release.store import Connection

LONGEST = 2000
#: After this long without a word a talk is over, and so is the process that answers.
IDLE_SECONDS = 600
#: A line that is not answered after so long is not waited for on the page.
OVERDUE_SECONDS = 45


@dataclass(frozen=True)
class Line:
    """Something said and what came back; `said` is None until it is answered."""

    id: int
    kind: str
    said: str | None
    replies: list[dict[str, Any]] | None
    understood: dict[str, Any] | None
    asked_at: datetime.datetime
    answered_at: datetime.datetime | None
    overdue: bool


@dataclass(frozen=True)
class Asked:
    """A line that waits for the candidate."""

    id: int
    talk: uuid.UUID
    kind: str
    sealed: bytes
    begun: bool  # earlier lines of the talk were answered


def current(connection: Connection, release: int, staff: str) -> uuid.UUID | None:
    """Returns somebody's open talk with a candidate."""
    row = connection.execute(
        "SELECT id FROM release_talks WHERE release = %s AND staff = %s AND ended_at IS NULL"
        " AND last_at > now() - make_interval(secs => %s) ORDER BY started_at DESC LIMIT 1",
        (release, staff, IDLE_SECONDS),
    ).fetchone()
    return row[0] if row else None


def begin(connection: Connection, release: int, staff: str) -> uuid.UUID:
    """Begins a talk as a new person; the one before is over."""
    connection.execute(
        "UPDATE release_talks SET ended_at = now() WHERE release = %s AND staff = %s AND ended_at IS NULL",
        (release, staff),
    )
    talk = uuid.uuid4()
    connection.execute("INSERT INTO release_talks (id, release, staff) VALUES (%s, %s, %s)", (talk, release, staff))
    return talk


def say(connection: Connection, vault: Vault, talk: uuid.UUID, kind: str, text: str) -> None:
    """Says something (kind "text") or presses a button by its title ("press").

    Raises:
        ReleaseError: if there is nothing in it, or an answer is still on its way.
    """
    text = text.replace("\0", "").strip()[:LONGEST]
    if not text:
        raise ReleaseError("Bạn gõ một câu rồi hãy gửi.")
    waits = connection.execute(
        "SELECT 1 FROM release_lines WHERE talk = %s AND answered_at IS NULL"
        " AND asked_at > now() - make_interval(secs => %s)",
        (talk, OVERDUE_SECONDS),
    ).fetchone()
    if waits:
        raise ReleaseError("Câu trước còn đang được trả lời. Bạn chờ một chút.")
    connection.execute(
        "INSERT INTO release_lines (talk, kind, sealed) VALUES (%s, %s, %s)",
        (talk, kind, vault.seal(text, f"release {talk}")),
    )
    connection.execute("UPDATE release_talks SET last_at = now() WHERE id = %s", (talk,))
    store.tell(connection)


def lines(connection: Connection, talk: uuid.UUID) -> list[Line]:
    """Returns a talk from its beginning."""
    with connection.cursor(row_factory=class_row(Line)) as cursor:
        return cursor.execute(
            "SELECT id, kind, said, replies, understood, asked_at, answered_at,"
            " answered_at IS NULL AND asked_at < now() - make_interval(secs => %s) AS overdue"
            " FROM release_lines WHERE talk = %s ORDER BY id LIMIT 200",
            (OVERDUE_SECONDS, talk),
        ).fetchall()


def wanted(connection: Connection) -> int | None:
    """Returns the release that somebody waits to talk with."""
    row = connection.execute(
        "SELECT t.release FROM release_lines l JOIN release_talks t ON t.id = l.talk"
        " WHERE l.answered_at IS NULL AND l.asked_at > now() - make_interval(secs => %s) ORDER BY l.id LIMIT 1",
        (OVERDUE_SECONDS,),
    ).fetchone()
    return int(row[0]) if row else None


def next_asked(connection: Connection, release: int) -> Asked | None:
    """Returns the oldest line that waits for a candidate."""
    with connection.cursor(row_factory=class_row(Asked)) as cursor:
        return cursor.execute(
            "SELECT l.id, l.talk, l.kind, l.sealed, EXISTS (SELECT 1 FROM release_lines b WHERE b.talk = l.talk"
            " AND b.id < l.id AND b.answered_at IS NOT NULL) AS begun"
            " FROM release_lines l JOIN release_talks t ON t.id = l.talk"
            " WHERE t.release = %s AND l.answered_at IS NULL AND l.asked_at > now() - make_interval(secs => %s)"
            " ORDER BY l.id LIMIT 1",
            (release, OVERDUE_SECONDS),
        ).fetchone()


def answer(
    connection: Connection, line: int, said: str, replies: list[dict[str, Any]], understood: dict[str, Any]
) -> None:
    """Keeps an answer; what was typed is forgotten but for its text with tokens."""
    connection.execute(
        "UPDATE release_lines SET said = %s, replies = %s, understood = %s, sealed = NULL, answered_at = now()"
        " WHERE id = %s",
        (said, Jsonb(replies), Jsonb(understood), line),
    )
    store.tell(connection)


def end(connection: Connection, talk: uuid.UUID) -> None:
    """Ends a talk whose memory is gone."""
    connection.execute("UPDATE release_talks SET ended_at = now() WHERE id = %s", (talk,))
    connection.execute("DELETE FROM release_lines WHERE talk = %s AND answered_at IS NULL", (talk,))
    store.tell(connection)
