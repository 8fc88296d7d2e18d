"""What hangs on an act: every part of an answer that cites it, so that staff re-check them all when it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.content import constants as figures
from assistant.content.check_subjects import texts_of
from assistant.content.constants import read_constants
from assistant.content.findings import line_of
from assistant.content.sources import Act, cited, read_acts
from assistant.content.topics import Topic, read_topic, topic_files

#: An act's number as its title and the sources of answers write it: 41/2024/QH15, 366/QĐ-BHXH.
_NUMBER = re.compile(r"\b\d+/(?:\d{4}/)?[A-ZĐ]+[\w-]*", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A part of the content that rests on an act: its file and line, what it is called, the articles."""

    path: Path
    line: int
    name: str
    articles: tuple[str, ...]

    def as_text(self, root: Path) -> str:
        """Returns the part on a line, its file relative to `root` where it is below it."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        articles = f": {', '.join(self.articles)}" if any(self.articles) else ""
        return f"{path}:{self.line}: {self.name}{articles}"


def acts_with_parts(data: Path) -> Mapping[str, tuple[Act, tuple[Part, ...]]]:
    """Returns the acts by their short names, each with all that hangs on it."""
    topics = [(path, read_topic(path)) for path in topic_files(data)]
    return {name: (act, tuple(_parts(data, act, topics))) for name, act in read_acts(data).items()}


def _parts(data: Path, act: Act, topics: list[tuple[Path, Topic]]) -> Iterator[Part]:
    for name, periods in read_constants(data).periods.items():
        path = data / figures.FILE
        if any(period.source == act.name for period in periods):
            yield Part(path, line_of(path, f"{name}:"), name, ())
    for path, topic in topics:
        yield from _of_topic(path, topic, act)


def _of_topic(path: Path, topic: Topic, act: Act) -> Iterator[Part]:
    found = False
    for _, needle, text in texts_of(topic):
        articles = tuple(one.article for one in cited(text) if one.act == act.name)
        if articles:
            found = True
            yield Part(path, line_of(path, needle), needle.rstrip(":"), articles)
    quoted = tuple(one.cite.partition(" ")[2] for one in topic.wording if one.cite.partition(" ")[0] == act.name)
    if quoted:
        found = True
        yield Part(path, line_of(path, "wording:"), "wording", quoted)
    number = _NUMBER.search(act.title)
    if not found and number and any(number[0].casefold() in source.casefold() for source in topic.source):
        yield Part(path, line_of(path, "source:"), "source", ())  # an answer whose sentences name no articles
