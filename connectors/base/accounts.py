"""What a channel may ask of the accounts when the asking must be answered at once: somebody is on the telephone.

Elsewhere a dialogue asks, in a turn. The accounts themselves stay behind this port (assistant/app/telephone.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import psycopg

Result = Literal["started", "not_matched", "too_many", "limited", "unsaid", "paused", "down"]


@dataclass(frozen=True)
class Asked:
    """A check: which conversation asks by which event, for which code, from which number.

    `address` is a keyed hash of the number: tries are counted by it.
    """

    conversation: str
    event_id: str
    code: str
    number: str
    address: str


@dataclass(frozen=True)
class Checked:
    """What came of a check: minutes to wait, tries left, the reset that was started; as far as they are known."""

    result: Result
    minutes: int = 0
    left: int = 0
    reset_id: str = ""


class Accounts(Protocol):
    """The account check and the codes that a call tells; all of it in the caller's transaction."""

    @property
    def code_minutes(self) -> int:
        """How long a code works."""

    def check(self, connection: psycopg.Connection[Any], asked: Asked) -> Checked:
        """Checks code and calling number, and starts a reset where they match."""

    def new_code(self, connection: psycopg.Connection[Any], reset_id: str) -> str:
        """Returns a fresh one-time code of a reset; empty where the reset is over."""

    def call_off(self, connection: psycopg.Connection[Any], reset_id: str) -> None:
        """Ends a reset that whoever was rung did not ask for."""
