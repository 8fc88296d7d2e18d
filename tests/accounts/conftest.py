"""The register with the demo members, a mailbox, and resets on the real store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant import database
from assistant.accounts.demo_members import MEMBERS
from assistant.accounts.model import Outcome, RequestReset
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.registry.sql import SqlRegistry
from assistant.accounts.reset import new_link, request_reset
from assistant.mail.worker import MailWorker, SmtpMailer
from assistant.settings import ROOT
from assistant.settings.limits import LIMITS, Limits
from sandbox.mailbox import Mailbox
from tests.kit.talk import KEY, registry_with_members

AN = MEMBERS[0]
BASE = "http://assistant.test/dat-lai-mat-khau"
SENDER = "Trợ lý VssID <no-reply@vssid.example>"


@dataclass
class Resets:
    """Asks for resets on a database."""

    url: str
    registry: SqlRegistry

    def connect(self) -> psycopg.Connection[Any]:
        return database.connect(self.url)

    def ask(
        self,
        contact: str = AN.phones[0],
        code: str = AN.code,
        person: str = "web:an",
        address: str = "",
        limits: Limits = LIMITS,
        by_call: bool = False,
        language: str = "",
    ) -> Outcome:
        with self.connect() as connection:
            command = RequestReset(person, uuid.uuid4().hex, code, contact, address, by_call=by_call, language=language)
            return request_reset(command, PostgresResetStore(connection), self.registry, KEY, limits)

    def link(self) -> str:
        """Returns a link of the last reset, as its mail would carry it."""
        token, hashed = new_link()
        with self.connect() as connection:
            connection.execute(
                "INSERT INTO reset_links (hash, reset_id) SELECT %s, id FROM resets ORDER BY started_at DESC LIMIT 1",
                (hashed,),
            )
        return token

    def worker(self, smtp_url: str, pause: float = 0.05) -> MailWorker:
        mailer = SmtpMailer(smtp_url, SENDER, tls="plain", timeout=3)
        return MailWorker(self.connect, self.registry, mailer, ROOT / "data/mail", BASE, pause)

    def send_all(self, smtp_url: str) -> None:
        """Sends the mails that are due."""
        worker = self.worker(smtp_url)
        with self.connect() as connection:
            while worker.send_one(connection):
                pass


@pytest.fixture
def registry(database_url: str) -> Iterator[SqlRegistry]:
    """The embedded register with the demo members."""
    opened = registry_with_members(database_url)
    yield opened
    opened.close()


@pytest.fixture
def resets(database_url: str, registry: SqlRegistry) -> Resets:
    """Resets on a fresh database."""
    return Resets(database_url, registry)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A real SMTP server."""
    box = Mailbox(tmp_path / "mail")
    box.start()
    yield box
    box.stop()
