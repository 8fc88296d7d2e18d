"""Numbers and addresses that identify nobody: those that the answers and the list of offices name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from assistant import identifiers
from assistant.settings import ROOT, yaml_files


@lru_cache(maxsize=1)
def public_contacts() -> frozenset[str]:
    """Returns every phone number and e-mail address in them; codes in an answer are examples of somebody's."""
    return frozenset(
        found.value for text in _texts() for found in identifiers.find(text) if found.kind in ("phone", "email")
    )


def _texts() -> Iterator[str]:
    for path in sorted((ROOT / "data/faq").glob("*.yml")):
        yield str(_read(path).get("answer", ""))
    for office in _read(ROOT / "data/offices/offices.yml"):
        yield from (str(value) for name, value in office.items() if name != "source")


def _read(path: Any) -> Any:
    return yaml_files.read(path)
