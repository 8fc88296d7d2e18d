"""Lists every channel. A new one is a folder beside the others, with `KIND` in its `kind.py`, and a name here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.runtime.conversation import split

if TYPE_CHECKING:
    from assistant.content.findings import Finding
    from assistant.settings import Settings
    from connectors.base.channel import Channel, Parts
    from connectors.base.kind import Kind

#: What stands before the colon in names of conversations; known without loading a channel.
NAMES = ("zalo", "messenger", "sms", "phone", "web")


@cache
def kinds() -> tuple[Kind, ...]:
    """Returns the channels' descriptions; loads the connectors."""
    return tuple(import_module(f"connectors.{name}.kind").KIND for name in NAMES)


def titles() -> dict[str, str]:
    """Returns what staff call each channel."""
    return {kind.name: kind.title for kind in kinds()}


def label(conversation: str) -> str:
    """Returns a short name of a conversation for people: the end of the platform's id names nobody."""
    channel, user = split(conversation)
    return f"{titles().get(channel, channel)} …{user[-4:]}"


def built(settings: Settings, parts: Parts) -> list[Channel]:
    """Builds the channels that the settings open."""
    ways = (kind.written_to(settings, parts) for kind in kinds() if kind.written_to)
    parts = replace(parts, written_to=next(filter(None, ways), None))
    found = [kind.build(settings, parts) for kind in kinds() if kind.build]
    return [channel for channel in found if channel]


def check_content(root: Path, data: Path) -> Iterator[Finding]:
    """Yields what a channel would not take of the content."""
    for kind in kinds():
        if kind.check_content:
            yield from kind.check_content(root, data)
