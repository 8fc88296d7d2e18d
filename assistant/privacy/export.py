"""Writes out everything that is kept of one person, for that person."""

from __future__ import annotations

import datetime
from typing import Any

import psycopg

from assistant import audit
from assistant.identifiers import tokens
from assistant.privacy import kept
from assistant.privacy.kept import Rows
from assistant.privacy.vault import Vault, VaultError

_MOST_ENTRIES = 100_000
#: Sealed papers, hashes and the like say nothing to a person; their columns are named, not shown.
_BINARY = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s AND data_type = 'bytea'
"""


def export(
    connection: psycopg.Connection[Any], vault: Vault, conversation: str, *, actor: audit.Actor, where: str
) -> dict[str, Any]:
    """Returns what is kept of a conversation's person, and notes in the audit trail that it was written out.

    Tokens in texts are replaced by their values as long as the vault has them (24 hours); later nobody can.
    """
    values = _values(connection, vault, conversation)
    tables = {
        rows.table: _plain(_rows(connection, rows, conversation), values)
        for rows in kept.of_a_person()
        if rows.table != "vault"
    }
    audit.record(connection, audit.Event.PRIVACY_EXPORTED, actor=actor, where=where, subject=conversation)
    trail = list(audit.entries(connection, person=conversation, most=_MOST_ENTRIES))
    return {
        "conversation": conversation,
        "written_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "classes": {each.name: {"kept": each.how_long, "why": each.why} for each in kept.CLASSES if each.personal},
        "identifiers": sorted(values.values()),
        "tables": {table: rows for table, rows in tables.items() if rows},
        "audit": trail,
    }


def _values(connection: psycopg.Connection[Any], vault: Vault, conversation: str) -> dict[str, str]:
    """Returns token → value for what the vault still has."""
    found = {}
    rows = connection.execute("SELECT token, sealed FROM vault WHERE conversation = %s", (conversation,))
    for token, sealed in rows:
        if tokens.kind_of(token) == "link":
            continue  # it opens a form or papers, whoever holds it
        try:
            found[token] = vault.open(sealed, f"{conversation} {token}")
        except VaultError:
            found[token] = "?"  # sealed with a key that is gone: it says that something is there
    return found


def _rows(connection: psycopg.Connection[Any], rows: Rows, conversation: str) -> list[dict[str, Any]]:
    hidden = [*rows.unsaid, *(name for (name,) in connection.execute(_BINARY, (rows.table,)))]
    found = connection.execute(
        f"SELECT to_jsonb({rows.table}) - %(hidden)s::text[] FROM {rows.table} WHERE {rows.person}"
        f"{f' ORDER BY {rows.at}' if rows.at else ''}",
        {"person": conversation, "hidden": hidden},
    )
    return [row for (row,) in found]


def _plain(value: Any, values: dict[str, str]) -> Any:
    """Returns a JSON value with the tokens in it replaced by what they stand for."""
    if isinstance(value, str):
        for token in tokens.tokens_in(value):
            value = value.replace(token.token, values.get(token.token, token.token))
        return value
    if isinstance(value, list):
        return [_plain(each, values) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each, values) for name, each in value.items()}
    return value
