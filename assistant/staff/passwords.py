"""Passwords of staff: argon2id, and a check that costs the same whether the name exists or not."""

from __future__ import annotations

import threading
from functools import lru_cache

import argon2

from assistant.accounts.passwords import composed

_hasher = argon2.PasswordHasher()
# Each check takes 64 MB: a flood of sign-ins must not take the node's memory.
_at_once = threading.BoundedSemaphore(2)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher.hash("no password has this hash")


def hash_of(password: str) -> str:
    """Returns what is stored of a password."""
    with _at_once:
        return _hasher.hash(composed(password))


def matches(stored: str | None, password: str) -> bool:
    """Tells whether a password is the stored one; without one the same work is done for nothing."""
    with _at_once:
        try:
            return _hasher.verify(stored or _nobodys(), composed(password)) and stored is not None
        except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
            return False
