"""Keeps the values behind tokens, encrypted and for a short time.

AES-256-GCM; the first key encrypts, every key decrypts, so keys are changed without a pause.
The conversation and the token are bound in as associated data: a row moved elsewhere does not open.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: How long a value may be opened after it was sent.
LIVES = timedelta(hours=24)
_NONCE = 12


class VaultError(ValueError):
    """A sealed value does not open with any key."""


class Vault:
    """Seals and opens values."""

    def __init__(
        self, keys: Sequence[bytes], token_key: bytes | None = None, proving: Sequence[bytes] | None = None
    ) -> None:
        self._ciphers = [AESGCM(key) for key in keys]
        #: The key that tokens are derived with. `keyring.open_vault` gives one that outlives every change of keys.
        self.token_key = token_key or keys[-1]
        #: The keys of cookies and of forms' marks as they are now: the first signs, all are believed.
        self.proving: Sequence[bytes] = proving or [self.token_key]

    def seal(self, value: str, bound_to: str) -> bytes:
        """Encrypts `value`; it opens only with the same `bound_to`."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, value.encode(), bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> str:
        """Decrypts a sealed value.

        Raises:
            VaultError: if no key opens it, or it was bound to something else.
        """
        return self._open(self._ciphers, sealed, bound_to)

    def resealed(self, sealed: bytes, bound_to: str) -> bytes | None:
        """Returns a value sealed with the newest key, or None if it is already.

        Raises:
            VaultError: if no key opens it.
        """
        try:
            self._open(self._ciphers[:1], sealed, bound_to)
        except VaultError:
            return self.seal(self._open(self._ciphers[1:], sealed, bound_to), bound_to)
        return None

    @staticmethod
    def _open(ciphers: Sequence[AESGCM], sealed: bytes, bound_to: str) -> str:
        for cipher in ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode()).decode()
            except (InvalidTag, ValueError):  # ValueError: it was cut short
                continue
        raise VaultError("sealed value does not open")
