"""The reset's records in PostgreSQL, in the transaction of whoever calls."""

from __future__ import annotations

import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.accounts.model import Reset


class PostgresResetStore:
    """Implements `ports.ResetStore` on one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def _one(self, query: str, *values: Any) -> Any:
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None

    def now(self) -> datetime.datetime:
        """Returns the transaction's time."""
        return self._one("SELECT now()")  # type: ignore[no-any-return]

    def lock_person(self, person: str) -> None:
        """Takes a lock that ends with the transaction."""
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (person,))

    def lock_member(self, member_ref: str) -> None:
        """Takes a lock that ends with the transaction."""
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (member_ref,))

    def failures(self, person: str, since: datetime.datetime) -> int:
        """Counts failed checks."""
        return int(self._one("SELECT count(*) FROM attempts WHERE person = %s AND at > %s", person, since))

    def add_failure(self, person: str, event: str) -> None:
        """Records a failed check."""
        self._connection.execute("INSERT INTO attempts (person, event) VALUES (%s, %s)", (person, event))

    def started(self, since: datetime.datetime, *, person: str | None = None, member_ref: str | None = None) -> int:
        """Counts resets."""
        return int(
            self._one(
                "SELECT count(*) FROM resets WHERE started_at > %s AND (%s::text IS NULL OR person = %s)"
                " AND (%s::text IS NULL OR member_ref = %s)",
                since, person, person, member_ref, member_ref,
            )
        )  # fmt: skip

    def add_reset(self, reset: Reset, event: str) -> None:
        """Records a reset."""
        self._connection.execute(
            "INSERT INTO resets (id, member_ref, person, event, masked_code, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (reset.id, reset.member_ref, reset.person, f"{reset.person} {event}", reset.masked_code, reset.expires_at),
        )

    def reset_by_link(self, link_hash: bytes) -> Reset | None:
        """Returns the reset of a link, locked."""
        row = self._connection.execute(
            "SELECT r.id::text, r.member_ref, r.person, r.masked_code, r.expires_at, r.used_at"
            " FROM reset_links l JOIN resets r ON r.id = l.reset_id WHERE l.hash = %s FOR UPDATE OF r",
            (link_hash,),
        ).fetchone()
        return Reset(*row) if row else None

    def mark_used(self, reset_id: str) -> None:
        """Ends a reset."""
        self._connection.execute("UPDATE resets SET used_at = now() WHERE id = %s", (reset_id,))

    def queue_mail(self, kind: str, reset_id: str) -> None:
        """Queues a mail."""
        self._connection.execute("INSERT INTO mail (kind, reset_id) VALUES (%s, %s)", (kind, reset_id))

    def audit(self, event: str, person: str, **details: str) -> None:
        """Appends to the audit trail."""
        self._connection.execute(
            "INSERT INTO audit (event, person, details) VALUES (%s, %s, %s)", (event, person, Jsonb(details))
        )
