"""Connects an account of a platform: its administrator gives permission there and comes back with a code (OAuth 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class ConnectError(ValueError):
    """An account could not be connected; the message says why, in Vietnamese, for the one who tries."""


@dataclass(frozen=True)
class Begun:
    """A way over the permission page: the address to open, and the state that must come back."""

    url: str
    state: str


@dataclass(frozen=True)
class Connected:
    """The account that was connected, as the platform names it."""

    oa_id: str
    name: str


class Connecting(Protocol):
    """The way over the platform's permission page."""

    async def begin(self, redirect_uri: str) -> Begun:
        """Returns the permission page's address."""

    async def finish(self, code: str, state: str, oa_id: str = "") -> Connected:
        """Changes the code that came back into tokens, and keeps them.

        Raises:
            ConnectError: if that cannot be done.
        """
