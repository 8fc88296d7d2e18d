"""Shows what people will see of an answer on each channel, computed by the code that sends it there."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.content.book import Book, Part
from assistant.content.pictures import beside
from assistant.content.responses import responses_to
from assistant.content.topics import Topic
from assistant.editing.part_names import facet_title
from assistant.rasa.replies import reply_of
from connectors.all import kinds
from connectors.base.kind import Bubble

#: Stands for a topic of which only the title is known.
_NOTHING = Topic("", "", "", (), (), datetime.date.min)
_ITEM = re.compile(r"^\s*(\d{1,2}[.)]|[-•–])\s+(.*)$")


@dataclass(frozen=True)
class Shown(Bubble):
    """A message as the page shows it."""

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The lines, each with the mark of a list item before it, or nothing."""
        found = []
        for line in self.text.split("\n"):
            item = _ITEM.match(line)
            found.append((item[1], item[2]) if item else ("", line))
        return found


@dataclass(frozen=True)
class ShownPart:
    """A facet or a step: what staff call it, its name on the page, and its messages."""

    title: str
    name: str
    bubbles: tuple[Shown, ...]


@dataclass(frozen=True)
class Preview:
    """A channel and the messages of an answer there."""

    channel: str
    title: str
    bubbles: tuple[Shown, ...]
    more: tuple[Shown, ...]
    parts: tuple[ShownPart, ...] = ()


class Previews:
    """Lays answers out as the connectors do."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._layouts = [(kind.name, kind.title, kind.layout()) for kind in kinds() if kind.layout]

    def of(self, topic: Topic, known: dict[str, str], titles: dict[str, str]) -> list[Preview]:
        """Returns what a topic looks like on every channel.

        Args:
            topic: the topic.
            known: the titles of all topics and buttons by name.
            titles: the titles of buttons that are no topic.
        """
        said = [bodies[0] for bodies in responses_to(topic, known, titles).values()]
        answer, more = said[0] | beside(topic), said[1] if len(said) > 1 and (topic.more or topic.source) else None
        parts = _parts(topic, titles | {f"faq/{name}": shown for name, shown in known.items() if name not in titles})
        return [
            Preview(
                name, title, _shown(lay(self._body(answer, name))), _shown(lay(more)) if more else (),
                tuple(ShownPart(called, part, _shown(lay(body))) for called, part, body in parts),
            )
            for name, title, lay in self._layouts
        ]  # fmt: skip

    def _body(self, answer: dict[str, Any], channel: str) -> dict[str, Any]:
        """Returns the answer as the channel's outbox has it."""
        reply = reply_of(answer, channel, self._base_url)
        return reply.as_body() if reply else answer


def _parts(topic: Topic, titles: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Returns the facets and steps as they are said: what staff call each, its name, and the response."""
    others = {name: _NOTHING for name in titles if name.startswith("faq/")}
    book = Book(others | {topic.intent: topic}, {}, (), titles)
    said = [(facet_title(facet.name), name, book.side(topic.intent, name, ())) for name, facet in topic.facets.items()]
    numbers = range(1, len(topic.steps) + 1)
    said += [(f"bước {number}", f"step{number}", book.step(topic.intent, number)) for number in numbers]
    return [(title, name, _body(part, book)) for title, name, part in said if part is not None]


def _body(part: Part, book: Book) -> dict[str, Any]:
    buttons = [{"title": title, "payload": f"#{move}"} for move in part.buttons if (title := book.title(move))]
    return {"text": part.text, "buttons": buttons}


def _shown(bubbles: Sequence[Bubble]) -> tuple[Shown, ...]:
    return tuple(Shown(one.text, one.buttons, one.used, one.limit, one.picture) for one in bubbles)
