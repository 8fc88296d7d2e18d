"""Messages to somebody who wrote nothing just now: what another door was asked for."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.messages import wakeups
from assistant.messages.events import Reply


def send(connection: psycopg.Connection[Any], conversation: str, text: str) -> None:
    """Puts a message into the outbox, in the caller's transaction; its channel must be one that delivers."""
    connection.execute(
        "INSERT INTO outbox (conversation, body, state) VALUES (%s, %s, 'waiting')",
        (conversation, Jsonb(Reply(text).as_body())),
    )
    wakeups.tell(connection, conversation)
