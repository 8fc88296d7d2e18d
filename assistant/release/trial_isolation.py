"""A conversation that touches nothing: tables of its own in memory of one connection, members who do not exist.

Temporary tables hide the real ones from everything that runs on the connection, and PostgreSQL itself refuses to
write anywhere else on it (a read-only transaction may write temporary tables only). No mail leaves, since
what sends them looks into the real tables; no real account is looked up, since the register is a list of samples.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from assistant.accounts.model import Member
from assistant.conversation_tests.player import Person
from assistant.conversation_tests.scripts import Act
from assistant.desk import handover
from assistant.privacy import keyring
from assistant.release.store import Connection
from assistant.settings import Settings


class SampleRegistry:
    """The demo's synthetic members as a register; a password that is set is forgotten."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = {name: member for member in members for name in (member.code, member.ref)}

    def find(self, code: str) -> Member | None:
        """Returns a member by BHXH code or citizen id."""
        return self._members.get(code)

    def get(self, ref: str) -> Member | None:
        """Returns a member by citizen id."""
        return self._members.get(ref)

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        """Does nothing."""


def sample_registry() -> SampleRegistry:
    """Returns the members of docs/demo-accounts.md."""
    from assistant.accounts.demo_members import MEMBERS  # the samples are data; nothing of the sandbox runs

    return SampleRegistry([Member(m.cccd or m.code, m.code, m.phones, m.email) for m in MEMBERS])


def apart(connection: Connection) -> None:
    """Makes a connection (in autocommit) one that can change nothing but tables of its own, empty ones."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (name,) in tables:
        if name not in ("alembic_version", "keyring"):
            connection.execute(
                psycopg.sql.SQL("CREATE TEMPORARY TABLE {0} (LIKE public.{0} INCLUDING ALL)").format(
                    psycopg.sql.Identifier(name)
                )
            )
    connection.execute("SET default_transaction_read_only = on")


class Stage:
    """A loaded candidate and the people of the talks."""

    def __init__(self, connection: Connection, model: Path, content: Path, settings: Settings) -> None:
        from assistant.rasa.host import AgentHost

        apart(connection)
        self.connection = connection
        self.vault = keyring.passing_vault()
        self._desk = handover.read_desk(settings.desk_file)
        self.host = AgentHost(
            model, content, sample_registry(), self.vault, settings.base_url, settings.limits, self._desk
        )
        self._people: dict[uuid.UUID, Person] = {}

    def knows(self, talk: uuid.UUID) -> bool:
        """Tells whether a talk was begun here."""
        return talk in self._people

    def turn(self, talk: uuid.UUID, kind: str, text: str) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
        """Says something in a talk; returns it with tokens, the replies, and what was understood.

        Raises:
            LookupError: if a button is pressed that was not shown.
        """
        person = self._people.setdefault(talk, Person(self.connection, self.host, self.vault, self._desk))
        last = self._last()
        said = person.speak(Act("press" if kind == "press" else "user", (text,)))
        row = self.connection.execute(
            "SELECT i.body->>'text', t.intent, t.confidence, t.ranking, t.actions FROM turns t"
            " JOIN inbox i ON i.id = t.inbox_id WHERE t.conversation = %s AND t.id > %s ORDER BY t.id DESC LIMIT 1",
            (person.conversation, last),
        ).fetchone()
        read, intent, confidence, ranking, actions = row or ("", None, None, [], [])
        replies = self.connection.execute(
            "SELECT o.body FROM outbox o JOIN turns t ON t.inbox_id = o.inbox_id"
            " WHERE t.conversation = %s AND t.id > %s ORDER BY o.id",
            (person.conversation, last),
        ).fetchall()
        guesses = [
            {"name": guess["name"], "confidence": round(float(guess["confidence"]), 3)} for guess in (ranking or [])[:3]
        ]
        understood = {
            "intent": intent, "confidence": None if confidence is None else round(float(confidence), 3),
            "ranking": guesses if len(guesses) > 1 else [], "actions": actions or [], "form": said.form,
            "slots": sorted(name for name, value in said.slots.items() if value is not None),
            "mails": list(said.mails),
        }  # fmt: skip
        return read or "", [body for (body,) in replies], understood

    def _last(self) -> int:
        row = self.connection.execute("SELECT coalesce(max(id), 0) FROM turns").fetchone()
        return int(row[0]) if row else 0
