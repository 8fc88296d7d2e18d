"""A conversation's two ends, small: who writes, an engine that records, a platform that records."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.messages import inbox
from assistant.messages.events import Event, Reply, Turn
from assistant.messages.outbox import Sent
from assistant.messages.turns import Claimed
from assistant.privacy.vault import Vault

SAFE = Vault([b"k" * 32])
PULLED = frozenset({"web"})
Connection = psycopg.Connection[Any]


def write(connection: Connection, conversation: str, text: str, event_id: str = "", **other: Any) -> bool:
    """Lets a person write; returns whether the event is new."""
    event = Event(conversation.partition(":")[0], event_id or uuid.uuid4().hex, conversation, "text", text, **other)
    return inbox.accept_within(connection, event, SAFE)


def count(connection: Connection, table: str, condition: str = "true") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()
    assert row is not None
    return int(row[0])


class FakeEngine:
    """Answers "dạ <text>", remembers what it handled and whether two turns of one person met."""

    model = "fake"
    release = None

    def __init__(
        self, pause: float = 0, trouble: Callable[[Claimed, Connection], None] | None = None, language: str = ""
    ) -> None:
        """`language`: the one its turns end in; empty: as they began."""
        self.pause, self.trouble, self.language = pause, trouble, language
        self.handled: list[tuple[str, str]] = []
        self.met = False
        self._inside: set[str] = set()
        self._lock = threading.Lock()

    def handle(self, claimed: Claimed, connection: Connection) -> Turn:
        with self._lock:
            self.met |= claimed.conversation in self._inside
            self._inside.add(claimed.conversation)
            self.handled.append((claimed.conversation, claimed.body.get("text", "")))
        try:
            time.sleep(self.pause)
            if self.trouble:
                self.trouble(claimed, connection)
        finally:
            with self._lock:
                self._inside.discard(claimed.conversation)
        said = [*claimed.tracker, {"said": claimed.body.get("text")}]
        reply = Reply(f"dạ {claimed.body.get('text')}")
        return Turn((reply,), said, "greet", 0.9, language=self.language or claimed.language)

    def apology(self, language: str) -> Reply:
        return Reply({"vi": "xin lỗi", "en": "sorry"}[language])

    def close(self) -> None:
        pass


def queue(connection: Connection, conversation: str, *texts: str) -> None:
    """Puts replies into the outbox."""
    connection.execute(
        "INSERT INTO conversations (id, channel) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (conversation, conversation.partition(":")[0]),
    )
    for text in texts:
        connection.execute(
            "INSERT INTO outbox (conversation, body) VALUES (%s, %s)",
            (conversation, Jsonb({"text": text, "buttons": []})),
        )


class FakePlatform:
    """Takes messages as `answers` says, by text; everything else is sent."""

    def __init__(self, pause: float = 0, **answers: list[Sent]) -> None:
        self.pause, self.answers = pause, answers
        self.got: list[tuple[str, str]] = []
        self.at: list[float] = []
        self.inside = self.most_inside = 0

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.got.append((user, body["text"]))
        self.at.append(time.monotonic())
        try:
            await asyncio.sleep(self.pause)
        finally:
            self.inside -= 1
        planned = self.answers.get(body["text"])
        return planned.pop(0) if planned else Sent("sent", platform_id=f"p{len(self.got)}")
