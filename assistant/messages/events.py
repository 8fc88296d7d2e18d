"""What comes in and what goes out, the same for every channel."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Literal

#: Channels whose people fetch their messages; nothing has to be delivered there.
PULLED = frozenset({"web", "phone"})

Kind = Literal["text", "payload", "media", "system"]


@dataclass(frozen=True)
class Event:
    """One thing a person did, as a connector read it. `text` is raw: the inbox protects it."""

    channel: str
    event_id: str
    conversation: str  # "channel:user"
    kind: Kind
    text: str = ""
    payload: str = ""  # "#intent" of a pressed button, or of a system event
    media: str = ""  # image, sticker, …
    #: Where the platform has the image: kept sealed while an agent has the chat.
    picture: str = field(default="", repr=False)
    sent_at: datetime.datetime | None = None
    address: str = ""  # keyed hash of the network it came from, where the channel knows it
    language: str = ""  # the person has just chosen it (the page's switch); counts over what was before
    locale: str = ""  # what the platform says of its person; counts while nothing else is known of their language


@dataclass(frozen=True)
class Button:
    """A button below a message."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """One message to a person."""

    text: str
    buttons: tuple[Button, ...] = ()
    media: dict[str, Any] | None = None  # {"kind": "image", "url": …}, for channels that show it (their `of_media`)
    link: dict[str, str] | None = None  # {"title", "url"}, for channels that have buttons that open a page

    def as_body(self) -> dict[str, Any]:
        """Returns the JSON the outbox keeps."""
        body = {"text": self.text, "buttons": [{"title": b.title, "payload": b.payload} for b in self.buttons]}
        beside = {"media": self.media, "link": self.link}
        return body | {name: shown for name, shown in beside.items() if shown}


@dataclass(frozen=True)
class Turn:
    """What the engine made of one event."""

    replies: tuple[Reply, ...]
    tracker: list[dict[str, Any]]
    intent: str | None
    confidence: float | None
    ranking: list[dict[str, Any]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    #: Topic, facet, facts, act, what was open and the rule that chose (assistant.dialogue.reading); None: pressed.
    reading: dict[str, Any] | None = None
    language: str | None = None  # the conversation's; None: nothing is known of it
