"""What the use cases need from outside, named for the role; adapters/ holds the real ones."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal, Protocol

from assistant.accounts.model import Member, Reset

#: What a lock is about. Whoever takes several takes them in this order, so that nobody waits in a circle.
Lock = Literal["person", "address", "member", "destination", "everybody"]


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


@dataclass(frozen=True)
class Check:
    """A check that failed, or matched and was not told so: for whoever made it, that is the same.

    owner_ref: the member to be told if this goes on, empty: nobody.
    by: what failed checks are counted by beside the person: column and keyed hash (`guessing.Traces`).
    matched: it did, and so is not counted where others' failures are.
    due: what the letter of one that matched needs; None where none is to go.
    language: the one it was asked in.
    """

    person: str
    event: str
    owner_ref: str = ""
    masked_code: str = ""
    by: dict[str, str] = field(default_factory=dict)
    matched: bool = False
    due: dict[str, str] | None = None
    language: str = ""


@dataclass(frozen=True)
class Usual:
    """What an hour of a usual day of the week behind us has: failed checks, and resets that people completed."""

    failed: float = 0.0
    completed: float = 0.0


class ResetStore(Protocol):
    """Attempts, resets, queued mail and the audit trail, all in the caller's transaction."""

    def now(self) -> datetime.datetime:
        """Returns the transaction's time (UTC)."""

    def lock(self, kind: Lock, value: str = "") -> None:
        """Makes other transactions about the same thing wait, so that counts stay right."""

    def failures(self, since: datetime.datetime, most: int, person: str) -> list[datetime.datetime]:
        """Returns when a person was not told a match: newest first, at most so many."""

    def count_failures(self, since: datetime.datetime, most: int, *, matched: bool, **of: str) -> int:
        """Counts failed checks of one network, contact … or all, at most so many; `matched`: those that did, too."""

    def add_check(self, check: Check) -> None:
        """Records a check that was not told a match."""

    def usual(self) -> dict[str, Usual]:
        """Returns what is usual here, in "all" and on each channel; what is not there is nothing."""

    def note_guessing(self, scope: str) -> bool:
        """Notes that too many checks fail; False if that was noted before."""

    def started(
        self,
        since: datetime.datetime,
        most: int,
        *,
        person: str | None = None,
        member_ref: str | None = None,
        destination: str | None = None,
    ) -> list[datetime.datetime]:
        """Returns when resets were started by, for or to one of these: newest first, at most so many."""

    def count_started(self, since: datetime.datetime, address: str = "") -> int:
        """Counts resets started by everybody, or from one network."""

    def open_breaker(self) -> bool:
        """Notes that resets are refused to everybody; False if that was noted before."""

    def add_reset(self, reset: Reset, event: str, address: str, destination: str) -> None:
        """Records a reset."""

    def last_link_ends(self, member_ref: str) -> datetime.datetime | None:
        """Returns until when the newest link of a member works, if one is out (or about to go) and good."""

    def reset_by_link(self, link_hash: bytes, *, hold: bool = False) -> Reset | None:
        """Returns the reset a link belongs to; held until the transaction ends if so wished."""

    def note_trial(self, reset_id: str) -> None:
        """Notes that the register is about to be asked to set the password."""

    def forget_trial(self, reset_id: str) -> None:
        """Notes that the register was asked and said no: the password is as it was."""

    def mark_used(self, reset_id: str) -> None:
        """Ends a reset: none of its links works again."""

    def end_others(self, reset: Reset) -> None:
        """Ends all other open resets of the same member."""

    def queue_mail(self, kind: str, reset_id: str) -> None:
        """Queues a mail to the member of a reset; the address is read when it is sent."""

    def audit(self, event: str, person: str, **details: str) -> None:
        """Appends to the audit trail. Details carry no identifier in clear."""
