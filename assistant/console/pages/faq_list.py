"""The list of topics: found by words, with their age, their use, and what people objected to."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from assistant.console.pages.content import Content
from assistant.console.pages.faq_sources import RestsOn, sources_of
from assistant.console.visit import Visit
from assistant.content.library import Held
from assistant.content.sources import said
from assistant.content.topics import Topic
from assistant.nlu.text import strip_accents
from assistant.runtime.times import today

#: Days since the last check from which an answer is getting old, and is too old (the content check says so, too).
AGEING, OLD = 270, 365
_USE = """
SELECT topic, sum(answered) AS answered, sum(objected) AS objected FROM learning_usage
WHERE day > %s GROUP BY topic
"""
_RETIRED = """
SELECT topic, max(at) AS at FROM content_changes WHERE action = 'retired' AND NOT topic = ANY(%s)
GROUP BY topic ORDER BY max(at) DESC
"""
USE_DAYS = 30


@dataclass(frozen=True)
class Row:
    """One topic of the list."""

    held: Held
    age: int
    answered: int
    objected: int
    errors: int
    found: str  # the question that the search found, where nothing else shows why
    rests_on: RestsOn  # acts and figures

    @property
    def topic(self) -> Topic:
        """The topic; its file can be read."""
        assert self.held.topic is not None
        return self.held.topic

    @property
    def answer(self) -> str:
        """The answer as people read it."""
        return said(self.topic.answer)

    @property
    def share(self) -> float:
        """How much of the answers was objected to."""
        return self.objected / self.answered if self.answered else 0.0

    @property
    def staleness(self) -> str:
        """The class of its age."""
        return "bad" if self.age > OLD else "warn" if self.age > AGEING else "good"


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Returns a text as the search compares it: no accents, no capitals."""
    return strip_accents(text).casefold()


def _match(topic: Topic, search: str) -> str | None:
    """Returns "" if a topic's own texts have what is searched for, the question that has it, or None.

    A text that has it as it was typed comes before one that has the words somewhere.
    """
    own = plain(" ".join((topic.name, topic.title, topic.answer, topic.more, " ".join(topic.source))))
    for wanted in ([search], search.split()):
        if all(word in own for word in wanted):
            return ""
        for question in topic.questions:
            if all(word in plain(question) for word in wanted):
                return question
    return None


SORTS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "title": ("Tên", lambda row: plain(row.topic.title)),
    "age": ("Cũ nhất trước", lambda row: (row.topic.checked_on, row.held.name)),
    "answered": ("Dùng nhiều nhất", lambda row: (-row.answered, row.held.name)),
    "objected": ("Bị phản đối nhiều nhất", lambda row: (-row.objected, -row.share, row.held.name)),
    "questions": ("Ít câu hỏi nhất", lambda row: (len(row.topic.questions), row.held.name)),
}


def rows_of(visit: Visit, content: Content, search: str, sort: str) -> list[Row]:
    """Returns the topics that have all words of a search, in an order."""
    day = today()
    use = {row.topic: row for row in visit.rows(_USE, day - datetime.timedelta(days=USE_DAYS))}
    wanted, rows, errors = " ".join(plain(search).split()), [], content.errors()
    sources = sources_of(content.library.data, day)
    for held in content.library.all():
        if held.topic is None:
            continue
        found = _match(held.topic, wanted)
        if found is not None:
            used = use.get(held.name)
            numbers = (int(used.answered), int(used.objected)) if used else (0, 0)
            age = (day - held.topic.checked_on).days
            rows.append(Row(held, age, *numbers, errors[held.name], found, sources.of(held.topic)))
    return sorted(rows, key=SORTS.get(sort, SORTS["title"])[1])


def unreadable(content: Content) -> list[Held]:
    """Returns the files that cannot be read."""
    return [held for held in content.library.all() if held.topic is None]


def retired(visit: Visit, present: Iterable[str]) -> list[Any]:
    """Returns the topics that were taken out, newest first."""
    return visit.rows(_RETIRED, list(present))
