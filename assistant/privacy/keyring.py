"""The root keys of a database: random, sealed with VAULT_KEYS; the first is made at the first start, others are added.

What must outlive a change of VAULT_KEYS is derived from them. Names (tokens, pseudonyms, what limits count by) come
from the first for ever: they open nothing. What proves something (cookies, marks of forms, the audit trail) is signed
with the newest whose time has come (assistant.privacy.ring). A key of VAULT_KEYS can go once `assistant vault rotate`
has sealed the roots with a newer one. And a process whose VAULT_KEYS do not open a root is told so when it starts.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

import psycopg

from assistant import audit, database
from assistant.privacy.ring import Ring, Root, utc_now
from assistant.privacy.vault import Vault, VaultError
from assistant.settings import Settings, StartError

_NAME = "root"
#: What the first root, sealed, is bound to.
BOUND_TO = f"keyring {_NAME}"
#: Later ones are named by their moment, and by whether those before them have leaked.
_ALONE = "alone"


class KeyringError(StartError):
    """VAULT_KEYS does not open this database's root key."""


def open_vault(settings: Settings) -> Vault:
    """Returns the vault of the settings' database, and opens the audit trail for this process.

    The schema must be there (`database.migrate`).

    Raises:
        SettingsError: if VAULT_KEYS is missing or no key.
        KeyringError: if none of VAULT_KEYS opens the root.
    """
    return open_vault_at(database.url_of(settings), settings.keys)


def open_vault_at(url: str, keys: Sequence[bytes]) -> Vault:
    """Returns the vault of a database, likewise."""
    roots = _roots(url, Vault(keys))
    signing = [audit.Signing(root.derived("audit entries"), root.derived("audit chain"), root.since) for root in roots]
    first, *later = signing
    audit.unlock(audit.Keys(roots[0].derived("people"), first.entries, first.chain, tuple(later)))
    return Vault(keys, roots[0].derived("tokens"), Ring(roots, lambda root: root.derived("tokens")))


def passing_vault() -> Vault:
    """Returns a vault with a key that nobody keeps: for a rehearsal, whose values end with the process."""
    return Vault([secrets.token_bytes(32)])


def list_vault(vault: Vault, name: str) -> Vault:
    """Returns what seals a list that lies outside the database, and outlives every change of VAULT_KEYS."""
    return Vault([hmac.digest(vault.token_key, name.encode(), hashlib.sha256)])


def renew(connection: psycopg.Connection[Any], vault: Vault, wait: datetime.timedelta, alone: bool) -> Root:
    """Adds a root that signs after a while, until when every process must have been started anew; returns it.

    Args:
        connection: in autocommit, as the application's role.
        vault: seals it.
        wait: until it signs.
        alone: from then on the roots before it are believed no more: they leaked.
    """
    since = utc_now() + wait
    root = Root(secrets.token_bytes(32), since, alone)
    name = f"{_NAME} {since.isoformat()}{f' {_ALONE}' if alone else ''}"
    sealed = vault.seal(root.key.hex(), f"keyring {name}")
    connection.execute("INSERT INTO keyring (name, sealed) VALUES (%s, %s)", (name, sealed))
    return root


def _roots(url: str, vault: Vault) -> list[Root]:
    """Returns the roots, the oldest first; makes the first one."""
    # A connection of its own: a root that a caller's transaction took back would have been used already.
    with database.connect(url) as connection:
        connection.autocommit = True
        sealed = _sealed(connection)
        if _NAME not in sealed:
            connection.execute(
                "INSERT INTO keyring (name, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (_NAME, vault.seal(secrets.token_hex(32), BOUND_TO)),
            )
            sealed = _sealed(connection)
    return sorted((_opened(name, value, vault) for name, value in sealed.items()), key=lambda root: root.since)


def _opened(name: str, sealed: bytes, vault: Vault) -> Root:
    try:
        key = bytes.fromhex(vault.open(sealed, f"keyring {name}"))
    except VaultError:
        raise KeyringError(
            "VAULT_KEYS does not open this database: it was made with another key. Give that key, too"
            " (newest first, separated by commas); see docs/privacy.md, Keys"
        ) from None
    _, *about = name.split()
    return Root(key, datetime.datetime.fromisoformat(about[0]), _ALONE in about) if about else Root(key)


def _sealed(connection: psycopg.Connection[Any]) -> dict[str, bytes]:
    rows = connection.execute("SELECT name, sealed FROM keyring WHERE split_part(name, ' ', 1) = %s", (_NAME,))
    return {name: bytes(sealed) for name, sealed in rows}
