"""One-time links in replies: what makes them work is sealed, so that a transcript opens nobody's form or papers.

A reply is kept with a token (⟦link:…⟧) in its address. The value is put in when the reply goes to the person it
is for, and only there: the desk, an export of a day ago and a copy of the database have the token.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from assistant.identifiers import tokens
from assistant.privacy import vault
from assistant.privacy.vault import Vault, VaultError

_KEEP = """
INSERT INTO vault (conversation, token, sealed, expires_at) VALUES (%s, %s, %s, now() + %s)
ON CONFLICT (conversation, token) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
"""
_FIND = "SELECT token, sealed FROM vault WHERE conversation = %s AND token = ANY(%s) AND expires_at > now()"
#: In place of a value that is gone: an address that says so.
_GONE = "het-han"


def hide(connection: psycopg.Connection[Any], safe: Vault, conversation: str, secret: str) -> str:
    """Seals a link's secret part, in the caller's transaction, and returns the token that a reply may hold."""
    token = tokens.token_for(safe.token_key, conversation, "link", secret)
    connection.execute(_KEEP, (conversation, token, safe.seal(secret, f"{conversation} {token}"), vault.LIVES))
    return token


def hidden_in(texts: Iterable[str]) -> list[str]:
    """Returns the tokens of links in some texts; mostly there are none."""
    return [
        found.token for text in texts if "⟦link:" in text for found in tokens.tokens_in(text) if found.kind == "link"
    ]


async def reveal(
    connection: psycopg.AsyncConnection[Any], safe: Vault, conversation: str, texts: list[str]
) -> list[str]:
    """Returns texts as the person reads them."""
    hidden = hidden_in(texts)
    if not hidden:
        return texts
    cursor = await connection.execute(_FIND, (conversation, hidden))
    return _put_in(texts, hidden, safe, conversation, await cursor.fetchall())


def reveal_now(connection: psycopg.Connection[Any], safe: Vault, conversation: str, texts: list[str]) -> list[str]:
    """Returns texts as the person reads them, on a connection that is not awaited."""
    hidden = hidden_in(texts)
    if not hidden:
        return texts
    rows = connection.execute(_FIND, (conversation, hidden)).fetchall()
    return _put_in(texts, hidden, safe, conversation, rows)


def _put_in(texts: list[str], hidden: list[str], safe: Vault, conversation: str, rows: list[Any]) -> list[str]:
    values = dict.fromkeys(hidden, _GONE)
    for token, sealed in rows:
        try:
            values[token] = safe.open(sealed, f"{conversation} {token}")
        except VaultError:
            continue  # sealed with a key that is gone
    for token, value in values.items():
        texts = [text.replace(token, value) for text in texts]
    return texts
