"""The keys the trail is written with. A process opens them once (assistant.privacy.keyring)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass


class AuditLocked(RuntimeError):
    """This process has not opened the trail's keys: open the vault first (assistant.privacy.keyring)."""


@dataclass(frozen=True)
class Keys:
    """`people` makes pseudonyms, `entries` proves who wrote an entry, `chain` ties entries together; 32 bytes each."""

    people: bytes
    entries: bytes
    chain: bytes

    def person(self, conversation: str) -> str:
        """Returns the pseudonym of a conversation's person ("p_…", 80 bits)."""
        return self._pseudonym("p", conversation)

    def member(self, ref: str) -> str:
        """Returns the pseudonym of a member of the register ("m_…")."""
        return self._pseudonym("m", ref)

    def _pseudonym(self, kind: str, name: str) -> str:
        digest = hmac.digest(self.people, f"{kind} {name}".encode(), hashlib.sha256)
        return f"{kind}_{base64.b32encode(digest[:10]).decode().lower()}"


_opened: Keys | None = None


def unlock(keys: Keys) -> None:
    """Opens the trail for this process: one process writes to one database."""
    global _opened
    _opened = keys


def opened() -> Keys:
    """Returns the keys of this process.

    Raises:
        AuditLocked: if they were not opened.
    """
    if _opened is None:
        raise AuditLocked("the audit trail's keys are not open: open the vault first (assistant.privacy.keyring)")
    return _opened
