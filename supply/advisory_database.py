"""Looks packages up in a clone of PyPA's advisory database, as of its last commit: OSV records, a YAML file each."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

from supply.advisories import Answer, Flaw
from supply.lock import Package


def look_up(clone: Path, packages: Iterable[Package]) -> list[Answer]:
    """Returns what the clone knows about each package; it knows of all, so no record means no vulnerability."""
    asked = datetime.datetime.fromisoformat(_git(clone, "log", "-1", "--format=%cI")).date()
    folders = _folders(clone)
    return [
        Answer(package.name, package.version, asked, tuple(_flaws(clone, folders.get(package.name, ()), package)))
        for package in packages
    ]


def _git(clone: Path, *words: str) -> str:
    command = [shutil.which("git") or "git", "-C", str(clone), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


def _folders(clone: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in _git(clone, "ls-tree", "-r", "--name-only", "HEAD", "vulns").splitlines():
        found.setdefault(path.split("/")[1].lower(), []).append(path)
    return found


def _flaws(clone: Path, paths: Iterable[str], package: Package) -> Iterable[Flaw]:
    for path in paths:
        record = yaml.safe_load(_git(clone, "show", f"HEAD:{path}"))
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            events = [event for each in affected.get("ranges", ()) if each["type"] == "ECOSYSTEM"
                      for event in each["events"]]  # fmt: skip
            if package.version in affected.get("versions", ()) or is_within(package.version, events):
                mended = tuple(event["fixed"] for event in events if "fixed" in event)
                yield Flaw(record["id"], tuple(record.get("aliases") or ()), mended)
                break


def is_within(version: str, events: Iterable[dict[str, Any]]) -> bool:
    """Tells whether a version lies in an OSV range: introduced, and not yet fixed or past the last affected."""
    present, inside = _version(version), False
    if present is None:
        return False
    steps = ((kind, _version(str(value))) for event in events for kind, value in event.items())
    for kind, at in sorted(((k, v) for k, v in steps if v is not None), key=lambda step: step[1]):
        if kind == "introduced" and present >= at:
            inside = True
        elif (kind == "fixed" and present >= at) or (kind == "last_affected" and present > at):
            inside = False
    return inside


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
