"""The keys the trail is written with. A process opens them once (assistant.privacy.keyring)."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from dataclasses import dataclass


class AuditLocked(RuntimeError):
    """This process has not opened the trail's keys: open the vault first (assistant.privacy.keyring)."""


_EVER = datetime.datetime.min.replace(tzinfo=datetime.UTC)
#: Clocks of nodes differ: around the moment when a key takes another's place, both are believed.
_AROUND = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Signing:
    """Keys that prove entries and tie them, from a moment on; 32 bytes each."""

    entries: bytes
    chain: bytes
    since: datetime.datetime = _EVER


@dataclass(frozen=True)
class Keys:
    """`people` makes pseudonyms; `entries` proves who wrote an entry, `chain` ties entries, until `later` ones do."""

    people: bytes
    entries: bytes
    chain: bytes
    later: tuple[Signing, ...] = ()  # the oldest first

    @property
    def signing(self) -> tuple[Signing, ...]:
        """All there ever were, the oldest first."""
        return (Signing(self.entries, self.chain), *self.later)

    @property
    def present(self) -> Signing:
        """The ones that sign now."""
        now = datetime.datetime.now(datetime.UTC)
        return next(each for each in reversed(self.signing) if each.since <= now)

    def of(self, at: datetime.datetime) -> list[Signing]:
        """Returns those that may have signed at a time: an older one proves nothing that is newer than its end."""
        ends = [*(each.since for each in self.later), None]
        return [
            each for each, end in zip(self.signing, ends, strict=True)
            if each.since <= at + _AROUND and (end is None or at < end + _AROUND)
        ]  # fmt: skip

    def person(self, conversation: str) -> str:
        """Returns the pseudonym of a conversation's person ("p_…", 80 bits)."""
        return self._pseudonym("p", conversation)

    def member(self, ref: str) -> str:
        """Returns the pseudonym of a member of the register ("m_…")."""
        return self._pseudonym("m", ref)

    def text(self, digest: bytes) -> bytes:
        """Returns what a text is known again by, of its digest: who has no key cannot try texts against it."""
        return hmac.digest(self.people, b"text " + digest, hashlib.sha256)

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
