"""Describes a channel to everybody who asks after all of them: start, doctor, limits, previews, content check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.content.findings import Finding
from assistant.settings import Settings
from assistant.settings.strength import weak_among
from connectors.base.channel import Channel, Parts, WrittenTo


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the settings of a channel: "unsafe" keeps production from starting."""

    level: Literal["note", "unsafe"]
    setting: str
    text: str


@dataclass(frozen=True)
class Picture:
    """A picture of a message: its address, and what is to be seen."""

    url: str
    says: str


def picture_of(body: dict[str, Any]) -> Picture | None:
    """Returns the picture of an outbox body; None if it has none."""
    media = body.get("media")
    return Picture(media["url"], str(media.get("says") or "")) if isinstance(media, dict) and "url" in media else None


@dataclass(frozen=True)
class Bubble:
    """One message as it arrives: its text, what can be pressed, and how much of the limit it takes."""

    text: str
    buttons: tuple[str, ...]
    used: int
    limit: int
    picture: Picture | None = None


#: Lays a reply out as the channel sends it.
Layout = Callable[[dict[str, Any]], Sequence[Bubble]]


@dataclass(frozen=True)
class Kind:
    """A channel. Its folder is `connectors/NAME`; a line in `connectors/all.py` makes it known.

    name: what stands before the colon in the name of a conversation.
    title: what staff call it.
    largest_body: bytes of a request at its door.
    door: the file that says so.
    build: makes it from the settings; None where they leave it shut. A kind without is served by the node itself.
    settings: what is wrong with them.
    layout: returns how replies look there; None where staff need no preview.
    check_content: finds what the channel would not take, in `root`/domain.yml and in the content folder.
    real: the names of settings that lead to the platform itself; a demo does not start with them.
    written_to: how somebody of whom only the mobile number is known is written to; None where nobody is.
    """

    name: str
    title: str
    largest_body: int
    door: str
    build: Callable[[Settings, Parts], Channel | None] | None = None
    settings: Callable[[Settings], Iterator[Trouble]] = lambda settings: iter(())
    layout: Callable[[], Layout] | None = None
    check_content: Callable[[Path, Path], Iterator[Finding]] | None = None
    real: Callable[[Settings], Iterator[str]] = lambda settings: iter(())
    written_to: Callable[[Settings, Parts], WrittenTo | None] | None = None


def strong_only(secrets: Mapping[str, str]) -> Iterator[Trouble]:
    """Yields the settings among these (name → secrets, separated by commas) that could be guessed."""
    for name, given in secrets.items():
        if weak_among(given):
            yield Trouble(
                "unsafe", name.upper(), "could be guessed: 16 characters or more, not the same few again and again"
            )


def https_only(settings: Settings, *names: str) -> Iterator[Trouble]:
    """Yields the settings of these names whose address is not https: what people write would travel in clear."""
    for name in names:
        if not str(getattr(settings, name)).startswith("https://"):
            yield Trouble("unsafe", name.upper(), "must be https")
