"""`python -m supply.audit [--release]`: judges what is published about the packages of the runtime lock.

The package index is asked, and where it does not answer, the dated copy that `make lock` refreshes
(supply/advisories.json) speaks. A known vulnerability fails, unless supply/accepted.yml says why it cannot reach us and
until when that holds. A package whose last answer is too old is named in a sentence; in a release build it fails.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from supply import advisories
from supply.advisories import Answer
from supply.lock import Package, read_lock

ROOT = Path(__file__).resolve().parent.parent
#: How old an answer about a package may be in a release.
FRESH = datetime.timedelta(days=30)
_NAMED = 5


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that does not reach us, and until when somebody has to look again."""

    id: str
    package: str
    why: str
    until: datetime.date


@dataclass(frozen=True)
class Verdict:
    """Vulnerabilities nobody accepted, packages with an answer of late, with an old one, and with none."""

    open: tuple[str, ...]
    fresh: int
    old: tuple[Answer, ...]
    unknown: tuple[str, ...]

    def lines(self) -> list[str]:
        """Says it, what fails first."""
        said = [f"✗ {line}" for line in self.open]
        if self.old:
            since = min(answer.asked for answer in self.old)
            said.append(f"! {len(self.old)} packages were last looked up on {since} or later: {_some(self.old_names)}")
        if self.unknown:
            said.append(f"! nothing is known about {len(self.unknown)} packages: {_some(self.unknown)}")
        days = FRESH.days
        return [*said, f"{self.fresh} packages looked up within {days} days, {len(self.open)} vulnerabilities to mend"]

    @property
    def old_names(self) -> tuple[str, ...]:
        """The packages whose answers are old."""
        return tuple(f"{answer.name} {answer.version}" for answer in self.old)

    def code(self, release: bool) -> int:
        """Returns the exit code: in a release nothing may be old or unknown."""
        return 1 if self.open or (release and (self.old or self.unknown)) else 0


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - _NAMED
    return ", ".join(listed[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def read_accepted(path: Path) -> list[Accepted]:
    """Reads supply/accepted.yml.

    Raises:
        ValueError: if an entry lacks a reason or a date.
    """
    found = []
    for raw in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
        entry = Accepted(str(raw["id"]), str(raw["package"]), str(raw.get("why") or ""), raw["until"])
        if len(entry.why) < 20 or not isinstance(entry.until, datetime.date):
            raise ValueError(f"{entry.id}: say why it does not reach us, and until when")
        found.append(entry)
    return found


def judge(
    packages: Iterable[Package], answers: Iterable[Answer], accepted: Iterable[Accepted], today: datetime.date
) -> Verdict:
    """Judges the newest answers about packages."""
    packages = list(packages)
    good = {(entry.package, entry.id) for entry in accepted if entry.until >= today}
    # An answer from a day that is still to come would be the newest for ever.
    given = [answer for answer in answers if answer.asked <= today + datetime.timedelta(days=1)]
    known = advisories.newest(packages, given)
    found = []
    for answer in known:
        for flaw in answer.flaws:
            if not any((answer.name, name) in good for name in (flaw.id, *flaw.aliases)):
                mended = ", ".join(flaw.mended_in) or "none"
                found.append(f"{answer.name} {answer.version}: {flaw.id} (mended in: {mended})")
    old = tuple(answer for answer in known if today - answer.asked > FRESH)
    named = {answer.name for answer in known}
    unknown = tuple(f"{package.name} {package.version}" for package in packages if package.name not in named)
    return Verdict(tuple(found), len(known) - len(old), old, unknown)


def main(arguments: list[str]) -> int:
    """Prints the verdict; returns the exit code."""
    release, today = "--release" in arguments, datetime.datetime.now(datetime.UTC).date()
    packages = read_lock(advisories.LOCK)
    live = advisories.ask(packages, advisories.index(), today)
    if not live:
        print("! the package index tells of no vulnerabilities here: what is kept of earlier answers is judged")
    accepted = read_accepted(ROOT / "supply/accepted.yml")
    verdict = judge(packages, [*advisories.read(), *live], accepted, today)
    print("\n".join(verdict.lines()))
    code = verdict.code(release)
    if code and not verdict.open:
        print("✗ a release needs an answer of late about every package: `make advisories` where the index answers")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
