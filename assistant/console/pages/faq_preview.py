"""What people will see of an answer on each channel, computed by the code that sends it there."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from assistant.content.messenger_words import Words, read_content
from assistant.content.responses import responses_to
from assistant.content.topics import Topic
from assistant.settings import ROOT
from connectors.base.text import utf16
from connectors.messenger import messages as messenger
from connectors.messenger.layout import messages_of
from connectors.zalo import messages as zalo
from connectors.zalo.errors import Answer
from connectors.zalo.pace import Pace
from connectors.zalo.sender import Account, ZaloSender

_ITEM = re.compile(r"^\s*(\d{1,2}[.)]|[-•–])\s+(.*)$")


@dataclass(frozen=True)
class Bubble:
    """One message as it arrives: its text, what can be pressed, and how much of the limit it takes."""

    text: str
    buttons: tuple[str, ...]
    used: int
    limit: int

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The lines, each with the mark of a list item before it, or nothing."""
        found = []
        for line in self.text.split("\n"):
            item = _ITEM.match(line)
            found.append((item[1], item[2]) if item else ("", line))
        return found


@dataclass(frozen=True)
class Preview:
    """A channel and the messages of an answer there."""

    channel: str
    title: str
    bubbles: tuple[Bubble, ...]
    more: tuple[Bubble, ...]


class Previews:
    """Lays answers out as the connectors do."""

    def __init__(self) -> None:
        self._words: Words = read_content(ROOT / "data/channels/messenger.yml").words

    def of(self, topic: Topic, known: dict[str, str], titles: dict[str, str]) -> list[Preview]:
        """Returns what a topic looks like on every channel.

        Args:
            topic: the topic.
            known: the titles of all topics and buttons by name.
            titles: the titles of buttons that are no topic.
        """
        said = [bodies[0] for bodies in responses_to(topic, known, titles).values()]
        answer, more = said[0], said[1] if len(said) > 1 else None
        return [
            Preview(name, title, tuple(lay(answer)), tuple(lay(more)) if more else ())
            for name, title, lay in (
                ("zalo", "Zalo", self._zalo),
                ("messenger", "Messenger", self._messenger),
                ("web", "Trang web", self._web),
            )
        ]

    @staticmethod
    def _zalo(body: dict[str, Any]) -> list[Bubble]:
        wire = _Wire()
        sender = ZaloSender({"": Account(wire, _Standing())})  # type: ignore[arg-type]
        asyncio.run(sender.send("preview", body))
        return [
            Bubble(message["text"], _titles(message), zalo.length(message["text"]), zalo.TEXT_LIMIT)
            for message in wire.messages
        ]

    def _messenger(self, body: dict[str, Any]) -> list[Bubble]:
        found = []
        for message in messages_of(body, self._words):
            template = message.get("attachment", {}).get("payload", {})
            text = template.get("text") or message.get("text", "")
            limit = messenger.TEMPLATE_TEXT if template else messenger.TEXT_LIMIT
            found.append(Bubble(text, _titles(message), utf16(text), limit))
        return found

    @staticmethod
    def _web(body: dict[str, Any]) -> list[Bubble]:
        titles = tuple(button["title"] for button in body.get("buttons") or [])
        return [Bubble(body["text"], titles, len(body["text"]), 0)]


def _titles(message: dict[str, Any]) -> tuple[str, ...]:
    shown = message.get("quick_replies") or message.get("attachment", {}).get("payload", {}).get("buttons", [])
    return tuple(button["title"] for button in shown)


class _Standing:
    """An account that takes cards, as accounts do until Zalo refuses one."""

    async def takes_cards(self) -> bool:
        return True

    async def cards_were(self, taken: bool) -> None:
        """Nothing is kept of a preview."""

    def noted(self, answer: Answer, rate: tuple[int, int] | None) -> None:
        """Nothing is kept of a preview."""


class _Wire:
    """Takes what would go to Zalo; nothing leaves the machine."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.pace = Pace()

    async def post(self, path: str, payload: dict[str, Any]) -> Answer:
        self.messages.append(payload["message"])
        return Answer(0, {"message_id": "preview"})
