"""What the use cases need from outside, named for the role; adapters/ holds the real ones."""

from __future__ import annotations

import datetime
from typing import Protocol

from assistant.accounts.model import Member, Reset


class Registry(Protocol):
    """BHXH's register of members and their accounts.

    Every method raises `RegistryUnavailable` when the registry does not answer properly.
    """

    def find(self, code: str) -> Member | None:
        """Returns the member with this BHXH code (10 digits) or citizen id (12)."""

    def get(self, ref: str) -> Member | None:
        """Returns the member with this opaque id."""

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        """Sets the password; the same key again has no second effect."""


class ResetStore(Protocol):
    """Attempts, resets, queued mail and the audit trail, all in the caller's transaction."""

    def now(self) -> datetime.datetime:
        """Returns the transaction's time (UTC)."""

    def lock_person(self, person: str) -> None:
        """Makes other transactions about this person wait, so that counts stay right."""

    def lock_member(self, member_ref: str) -> None:
        """Makes other resets of this member wait: several people may ask for one member at once."""

    def failures(self, person: str, since: datetime.datetime) -> int:
        """Counts failed checks of a person."""

    def add_failure(self, person: str, event: str) -> None:
        """Records a failed check."""

    def started(self, since: datetime.datetime, *, person: str | None = None, member_ref: str | None = None) -> int:
        """Counts resets started by a person, or for a member."""

    def add_reset(self, reset: Reset, event: str) -> None:
        """Records a reset."""

    def reset_by_link(self, link_hash: bytes) -> Reset | None:
        """Returns the reset a link belongs to, locked until the transaction ends."""

    def mark_used(self, reset_id: str) -> None:
        """Ends a reset: none of its links works again."""

    def queue_mail(self, kind: str, reset_id: str) -> None:
        """Queues a mail to the member of a reset; the address is read when it is sent."""

    def audit(self, event: str, person: str, **details: str) -> None:
        """Appends to the audit trail. Details carry no identifier in clear."""
