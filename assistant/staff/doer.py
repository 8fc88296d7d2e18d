"""Who does something, and from where: what every entry of the audit trail says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from assistant import audit
from assistant.audit import Event

#: For tries of names that nobody has.
NOBODY = audit.System("sign-in")


@dataclass(frozen=True)
class Doer:
    """Somebody at a page or a terminal. `address` is the network address of their machine."""

    actor: audit.Actor
    where: str
    address: str = ""

    def record(
        self, connection: psycopg.Connection[Any], event: Event, subject: audit.trail.Subject = "", **details: Any
    ) -> None:
        """Appends an entry in the caller's transaction; about themselves unless `subject` says otherwise."""
        known = {"address": self.address} if self.address else {}
        audit.record(
            connection, event, actor=self.actor, where=self.where, subject=subject or self.actor, **known, **details
        )
