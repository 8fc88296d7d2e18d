"""How long a reply may be: short where one thing is asked, longer only where it is done in steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assistant.content.findings import Finding, line_of
from assistant.settings import yaml_files

#: One thing is read on a telephone in one look; steps are worked off line by line.
BRIEF, STEPWISE = 400, 600
_ITEM = re.compile(r"^[^\S\n]*(?:\d{1,2}[.)]|[-•–])\s", re.MULTILINE)


def longest(text: str) -> int:
    """Returns how many characters a reply may have: more where it lists steps or ways, one a line."""
    return STEPWISE if len(_ITEM.findall(text)) > 1 else BRIEF


def too_long(what: str, text: str) -> str:
    """Returns what to do about a reply that is too long, "" if it is not."""
    limit = longest(text)
    if len(text) <= limit:
        return ""
    lists = "" if limit == STEPWISE else f" ({STEPWISE} nếu là các bước, mỗi bước một dòng)"
    return f"{what} dài {len(text)} ký tự, mức của ta là {limit}{lists}; rút ngắn."


def check_lengths(root: Path, data: Path) -> Iterator[Finding]:
    """Yields the responses and the guides' steps that are too long; topics and situations are checked with the rest."""
    for path in [root / "domain.yml", *sorted((data / "dialogue_responses").glob("*.yml"))]:
        for name, text in _responses(path):
            if advice := too_long(f"“{name}”", text):
                yield Finding(path, line_of(path, f"{name}:"), advice)
    for path in sorted((data / "guides").glob("*.yml")):
        for step, text in _guide_texts(path):
            if advice := too_long(f"bước “{step}”", text):
                yield Finding(path, line_of(path, f"id: {step}"), advice)


def _responses(path: Path) -> Iterator[tuple[str, str]]:
    raw = yaml_files.read(path) if path.exists() else None
    for name, ways in ((raw or {}).get("responses") or {}).items():
        yield from ((name, str(way.get("text") or "").strip()) for way in ways)


def _guide_texts(path: Path) -> Iterator[tuple[str, str]]:
    raw = yaml_files.read(path) or {}
    for step in raw.get("steps") or ():
        yield from ((str(step.get("id")), str(step[part]).strip()) for part in ("say", "help") if step.get(part))
