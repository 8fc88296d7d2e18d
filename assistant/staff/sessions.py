"""Sessions: 256 random bits in a cookie, only their hash in the database, a new one at every step up."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from assistant.staff import devices
from assistant.staff.model import STAFF_LIMITS, Staff

#: "enrol": the password was right, no second factor yet; "code": the code is still to come.
Stage = Literal["enrol", "code", "full"]
Connection = psycopg.Connection[Any]

_FIND = """
SELECT s.hash, s.stage, s.said, s.seen_at < now() - interval '30 seconds', f.name, f.shown, f.roles
FROM staff_sessions s JOIN staff f USING (name)
WHERE s.hash = %(hash)s AND f.disabled_at IS NULL AND s.started_at > now() - %(lives)s
  AND s.seen_at > now() - %(idle)s AND (s.stage = 'full' OR s.started_at > now() - %(half)s)
"""
_LIMITS = {
    "lives": STAFF_LIMITS.session_lives,
    "idle": STAFF_LIMITS.idle,
    "half": STAFF_LIMITS.half_signed_in,
}


@dataclass(frozen=True)
class Session:
    """A living session. `said` waits for the next page: [sentence, "good" or "bad"]."""

    hash: bytes
    stage: Stage
    said: list[str] | None
    stale: bool  # the last note of its use is some time ago


def hash_of(token: str) -> bytes:
    """Returns what is stored of a cookie."""
    return hashlib.sha256(token.encode()).digest()


def start(connection: Connection, name: str, stage: Stage, address: str, browser: str) -> str:
    """Starts a session and returns its cookie."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO staff_sessions (hash, name, stage, address, browser) VALUES (%s, %s, %s, %s, %s)",
        (hash_of(token), name, stage, address, browser[:200]),
    )
    if stage == "full":
        connection.execute("UPDATE staff SET seen_at = now() WHERE name = %s", (name,))
    return token


def find(connection: Connection, token: str) -> tuple[Session, Staff] | None:
    """Returns a living session and whose it is."""
    if not 20 <= len(token) <= 100:
        return None
    row = connection.execute(_FIND, {"hash": hash_of(token)} | _LIMITS).fetchone()
    if row is None:
        return None
    return Session(*row[:4]), Staff(row[4], row[5], frozenset(row[6]))


def touch(connection: Connection, session: Session) -> None:
    """Notes that the session is in use."""
    if session.stale:
        connection.execute("UPDATE staff_sessions SET seen_at = now() WHERE hash = %s", (session.hash,))


def rotate(connection: Connection, session: Session) -> str:
    """Gives a session a new cookie; the old one is worth nothing from now on. Its time goes on."""
    token = secrets.token_urlsafe(32)
    connection.execute("UPDATE staff_sessions SET hash = %s WHERE hash = %s", (hash_of(token), session.hash))
    return token


def say(connection: Connection, session: Session, said: list[str] | None) -> None:
    """Leaves a sentence for the next page, or takes it away."""
    connection.execute(
        "UPDATE staff_sessions SET said = %s WHERE hash = %s", (Jsonb(said) if said else None, session.hash)
    )


def end(connection: Connection, session_hash: bytes) -> None:
    """Ends a session."""
    connection.execute("DELETE FROM staff_sessions WHERE hash = %s", (session_hash,))


def end_all(connection: Connection, name: str, but: bytes = b"") -> int:
    """Ends all sessions of a person, or all but one; returns how many."""
    return connection.execute("DELETE FROM staff_sessions WHERE name = %s AND hash <> %s", (name, but)).rowcount


def any_left(connection: Connection, name: str) -> bool:
    """Tells whether a person is still signed in anywhere."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM staff_sessions s WHERE s.name = %(name)s AND s.stage = 'full'"
        " AND s.started_at > now() - %(lives)s AND s.seen_at > now() - %(idle)s)",
        {"name": name} | _LIMITS,
    ).fetchone()
    return bool(row and row[0])


#: Sessions and tries nobody can use any more.
PAST = (
    "DELETE FROM staff_sessions WHERE seen_at < now() - interval '1 day' OR started_at < now() - interval '1 day'",
    "DELETE FROM staff_attempts WHERE at < now() - interval '30 days'",
    devices.PAST,
    "DELETE FROM staff_invitations WHERE expires_at < now() - interval '30 days'",
)
