"""Keys that take each other's place while both live: one signs at a time, the others are still believed.

A database has a first root and each that `assistant vault renew` added. A root signs from its moment on; every process
that was started since it was added knows it before, so no cookie and no entry meets a process that cannot read it.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import overload

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: How long cookies and forms of a root are believed after the next one signs: as long as a browser keeps a cookie.
LIVES = datetime.timedelta(days=90)
_FIRST = datetime.datetime.min.replace(tzinfo=datetime.UTC)


def utc_now() -> datetime.datetime:
    """Returns the time."""
    return datetime.datetime.now(datetime.UTC)


def is_one_of(given: str, marks: Iterable[str]) -> bool:
    """Tells whether something given is one of the marks that the believed keys make."""
    fits = [hmac.compare_digest(mark.encode(), given.encode()) for mark in marks]  # all: the time tells nothing
    return any(fits)


@dataclass(frozen=True)
class Root:
    """A root key: from when it signs, and whether those before it are believed no more from then on (they leaked)."""

    key: bytes
    since: datetime.datetime = _FIRST
    alone: bool = False

    def derived(self, purpose: str) -> bytes:
        """Returns the key of a purpose."""
        return HKDF(SHA256(), 32, salt=None, info=f"vssid assistant {purpose}".encode()).derive(self.key)


class Ring(Sequence[bytes]):
    """The keys of one purpose as they are now: the first signs, all are believed."""

    def __init__(
        self, roots: Sequence[Root], of: Callable[[Root], bytes], clock: Callable[[], datetime.datetime] = utc_now
    ) -> None:
        """Takes roots in any order, and what makes a root's key."""
        self._made = sorted(((root, of(root)) for root in roots), key=lambda pair: pair[0].since)
        self._clock = clock

    def _now(self) -> list[bytes]:
        now = self._clock()
        past = [pair for pair in self._made if pair[0].since <= now]
        coming = [key for root, key in self._made if root.since > now]
        believed = []
        for position in range(len(past) - 1, -1, -1):
            root, key = past[position]
            believed.append(key)
            if root.alone or now - root.since > LIVES:  # what came before has had its time
                break
        return believed + coming

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        return self._now()[index]

    def __len__(self) -> int:
        return len(self._now())


class Derived(Sequence[bytes]):
    """Keys that other keys make, as they are now."""

    def __init__(self, keys: Sequence[bytes], purpose: bytes) -> None:
        self._keys, self._purpose = keys, purpose

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        return [hmac.new(key, self._purpose, hashlib.sha256).digest() for key in self._keys][index]

    def __len__(self) -> int:
        return len(self._keys)
