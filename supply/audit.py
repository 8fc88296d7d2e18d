"""`python -m supply.audit`: asks pip-audit about the runtime lock and judges its answer.

A known vulnerability fails, unless supply/accepted.yml says why it cannot reach us and until when
that holds. Without a connection to the advisories nothing can be said: that is printed, and passes.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
_PIP_AUDIT = ROOT / ".tools/checks/bin/pip-audit"
_SECONDS = 120


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that does not reach us, and until when somebody has to look again."""

    id: str
    package: str
    why: str
    until: datetime.date


@dataclass(frozen=True)
class Verdict:
    """What the report means: vulnerabilities nobody accepted, packages looked up, and not."""

    open: tuple[str, ...]
    checked: int
    unchecked: int


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


def judge(report: dict[str, Any], accepted: Iterable[Accepted], today: datetime.date) -> Verdict:
    """Judges a report of pip-audit (`--format json`)."""
    good = {(entry.package, entry.id) for entry in accepted if entry.until >= today}
    found, checked, unchecked = [], 0, 0
    for package in report["dependencies"]:
        if "skip_reason" in package:
            unchecked += 1
            continue
        checked += 1
        for flaw in package["vulns"]:
            names = {flaw["id"], *flaw.get("aliases", ())}
            if not any((package["name"], name) in good for name in names):
                mended = ", ".join(flaw.get("fix_versions") or ["none"])
                found.append(f"{package['name']} {package['version']}: {flaw['id']} (mended in: {mended})")
    return Verdict(tuple(found), checked, unchecked)


def ask(lock: Path) -> dict[str, Any]:
    """Runs pip-audit on a lock and returns its report; one without packages if it cannot connect."""
    command = [str(_PIP_AUDIT), "-r", str(lock), "--no-deps", "--disable-pip", "--require-hashes"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {"dependencies": []}
    return answer if isinstance(answer, dict) else {"dependencies": []}


def main() -> int:
    """Prints the verdict; returns the exit code."""
    accepted = read_accepted(ROOT / "supply/accepted.yml")
    verdict = judge(ask(ROOT / "requirements.lock"), accepted, datetime.datetime.now(datetime.UTC).date())
    for line in verdict.open:
        print(f"✗ {line}")
    if not verdict.checked:
        print("! the advisories cannot be reached: nothing was checked")
    else:
        print(f"{verdict.checked} packages checked, {verdict.unchecked} unknown there, {len(verdict.open)} to mend")
    return 1 if verdict.open else 0


if __name__ == "__main__":
    sys.exit(main())
