"""A conversation with the real engine, actions and database, without the HTTP around it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from assistant import database
from assistant.accounts.demo_members import enter
from assistant.accounts.registry.sql import SqlRegistry
from assistant.messages import inbox
from assistant.messages.events import PULLED, Event
from assistant.messages.turns import take_turn
from assistant.privacy import secret_links
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from assistant.settings import ROOT
from assistant.settings.limits import LIMITS, Limits

KEY = b"k" * 32
#: What says nothing of ours; models differ in which of these they have a guess for.
VAGUE = (
    "cái này thì thế nào vậy nhỉ", "ờ thì cái kia kìa", "thế là sao đấy nhỉ", "làm như hôm trước ấy",
    "cái mục màu xanh", "ấn vào đó rồi sao nữa", "nó cứ quay quay", "bên kia bảo thế", "cho hỏi cái vụ đó",
    "số liệu kia", "lúc thì có lúc thì không", "chỗ kia nó hiện cái gì ấy",
    "nãy giờ vẫn vậy á", "bấm nhầm cái hồi nãy", "cái vòng tròn ở giữa", "sao nó xoay hoài", "hai cái đó khác gì nhau",
)  # fmt: skip


class Talk:
    """Says things as one person and returns what the assistant answers."""

    def __init__(self, host: AgentHost, connection: psycopg.Connection[Any], vault: Vault) -> None:
        self.host = host
        self.connection = connection
        self.vault = vault
        self.conversation = f"web:{uuid.uuid4().hex}"

    def say(self, text: str = "", **event: Any) -> list[dict[str, Any]]:
        """Sends a text (or, with kind=…, something else) and returns the replies' bodies."""
        given = {"kind": "text", "text": text, "event_id": uuid.uuid4().hex} | event
        inbox.accept_within(self.connection, Event("web", conversation=self.conversation, **given), self.vault)
        while take_turn(self.connection, self.conversation, self.host, PULLED):
            pass
        rows = self.connection.execute(
            "SELECT o.body FROM outbox o JOIN inbox i ON i.id = o.inbox_id WHERE i.event_id = %s ORDER BY o.id",
            (given["event_id"],),
        )
        bodies = [row[0] for row in rows]
        texts = [body["text"] for body in bodies]  # as the person reads them
        texts = secret_links.reveal_now(self.connection, self.vault, self.conversation, texts)
        return [body | {"text": text} for body, text in zip(bodies, texts, strict=True)]

    def press(self, payload: str) -> list[dict[str, Any]]:
        """Presses a button."""
        return self.say(kind="payload", payload=payload)

    def text(self, *said: str) -> str:
        """Says each in turn and returns the last answer as one text."""
        return "\n".join(body["text"] for body in [self.say(text) for text in said][-1])

    def intent(self) -> str:
        """Returns the intent of the last turn."""
        row = self.connection.execute(
            "SELECT intent FROM turns WHERE conversation = %s ORDER BY id DESC LIMIT 1", (self.conversation,)
        ).fetchone()
        return row[0] if row else ""


def registry_with_members(database_url: str) -> SqlRegistry:
    """Returns the embedded register with the demo members."""
    registry = SqlRegistry(database.sqlalchemy_url(database_url), seconds=30)  # the machine may have other work
    enter(registry)
    return registry


@contextmanager
def host_for(model: Path, database_url: str, limits: Limits = LIMITS) -> Iterator[AgentHost]:
    """Gives an engine on a database."""
    registry = registry_with_members(database_url)
    host = AgentHost(model, ROOT / "data", registry, Vault([KEY]), "https://tro-ly.example", limits)
    yield host
    host.close()
    registry.close()
