"""What people call what was understood and what happened: one list for every page (data/console/insight.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from assistant.settings import ROOT, yaml_files


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """Returns what intents, events, stages, outcomes and measures are called."""
    found: dict[str, dict[str, str]] = yaml_files.read(ROOT / "data/console/insight.yml")
    return found


def intent_names(titles: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the names of all intents: those of the dialogue, and topics by their titles."""
    return words()["intents"] | dict(titles or {})


def name_of(intent: str | None, titles: Mapping[str, str] | None = None) -> str:
    """Returns what staff read for an intent or an event ("#desk_came"); a topic that is gone is said to be."""
    plain = (intent or "").removeprefix("#")
    found = (titles or {}).get(plain) or words()["intents"].get(plain)
    if found or not plain:
        return found or ""
    kind, _, topic = plain.partition("/")
    if kind in ("faq", "subject"):
        return f"chủ đề cũ “{topic.replace('_', ' ')}”"
    return words()["intents"].get(kind) or plain.replace("_", " ").replace("/", ": ")
