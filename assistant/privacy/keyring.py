"""The root key of a database: random, sealed with VAULT_KEYS, made at the first start.

What must outlive a change of VAULT_KEYS is derived from it: the key of tokens, of pseudonyms, of the audit
trail. A key of VAULT_KEYS can therefore go once `assistant vault rotate` has sealed the root with a newer
one. And a process whose VAULT_KEYS do not open the root is told so when it starts, not in its first turn.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import psycopg
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant import audit, database
from assistant.privacy.vault import Vault, VaultError
from assistant.settings import Settings, StartError

_NAME = "root"
#: What the sealed root is bound to.
BOUND_TO = f"keyring {_NAME}"


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
    root = _root(url, Vault(keys))
    audit.unlock(audit.Keys(_derived(root, "people"), _derived(root, "audit entries"), _derived(root, "audit chain")))
    return Vault(keys, _derived(root, "tokens"))


def passing_vault() -> Vault:
    """Returns a vault with a key that nobody keeps: for a rehearsal, whose values end with the process."""
    return Vault([secrets.token_bytes(32)])


def _root(url: str, vault: Vault) -> bytes:
    # A connection of its own: a root that a caller's transaction took back would have been used already.
    with database.connect(url) as connection:
        connection.autocommit = True
        sealed = _sealed(connection)
        if sealed is None:
            connection.execute(
                "INSERT INTO keyring (name, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (_NAME, vault.seal(secrets.token_hex(32), BOUND_TO)),
            )
            sealed = _sealed(connection)
    assert sealed is not None
    try:
        return bytes.fromhex(vault.open(sealed, BOUND_TO))
    except VaultError:
        raise KeyringError(
            "VAULT_KEYS does not open this database: it was made with another key. Give that key, too"
            " (newest first, separated by commas); see docs/privacy.md, Keys"
        ) from None


def _sealed(connection: psycopg.Connection[tuple[bytes]]) -> bytes | None:
    row = connection.execute("SELECT sealed FROM keyring WHERE name = %s", (_NAME,)).fetchone()
    return row[0] if row else None


def _derived(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"vssid assistant {purpose}".encode()).derive(root)
