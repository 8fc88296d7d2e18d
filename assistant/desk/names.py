"""What a person calls themself on the platform, for the agent who helps them: asked once, sealed, for a day.

It lies among the values of the conversation: it ends with them, is rotated with them and erased with the person.
"""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.privacy import vault as values
from assistant.privacy.vault import Vault, VaultError

Connection = psycopg.Connection[Any]
_TOKEN = "name"  # noqa: S105 - what it is found by; no text of anybody has it
LONGEST = 60
_KEEP = """
INSERT INTO vault (conversation, token, sealed, expires_at) SELECT id, %s, %s, now() + %s FROM conversations
WHERE id = %s ON CONFLICT (conversation, token) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
"""


def known(connection: Connection, vault: Vault, conversation: str) -> str | None:
    """Returns the name; an empty text where the platform gave none, None where nobody has asked."""
    row = connection.execute(
        "SELECT sealed FROM vault WHERE conversation = %s AND token = %s AND expires_at > now()", (conversation, _TOKEN)
    ).fetchone()
    try:
        return vault.open(row[0], f"{conversation} {_TOKEN}").strip() if row else None
    except VaultError:
        return None


def keep(connection: Connection, vault: Vault, conversation: str, name: str) -> str:
    """Keeps what the platform gave, on one line and not too long; returns it so."""
    short = " ".join(name.split())[:LONGEST]
    sealed = vault.seal(short or " ", f"{conversation} {_TOKEN}")
    connection.execute(_KEEP, (_TOKEN, sealed, values.LIVES, conversation))
    return short
