"""Small stand-ins for the ports of the reset."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from assistant.accounts.model import Member, RegistryUnavailable, Reset
from assistant.accounts.ports import Check, Usual
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
        self.failed: list[dict[str, Any]] = []
        self.resets: dict[str, Reset] = {}
        self.begun: list[dict[str, Any]] = []
        self.links: dict[bytes, str] = {}
        self.mails: list[tuple[str, str]] = []
        self.audited: list[tuple[str, dict[str, str]]] = []
        self.locked: list[tuple[str, str]] = []
        self.tried: list[str] = []
        self.breaker_open = False
        self.week: dict[str, Usual] = {}
        self.guessing: set[str] = set()

    def later(self, **passed: float) -> None:
        self.time += datetime.timedelta(**passed)

    def now(self) -> datetime.datetime:
        return self.time

    def lock(self, kind: str, value: str = "") -> None:
        self.locked.append((kind, value))

    @staticmethod
    def _times(rows: list[dict[str, Any]], since: datetime.datetime, most: int, whose: dict[str, Any]) -> list[Any]:
        given = {name: value for name, value in whose.items() if value is not None}
        found = [row["at"] for row in rows if row["at"] > since and given.items() <= row.items()]
        return sorted(found, reverse=True)[:most]

    def failures(self, since: datetime.datetime, most: int, person: str) -> list[datetime.datetime]:
        return self._times(self.failed, since, most, {"person": person})

    def count_failures(self, since: datetime.datetime, most: int, *, matched: bool, **of: str) -> int:
        rows = self.failed if matched else [row for row in self.failed if not row["matched"]]
        return len(self._times(rows, since, most, of))

    def add_check(self, check: Check) -> None:
        of = {"person": check.person, "owner": check.owner_ref, "at": self.time}
        self.failed.append(check.by | of | {"matched": check.matched, "due": check.due})

    def usual(self) -> dict[str, Usual]:
        return self.week

    def note_guessing(self, scope: str) -> bool:
        new = scope not in self.guessing
        self.guessing.add(scope)
        return new

    def started(self, since: datetime.datetime, most: int, **whose: Any) -> list[datetime.datetime]:
        return self._times(self.begun, since, most, whose)

    def count_started(self, since: datetime.datetime, address: str = "") -> int:
        return sum(1 for row in self.begun if row["at"] > since and address in ("", row["address"]))

    def open_breaker(self) -> bool:
        new, self.breaker_open = not self.breaker_open, True
        return new

    def add_reset(self, reset: Reset, event: str, address: str, destination: str) -> None:
        self.resets[reset.id] = reset
        of = {"person": reset.person, "member_ref": reset.member_ref, "address": address, "destination": destination}
        self.begun.append(of | {"at": self.time})

    def last_link_ends(self, member_ref: str) -> datetime.datetime | None:
        good = [r for r in self.resets.values() if r.member_ref == member_ref and not r.used_at]
        return max((r.expires_at for r in good if r.expires_at > self.time), default=None)

    def reset_by_link(self, link_hash: bytes, *, hold: bool = False) -> Reset | None:
        return self.resets.get(self.links.get(link_hash, ""))

    def note_trial(self, reset_id: str) -> None:
        self.tried.append(reset_id)

    def forget_trial(self, reset_id: str) -> None:
        self.tried.remove(reset_id)

    def mark_used(self, reset_id: str) -> None:
        self.resets[reset_id] = replace(self.resets[reset_id], used_at=self.time)

    def end_others(self, reset: Reset) -> None:
        for other in list(self.resets.values()):
            if other.member_ref == reset.member_ref and other.id != reset.id and not other.used_at:
                self.resets[other.id] = replace(other, expires_at=self.time)

    def queue_mail(self, kind: str, reset_id: str) -> None:
        self.mails.append((kind, reset_id))

    def audit(self, event: str, person: str, **details: str) -> None:
        self.audited.append((event, details))

    def mail_out(self, token: str) -> str:
        """Does what the mail worker does: makes a link to the last reset."""
        self.links[link_hash(token)] = self.mails[-1][1]
        return token
