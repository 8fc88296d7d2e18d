"""Small stand-ins for the ports of the reset."""

from __future__ import annotations

import datetime
from dataclasses import replace

from assistant.accounts.model import Member, RegistryUnavailable, Reset
from assistant.accounts.reset import link_hash

AN = Member("ref-an", "7900000123", ("0901000123",), "nguyen.an@example.com")
BINH = Member("ref-binh", "4800000777", ("0935000777",), None)
CHI = Member("ref-chi", "9200000888", (), "Le.Chi@example.com")


class FakeRegistry:
    """Knows three members; `down` makes it silent."""

    def __init__(self) -> None:
        self.members = {member.ref: member for member in (AN, BINH, CHI)}
        self.passwords: dict[str, str] = {}
        self.keys: list[str] = []
        self.down = False

    def find(self, code: str) -> Member | None:
        self._answer()
        return next((member for member in self.members.values() if member.code == code), None)

    def get(self, ref: str) -> Member | None:
        self._answer()
        return self.members.get(ref)

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        self._answer()
        if idempotency_key not in self.keys:
            self.keys.append(idempotency_key)
            self.passwords[ref] = password

    def _answer(self) -> None:
        if self.down:
            raise RegistryUnavailable


class FakeStore:
    """Keeps lists; the time is what the test says."""

    def __init__(self) -> None:
        self.time = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
        self.failed: list[tuple[str, datetime.datetime]] = []
        self.resets: dict[str, Reset] = {}
        self.begun: list[tuple[Reset, datetime.datetime]] = []
        self.links: dict[bytes, str] = {}
        self.mails: list[tuple[str, str]] = []
        self.audited: list[tuple[str, dict[str, str]]] = []
        self.locked: list[str] = []

    def later(self, **passed: float) -> None:
        self.time += datetime.timedelta(**passed)

    def now(self) -> datetime.datetime:
        return self.time

    def lock_person(self, person: str) -> None:
        self.locked.append(person)

    def lock_member(self, member_ref: str) -> None:
        self.locked.append(member_ref)

    def failures(self, person: str, since: datetime.datetime) -> int:
        return sum(1 for who, at in self.failed if who == person and at > since)

    def add_failure(self, person: str, event: str) -> None:
        self.failed.append((person, self.time))

    def started(self, since: datetime.datetime, *, person: str | None = None, member_ref: str | None = None) -> int:
        recent = [reset for reset, at in self.begun if at > since]
        return sum(1 for r in recent if person in (None, r.person) and member_ref in (None, r.member_ref))

    def add_reset(self, reset: Reset, event: str) -> None:
        self.resets[reset.id] = reset
        self.begun.append((reset, self.time))

    def reset_by_link(self, link_hash: bytes) -> Reset | None:
        return self.resets.get(self.links.get(link_hash, ""))

    def mark_used(self, reset_id: str) -> None:
        self.resets[reset_id] = replace(self.resets[reset_id], used_at=self.time)

    def queue_mail(self, kind: str, reset_id: str) -> None:
        self.mails.append((kind, reset_id))

    def audit(self, event: str, person: str, **details: str) -> None:
        self.audited.append((event, details))

    def mail_out(self, token: str) -> str:
        """Does what the mail worker does: makes a link to the last reset."""
        self.links[link_hash(token)] = self.mails[-1][1]
        return token
