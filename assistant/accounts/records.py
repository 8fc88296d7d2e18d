"""The reset's records in PostgreSQL, in the transaction of whoever calls."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant import audit
from assistant.accounts.model import Reset
from assistant.accounts.ports import Check, Lock, Usual

#: Seeds of the locks' hashes: equal texts of different kinds are different locks.
_SEEDS: dict[Lock, int] = {"person": 0, "member": 1, "address": 2, "destination": 3, "everybody": 4}
#: What checks are counted by; names of columns.
_BY = ("channel", "address", "contact", "code", "wider", "widest")
_CHECK = f"""
INSERT INTO attempts (person, event, owner_ref, masked_code, matched, due, language, {", ".join(_BY)})
VALUES (%(person)s, %(event)s, %(owner_ref)s, %(masked_code)s, %(matched)s, %(due)s, %(language)s,
        {", ".join(f"%({name})s" for name in _BY)})
"""
#: The language in which a member last completed a reset; SQL, null where they never did.
LANGUAGE_OF_OWNER = """(SELECT o.language FROM resets o WHERE o.member_ref = {member} AND o.used_at IS NOT NULL
                         ORDER BY o.started_at DESC LIMIT 1)"""
# The day in the middle of the last seven, so that a day of guessing, or three, makes guessing no more usual.
_USUAL = """
WITH days AS (
    SELECT CASE WHEN grouping(channel) = 1 THEN 'all' ELSE channel END AS scope,
           ceil(extract(epoch FROM now() - hour) / 86400) AS ago, sum(failed) AS failed, sum(completed) AS completed
    FROM check_counts WHERE hour > now() - interval '7 days' AND hour < now() GROUP BY GROUPING SETS ((2), (channel, 2))
)
SELECT scope, percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(failed, 0)) / 24,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(completed, 0)) / 24
FROM (SELECT DISTINCT scope FROM days) AS scopes CROSS JOIN generate_series(1, 7) AS ago
LEFT JOIN days USING (scope, ago) GROUP BY scope
"""


class PostgresResetStore:
    """Implements `ports.ResetStore` on one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def _one(self, query: str, *values: Any) -> Any:
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None

    def _times(
        self, table: str, column: str, since: datetime.datetime, most: int, whose: dict[str, str | None]
    ) -> list[datetime.datetime]:
        given = {name: value for name, value in whose.items() if value is not None}
        conditions = "".join(f" AND {name} = %({name})s" for name in given)
        rows = self._connection.execute(
            f"SELECT {column} FROM {table} WHERE {column} > %(since)s{conditions}"
            f" ORDER BY {column} DESC LIMIT %(most)s",
            {"since": since, "most": most, **given},
        )
        return [at for (at,) in rows]

    def now(self) -> datetime.datetime:
        """Returns the transaction's time."""
        return self._one("SELECT now()")  # type: ignore[no-any-return]

    def lock(self, kind: Lock, value: str = "") -> None:
        """Takes a lock that ends with the transaction."""
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", (value, _SEEDS[kind]))

    def failures(self, since: datetime.datetime, most: int, person: str) -> list[datetime.datetime]:
        """Returns when a person was not told a match."""
        return self._times("attempts", "at", since, most, {"person": person})

    def count_failures(self, since: datetime.datetime, most: int, *, matched: bool, **of: str) -> int:
        """Counts failed checks."""
        conditions = "".join(f" AND {name} = %({name})s" for name in of) + ("" if matched else " AND NOT matched")
        row = self._connection.execute(
            f"SELECT count(*) FROM (SELECT FROM attempts WHERE at > %(since)s{conditions} LIMIT %(most)s) AS newest",
            {"since": since, "most": most, **of},
        ).fetchone()
        return int(row[0]) if row else 0

    def add_check(self, check: Check) -> None:
        """Records a check that was not told a match."""
        by = {name: check.by.get(name) or None for name in _BY} | {"channel": check.by.get("channel", "")}
        due = Jsonb(check.due) if check.due else None
        values = {
            "person": check.person, "event": check.event, "owner_ref": check.owner_ref, "due": due,
            "masked_code": check.masked_code, "matched": check.matched, "language": check.language or None,
        }  # fmt: skip
        self._connection.execute(_CHECK, values | by)

    def usual(self) -> dict[str, Usual]:
        """Returns what is usual in an hour."""
        rows = self._connection.execute(_USUAL)
        return {scope: Usual(float(failed), float(completed)) for scope, failed, completed in rows}

    def note_guessing(self, scope: str) -> bool:
        """Notes a time of guessing."""
        noted = "INSERT INTO guessing_times (scope) VALUES (%s) ON CONFLICT DO NOTHING RETURNING true"
        return bool(self._one(noted, scope))

    def started(
        self,
        since: datetime.datetime,
        most: int,
        *,
        person: str | None = None,
        member_ref: str | None = None,
        destination: str | None = None,
    ) -> list[datetime.datetime]:
        """Returns when resets were started."""
        whose = {"person": person, "member_ref": member_ref, "destination": destination}
        return self._times("resets", "started_at", since, most, whose)

    def count_started(self, since: datetime.datetime, address: str = "") -> int:
        """Counts resets started by everybody, or from one network."""
        if address:
            query = "SELECT count(*) FROM resets WHERE started_at > %s AND address = %s"
            return int(self._one(query, since, address))
        return int(self._one("SELECT count(*) FROM resets WHERE started_at > %s", since))

    def open_breaker(self) -> bool:
        """Notes that the breaker is open."""
        opened = "INSERT INTO breaker_openings DEFAULT VALUES ON CONFLICT DO NOTHING RETURNING true"
        return bool(self._one(opened))

    def add_reset(self, reset: Reset, event: str, address: str, destination: str) -> None:
        """Records a reset."""
        self._connection.execute(
            "INSERT INTO resets"
            " (id, member_ref, person, event, masked_code, expires_at, address, destination, masked_email, numbers,"
            " owner_has_mail, language) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                reset.id, reset.member_ref, reset.person, f"{reset.person} {event}", reset.masked_code,
                reset.expires_at, address or None, destination, reset.masked_email or None,
                list(reset.numbers) or None, reset.owner_has_mail, reset.language or None,
            ),
        )  # fmt: skip

    def last_link_ends(self, member_ref: str) -> datetime.datetime | None:
        """Returns until when the newest good link works."""
        return self._one(  # type: ignore[no-any-return]
            "SELECT max(expires_at) FROM resets r WHERE member_ref = %s AND used_at IS NULL AND expires_at > now()"
            " AND EXISTS (SELECT 1 FROM mail WHERE reset_id = r.id AND state <> 'dead')",
            member_ref,
        )

    def reset_by_link(self, link_hash: bytes, *, hold: bool = False) -> Reset | None:
        """Returns the reset of a link."""
        row = self._connection.execute(
            "SELECT r.id::text, r.member_ref, r.person, r.masked_code, r.expires_at, r.used_at,"
            " coalesce(r.masked_email, ''), coalesce(r.language, '')"
            " FROM reset_links l JOIN resets r ON r.id = l.reset_id WHERE l.hash = %s"
            + (" FOR NO KEY UPDATE OF r" if hold else ""),
            (link_hash,),
        ).fetchone()
        return replace(Reset(*row[:-1]), language=row[-1]) if row else None

    def note_trial(self, reset_id: str) -> None:
        """Notes that the register is about to be asked."""
        self._connection.execute("UPDATE resets SET tried_at = now() WHERE id = %s AND used_at IS NULL", (reset_id,))

    def forget_trial(self, reset_id: str) -> None:
        """Notes that the register was asked and said no."""
        self._connection.execute("UPDATE resets SET tried_at = NULL WHERE id = %s AND used_at IS NULL", (reset_id,))

    def mark_used(self, reset_id: str) -> None:
        """Ends a reset."""
        self._connection.execute("UPDATE resets SET used_at = now() WHERE id = %s", (reset_id,))

    def end_others(self, reset: Reset) -> None:
        """Ends all other open resets of the member."""
        # At its start, not now(): a transaction that began before this one must find it ended, too.
        self._connection.execute(
            "UPDATE resets SET expires_at = started_at WHERE member_ref = %s AND id <> %s AND used_at IS NULL"
            " AND expires_at > now()",
            (reset.member_ref, reset.id),
        )

    def queue_mail(self, kind: str, reset_id: str) -> None:
        """Queues a mail."""
        self._connection.execute("INSERT INTO mail (kind, reset_id) VALUES (%s, %s)", (kind, reset_id))

    def audit(self, event: str, person: str, **details: str) -> None:
        """Appends to the audit trail.

        Raises:
            AuditError: if the event is not in the vocabulary (assistant.audit.events).
        """
        known = audit.named(event)
        channel, _, rest = person.partition(":")
        part = known.part or (rest or "accounts" if channel in ("", "system") else "")
        audit.record(
            self._connection,
            known,
            actor=audit.System(part) if part else audit.Person(person),
            subject="" if channel == "system" else person,
            where=known.place or channel or "accounts",
            **details,
        )
