"""Reads a hashed lock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_MARKER = re.compile(r"\s;\s.*?(?=\s+--hash|$)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """One pinned package and the SHA-256 digests of the files it may be installed from."""

    name: str
    version: str
    sha256: tuple[str, ...]
    marker: str = ""  # " ; …": the machines that it is for


def read_lock(path: Path) -> list[Package]:
    """Returns the packages of a lock, in its order.

    Raises:
        ValueError: if a package has no hash.
    """
    found: list[Package] = []
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        pin = _PIN.match(line)
        if pin:
            digests = tuple(_HASH.findall(line))
            if not digests:
                raise ValueError(f"{path.name}: {pin[1]} has no hash")
            marker = _MARKER.search(line)
            found.append(Package(pin[1].lower(), pin[2], digests, marker[0] if marker else ""))
    return found
