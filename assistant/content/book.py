"""What can be said of a topic: the whole answer, one side of it, one step; and in which words a second time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.content.constants import Constants, read_constants
from assistant.content.facets import Facet, Step
from assistant.content.languages import DEFAULT, LANGUAGES
from assistant.content.passages import CLEAR, LEAST, Passage, Passages
from assistant.content.people import PersonRow, read_people
from assistant.content.pictures import beside
from assistant.content.responses import MORE, MOST_BUTTONS, SOURCE, button_titles
from assistant.content.situations import Situation, read_situations
from assistant.content.sources import said as read_by_people
from assistant.content.topics import KINDS, SUBJECT, Topic, all_topics
from assistant.reading.facts import LASTING

#: Sides that say where a thing is done themselves, or say less.
_NAMES_NO_PLACE = frozenset({"where", "simpler", "again"})
#: Said instead of a whole answer the second time, the first that exists and was not said: a side of the topic.
_SECOND_TIME = ("again", "simpler")
_STEP = {"vi": "Bước", "en": "Step"}


@dataclass(frozen=True)
class Part:
    """Something to say: its text or the response that holds it, the buttons below, and its name in the memory."""

    key: str
    text: str
    buttons: tuple[str, ...] = ()
    step: int = 0
    beside: Mapping[str, Any] = field(default_factory=dict)  # picture and link, as fields of a message


@dataclass(frozen=True)
class Book:
    """All topics and situations with their parts."""

    topics: Mapping[str, Topic]
    situations: Mapping[str, Situation]
    people: tuple[PersonRow, ...]
    titles: Mapping[str, str]
    constants: Constants = field(default_factory=Constants)
    language: str = DEFAULT

    @property
    def asked(self) -> Mapping[str, str]:
        """Returns what the texts for people ask at their end, by the response's name."""
        return {row.say: row.asks for row in self.people}

    def subject(self, name: str) -> Topic | Situation | None:
        """Returns the topic or situation of a name; None if there is none (any more)."""
        return self.topics.get(name) or self.situations.get(name)

    def row_for(self, facts: Collection[str], told: Collection[str]) -> PersonRow | None:
        """Returns the first row for people that fits what is known and asks for something just told."""
        return next((row for row in self.people if row.fits(facts) and row.facts & (set(told) | LASTING)), None)

    def whole(self, name: str, said: Collection[str]) -> Part | None:
        """Returns the whole answer, or in its place a shorter one if it was said before; None if all was said."""
        subject = self.subject(name)
        if subject is None:
            return None
        if name not in said:
            if isinstance(subject, Topic):
                return Part(name, read_by_people(subject.whole), self.moves(subject), beside=beside(subject))
            return Part(name, read_by_people(subject.answer), self.moves(subject))
        found = (self.side(name, facet, said) for facet in _SECOND_TIME)
        return next((part for part in found if part is not None and part.key not in said), None)

    def side(self, name: str, facet: str, said: Collection[str], step: int = 0) -> Part | None:
        """Returns one side of a topic in words not said yet, else the last words for it; None if it has none."""
        subject = self.subject(name)
        if subject is None:
            return None
        if facet == "next_step" and subject.steps:
            return self._step(name, subject.steps, step + 1)
        found = subject.facets.get(facet)
        if found is None:
            return None
        key = f"{name}#{facet}"
        if key in said and facet in ("simpler", "again") and subject.steps and step == 0:
            return self._step(name, subject.steps, 1)
        named = facet in (_NAMES_NO_PLACE if self.language == DEFAULT else _NAMES_NO_PLACE - {"again"})
        place = subject.place if isinstance(subject, Topic) and not named else ""
        said = "\n".join(filter(None, (found.say, place)))
        return Part(key, read_by_people(said), self.moves(subject), step)

    def rest(self, name: str, said: Collection[str]) -> Part | None:
        """Returns what stands behind the button for more of a topic; None if that was said, or nothing stands there."""
        subject, key = self.subject(name), f"{name}#more"
        if not isinstance(subject, Topic) or not subject.more or key in said:
            return None
        return Part(
            key, read_by_people(subject.more), tuple(move for move in self.moves(subject) if move[:5] != "more/")
        )

    def passage(self, name: str, question: str, said: Collection[str], with_side: bool) -> Part | None:
        """Returns what of a subject's texts a question is about, not said yet; None if it shares too little with any.

        Args:
            name: the subject's full name.
            question: as written.
            said: keys of what was said.
            with_side: a side of the subject is known to be asked, so that a passage has to be clearer.
        """
        return self._passage(name, self.passages.best(name, question, said, CLEAR if with_side else LEAST), said)

    def clearest(self, name: str, question: str) -> Part | None:
        """Returns what of a subject's texts a first question is surely about; None if its whole answer says it."""
        return self._passage(name, self.passages.clearest(name, question), ())

    def particular(self, part: Part, question: str) -> Part | None:
        """Returns the clause of what was said that a question comes back to; None if it names none of them."""
        only = self.passages.particular(part.text, question)
        return replace(part, text=only, beside={}) if only else None

    def _passage(self, name: str, found: Passage | None, said: Collection[str]) -> Part | None:
        if found is None:
            return None
        side = self.side(name, found.key.partition("#")[2], said)
        return side or Part(found.key, read_by_people(found.text), self.moves(self.topics[name]))

    @cached_property
    def passages(self) -> Passages:
        """The passages of all subjects."""
        return Passages((topic for topic in self.topics.values() if topic.kind == SUBJECT), self.language)

    def step(self, name: str, number: int) -> Part | None:
        """Returns a step by its number; None if the topic has no such step."""
        subject = self.subject(name)
        return self._step(name, subject.steps, number) if subject and subject.steps else None

    def step_place(self, name: str, number: int) -> Part | None:
        """Returns where the step is that was said last; None if it does not say."""
        subject = self.subject(name)
        if subject is None or not 1 <= number <= len(subject.steps) or not subject.steps[number - 1].where:
            return None
        return Part(f"{name}#step{number}:where", subject.steps[number - 1].where, self.moves(subject), number)

    def _step(self, name: str, steps: tuple[Step, ...], number: int) -> Part | None:
        if not 1 <= number <= len(steps):
            return None
        step = steps[number - 1]
        return Part(
            f"{name}#step{number}",
            f"{_STEP[self.language]} {number}/{len(steps)}: {step.name}.\n{read_by_people(step.say)}",
            (),
            number,
        )

    def moves(self, subject: Topic | Situation) -> tuple[str, ...]:
        """Returns the payloads of the buttons below a topic's answers."""
        more = (f"more/{subject.name}",) if isinstance(subject, Topic) and subject.says_more else ()
        source = (f"source/{subject.name}",) if isinstance(subject, Topic) and subject.kind == SUBJECT else ()
        return (*more, *source, *(self.payload(name) for name in subject.next))[:MOST_BUTTONS]

    def payload(self, name: str) -> str:
        """Returns the intent that a button of `next` presses."""
        return next((topic for kind in KINDS if (topic := f"{kind}/{name}") in self.topics), name)

    def title(self, payload: str) -> str:
        """Returns the title of a button; "" if nothing is known of it."""
        behind = payload.partition("/")[0]
        if behind in (MORE, SOURCE):
            return self.titles.get(behind, "")
        return self.titles.get(payload, "")

    def facet_of(self, name: str, facet: str) -> Facet | None:
        """Returns a facet as staff wrote it."""
        subject = self.subject(name)
        return subject.facets.get(facet) if subject else None

    def spoken(self, language: str) -> Book:
        """Returns the book in a language; what does not stand in it there, stands in the default."""
        topics = {name: topic.spoken(language) or topic for name, topic in self.topics.items()}
        return replace(
            self,
            topics=topics,
            situations={name: found.spoken(language) or found for name, found in self.situations.items()},
            titles=dict(self.titles) | {name: topic.title for name, topic in topics.items()},
            language=language,
        )


def read_books(data: Path) -> dict[str, Book]:
    """Reads what a content folder says, in each language."""
    book, titles = read_book(data), {language: button_titles(data, language) for language in LANGUAGES}
    books = {language: book.spoken(language) for language in LANGUAGES}
    return {name: replace(found, titles=dict(found.titles) | titles[name]) for name, found in books.items()}


def read_book(data: Path) -> Book:
    """Reads what a content folder says of topics, situations and people."""
    topics = {topic.intent: topic for topic in all_topics(data)}
    titles = button_titles(data) | {name: topic.title for name, topic in topics.items()}
    return Book(
        topics, read_situations(data / "situations"), read_people(data / "routes.yml"), titles, read_constants(data)
    )
