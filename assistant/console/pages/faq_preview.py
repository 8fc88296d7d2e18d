"""Shows what people will see of an answer on each channel, computed by the code that sends it there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.content.responses import responses_to
from assistant.content.topics import Topic
from connectors.all import kinds
from connectors.base.kind import Bubble

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
class Preview:
    """A channel and the messages of an answer there."""

    channel: str
    title: str
    bubbles: tuple[Shown, ...]
    more: tuple[Shown, ...]


class Previews:
    """Lays answers out as the connectors do."""

    def __init__(self) -> None:
        self._layouts = [(kind.name, kind.title, kind.layout()) for kind in kinds() if kind.layout]

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
            Preview(name, title, _shown(lay(answer)), _shown(lay(more)) if more else ())
            for name, title, lay in self._layouts
        ]


def _shown(bubbles: Sequence[Bubble]) -> tuple[Shown, ...]:
    return tuple(Shown(one.text, one.buttons, one.used, one.limit) for one in bubbles)
