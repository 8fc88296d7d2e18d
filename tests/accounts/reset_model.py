"""What must be true of resets, in lists and plain counting: the yardstick of test_reset_machine.py."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from assistant.settings.limits import Limits

#: Small, so that a few steps reach each of them.
FEW = Limits(
    checks_then_lock=2, lock_minutes=10, checks_an_hour=3, checks_a_day=4,
    address_checks_an_hour=4, address_checks_a_day=6,
    starts_a_day_per_account=4, starts_an_hour_per_person=3, starts_an_hour_per_address=5,
    starts_an_hour_per_destination=2, starts_a_minute=6, starts_an_hour=9, owner_told_after=3,
    pair_checks_an_hour=1_000, pair_checks_a_day=1_000, channel_checks_an_hour=1_000, all_checks_an_hour=1_000,
)  # fmt: skip
#: Minutes that never add up to a limit's: the database's clock runs on meanwhile.
PASSING = (2.3, 11.7, 61.3, 1_441.9)
PEOPLE, NETWORKS = ("web:an", "web:binh", "web:chi", "zalo:dung", "web:thief"), ("", "home", "cafe")
WEAK, GOOD = "matkhau1", "cà phê sữa đá"


@dataclass(frozen=True)
class Someone:
    """A member of the register; an empty address is none."""

    ref: str
    code: str
    phone: str
    email: str


MEMBERS = (
    Someone("an", "7900000001", "0901000001", "an@example.com"),
    Someone("hoa", "7900000002", "0901000002", "home@example.com"),
    Someone("lan", "7900000003", "0901000003", "Home@example.com"),  # shares the mailbox
    Someone("minh", "7900000005", "0901000005", "minh@example.com"),
    Someone("ngan", "7900000006", "0901000006", "ngan@example.com"),
    Someone("tu", "7900000004", "0901000004", ""),
)
WITH_ADDRESS = [member for member in MEMBERS if member.email]
NOBODY = Someone("", "7999999999", "0901999999", "")


@dataclass
class Begun:
    """What the model knows of a reset."""

    id: str
    member: Someone
    person: str
    network: str
    at: float
    links: list[str] = field(default_factory=list)
    used: bool = False
    ended: bool = False
    mailed: bool = False


class Model:
    """What must be true, in lists and plain counting."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.failures: list[tuple[str, str, str, float]] = []  # person, network, member's ref, at
        self.resets: list[Begun] = []
        self.due: list[tuple[Someone, str, float]] = []  # matched and not told: member, network, at
        self.passwords: dict[str, str] = {}
        self.sets = 0

    def now(self) -> float:
        return time.monotonic() / 60 + self.passed

    def failed(self, within: float, **of: str) -> int:
        names = ("person", "network", "ref")
        recent = [f for f in self.failures if f[3] > self.now() - within]
        return sum(all(f[names.index(name)] == value for name, value in of.items()) for f in recent)

    def begun(self, within: float, **of: Any) -> int:
        recent = [reset for reset in self.resets if reset.at > self.now() - within]
        return sum(all(getattr(reset, name) == value for name, value in of.items()) for reset in recent)

    def tries_left(self, person: str) -> int:
        windows = ((FEW.checks_then_lock, 10), (FEW.checks_an_hour, 60), (FEW.checks_a_day, 1440))
        return min(most - self.failed(within, person=person) for most, within in windows)

    def network_is_busy(self, network: str) -> bool:
        if not network:
            return False
        starts = self.begun(60, network=network) >= FEW.starts_an_hour_per_address
        return starts or self.failed(60, network=network) >= 4 or self.failed(1440, network=network) >= 6

    def flooded(self) -> bool:
        return self.begun(1) >= FEW.starts_a_minute or self.begun(60) >= FEW.starts_an_hour

    def limited(self, person: str, member: Someone) -> bool:
        return self.begun(60, person=person) >= FEW.starts_an_hour_per_person or self.mailbox_is_full(member)

    def mailbox_is_full(self, member: Someone) -> bool:
        shares = [m for m in MEMBERS if m.email.casefold() == member.email.casefold()]
        return (
            self.begun(1440, member=member) >= FEW.starts_a_day_per_account
            or sum(self.begun(60, member=m) for m in shares) >= FEW.starts_an_hour_per_destination
        )

    def good(self, reset: Begun) -> bool:
        return not reset.used and not reset.ended and reset.at > self.now() - 60

    def expected(self, person: str, network: str, member: Someone, matches: bool) -> str:
        if self.tries_left(person) <= 0:
            return "TooManyTries"
        if self.flooded():
            return "BreakerOpen"
        if self.network_is_busy(network):
            return "Unsaid"
        if not matches:
            return "NotMatched" if self.tries_left(person) > 1 else "TooManyTries"
        if not member.email:
            return "NoEmailOnRecord"
        return "ResetLimitReached" if self.limited(person, member) else "ResetStarted"

    def used(self, reset: Begun, password: str) -> None:
        for other in self.resets:
            other.ended = other.ended or other.member == reset.member
        reset.used = True
        self.passwords[reset.member.ref] = password
        self.sets += 1
