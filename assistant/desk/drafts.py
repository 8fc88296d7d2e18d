"""What agents are writing and have not sent: on the server, so that no reload and no ended session loses it.

Sealed, since nobody has looked yet whether it names somebody.
"""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.privacy.vault import Vault, VaultError

Connection = psycopg.Connection[Any]
#: Where an answer in a conversation is written; the answer to a question has the question's number.
REPLY = "reply"
LONGEST = 16_000  # many messages that could not be sent are one draft
_KEEP = """
INSERT INTO desk_drafts (agent, conversation, place, sealed)
SELECT %(agent)s, id, %(place)s, %(sealed)s FROM conversations WHERE id = %(conversation)s
ON CONFLICT (conversation, agent, place) DO UPDATE SET sealed = excluded.sealed, at = now()
"""
_OF = "FROM desk_drafts WHERE agent = %s AND conversation = %s AND place = %s"


def _bound(agent: str, conversation: str, place: str) -> str:
    return f"draft {agent} {conversation} {place}"


def keep(
    connection: Connection,
    vault: Vault,
    agent: str,
    conversation: str,
    text: str,
    place: str = REPLY,
    began: str | None = None,
) -> None:
    """Keeps what an agent is writing; an empty text ends the draft.

    `began` is the draft that the page had: what was added to it since, without the page, stays at the end.
    """
    if began is not None and (now := of(connection, vault, agent, conversation, place)).startswith(began):
        text += now[len(began) :] if now != text else ""
    if not text.strip():
        drop(connection, agent, conversation, place)
        return
    sealed = vault.seal(text[:LONGEST], _bound(agent, conversation, place))
    connection.execute(_KEEP, {"agent": agent, "conversation": conversation, "place": place, "sealed": sealed})


def of(connection: Connection, vault: Vault, agent: str, conversation: str, place: str = REPLY) -> str:
    """Returns an agent's own draft, or an empty text."""
    row = connection.execute(f"SELECT sealed {_OF}", (agent, conversation, place)).fetchone()
    try:
        return vault.open(row[0], _bound(agent, conversation, place)) if row else ""
    except VaultError:  # its key was taken away
        return ""


def add(connection: Connection, vault: Vault, agent: str, conversation: str, text: str) -> None:
    """Adds what could not be sent to what an agent is writing; what stands there already is not added again."""
    before = of(connection, vault, agent, conversation)
    if text.strip() and text.strip() not in before:
        keep(connection, vault, agent, conversation, f"{before}\n{text}".strip())


def drop(connection: Connection, agent: str, conversation: str, place: str = REPLY) -> None:
    """Ends a draft: it was sent, or emptied."""
    connection.execute(f"DELETE {_OF}", (agent, conversation, place))
