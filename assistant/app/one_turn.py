"""One turn from the command line, through inbox, engine and outbox like any other."""

from __future__ import annotations

import time
from typing import Any

from assistant import audit, database
from assistant.app.engine import engine_of
from assistant.messages import inbox
from assistant.messages.events import PULLED, Event
from assistant.messages.turns import note_failure, take_turn
from assistant.privacy import secret_links
from assistant.release import exchange
from assistant.settings import Settings

_PATIENCE = 30.0


def one_turn(
    settings: Settings, channel: str, name: str, text: str, event_id: str, actor: audit.Actor
) -> list[dict[str, Any]]:
    """Accepts a message, sees it answered (here or by a running node) and returns the replies; the trail has who."""
    database.prepared(settings)
    url = database.direct_url_of(settings)
    conversation = f"{channel}:{name}"
    with engine_of(exchange.live_settings(settings, url), url) as (host, vault, connection):
        with connection.transaction():
            audit.record(connection, audit.Event.STAFF_SPOKE, actor=actor, where="command:say", subject=conversation)
            inbox.accept_within(connection, Event(channel, event_id, conversation, "text", text=text), vault)
        until = time.monotonic() + _PATIENCE
        while not _done(connection, channel, event_id) and time.monotonic() < until:
            try:
                if take_turn(connection, conversation, host, PULLED) is None:
                    time.sleep(0.05)  # a running node has it
            except Exception:  # noqa: BLE001 - counted; the second one is answered with an apology
                note_failure(connection, conversation)
        rows = connection.execute(
            "SELECT o.body FROM outbox o JOIN inbox i ON i.id = o.inbox_id"
            " WHERE i.channel = %s AND i.event_id = %s ORDER BY o.id",
            (channel, event_id),
        )
        bodies = [row[0] for row in rows]
        texts = secret_links.reveal_now(connection, vault, conversation, [body["text"] for body in bodies])
        return [body | {"text": text} for body, text in zip(bodies, texts, strict=True)]


def _done(connection: Any, channel: str, event_id: str) -> bool:
    row = connection.execute(
        "SELECT done_at IS NOT NULL FROM inbox WHERE channel = %s AND event_id = %s", (channel, event_id)
    ).fetchone()
    return bool(row and row[0])
