"""Takes events in: identifiers out, one commit, once per event id."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from assistant.conversations.events import Event
from assistant.privacy import tokens, vault
from assistant.privacy.vault import Vault

#: Longer texts are not read (the person is asked to write shorter); what is kept of them.
TEXT_LIMIT = 2000

_ACCEPT = """
WITH known AS (
    INSERT INTO conversations (id, channel) VALUES (%(conversation)s, %(channel)s) ON CONFLICT DO NOTHING
), accepted AS (
    INSERT INTO inbox (channel, event_id, conversation, kind, body, sent_at)
    VALUES (%(channel)s, %(event_id)s, %(conversation)s, %(kind)s, %(body)s, %(sent_at)s)
    ON CONFLICT (channel, event_id) DO NOTHING RETURNING id
), kept AS (
    INSERT INTO vault (conversation, token, sealed, expires_at)
    SELECT %(conversation)s, token, sealed, now() + %(lives)s
    FROM accepted, unnest(%(tokens)s::text[], %(sealed)s::bytea[]) AS secret (token, sealed)
    ON CONFLICT (conversation, token) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
)
SELECT id FROM accepted
"""


def _storable(text: str) -> str:
    """Returns `text` without the one character that PostgreSQL does not store."""
    return text.replace("\0", "")


def _parameters(event: Event, safe: Vault) -> dict[str, Any]:
    protected = tokens.protect(_storable(event.text[: TEXT_LIMIT * 2]), event.conversation, safe.token_key)
    body: dict[str, Any] = {"text": protected.text[:TEXT_LIMIT]} if event.kind == "text" else {}
    if len(event.text) > TEXT_LIMIT:
        body["too_long"] = len(event.text)
    if event.payload:
        # A browser may send anything as a payload, and as its title below.
        body["payload"] = tokens.protect(_storable(event.payload), event.conversation, safe.token_key).text
    if event.media:
        body["media"] = event.media
    if event.kind in ("payload", "system") and event.text:
        body["text"] = protected.text[:100]  # the button's title, or what a system event is about
    if protected.dropped:
        body["dropped"] = sorted(protected.dropped)
    return {
        "conversation": event.conversation,
        "channel": event.channel,
        "event_id": event.event_id,
        "kind": event.kind,
        "body": Jsonb(body),
        "sent_at": event.sent_at,
        "lives": vault.LIVES,
        "tokens": [secret.token for secret in protected.secrets],
        "sealed": [safe.seal(secret.value, f"{event.conversation} {secret.token}") for secret in protected.secrets],
    }


async def accept(connection: AsyncConnection[Any], event: Event, safe: Vault) -> bool:
    """Stores an event for good; returns False if it was stored before.

    The connection is in autocommit: when this returns, the event is on disk.
    """
    cursor = await connection.execute(_ACCEPT, _parameters(event, safe))
    return await cursor.fetchone() is not None


def accept_within(connection: Connection[Any], event: Event, safe: Vault) -> bool:
    """Stores an event in the caller's transaction."""
    return connection.execute(_ACCEPT, _parameters(event, safe)).fetchone() is not None


#: Conversations with events older than so many seconds, oldest first.
WAITING = """
SELECT conversation FROM inbox WHERE done_at IS NULL GROUP BY conversation
HAVING min(accepted_at) < now() - make_interval(secs => %s) ORDER BY min(id) LIMIT %s
"""
