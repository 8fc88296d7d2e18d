"""Finds in a subject's own texts the passage that a question is about, by the words they share.

A subject of social insurance has many more particulars than sides that could be told apart by examples: what of it a
question means is found in what is said of it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from assistant.content.english import EN
from assistant.content.facets import CORE
from assistant.content.languages import DEFAULT
from assistant.content.sources import said
from assistant.content.topics import Topic
from assistant.nlu.english import prepared as in_english
from assistant.nlu.features import prepared
from assistant.nlu.text import strip_accents

#: Sides that say the rest in other words, and are no passage of their own.
_SAY_THE_REST = frozenset({"again", "simpler"})
#: So much shared words must weigh together, where no side is known to be asked, and where one is (chosen on talks).
LEAST, CLEAR = 6.0, 11.0
#: By so much a first question shares more with one passage than with any other.
_CLEARER = 1.3
_FIGURE = re.compile(r"\d+")
_NUMBER = re.compile(r"^\d+\. ")
#: Where a text says the next thing (what only goes on with it is no other); and so much a word of its own weighs in a
#: question about one of them.
_CLAUSE, _NAMED = re.compile(r"(?<=[.!?])\s+|(?<=;)\s+(?!(?:để|thì|khi đó|sau đó|và|quá|giấy) )|\n+"), 1.8
#: Two words in a row weigh so much beside each of them.
_PAIR = 0.5


@dataclass(frozen=True)
class Passage:
    """A piece of a topic's texts: the name under which a conversation remembers it, and its text."""

    key: str
    text: str


class Passages:
    """The passages of some topics, and how rare each word is among them."""

    def __init__(self, topics: Iterable[Topic], language: str = DEFAULT) -> None:
        """Takes the topics as they speak in a language."""
        topics, self._uniform = tuple(topics), in_english if language == EN else prepared
        self._of = {topic.intent: [(one, self._terms(one.text)) for one in _passages(topic)] for topic in topics}
        self._whole = {topic.intent: self._terms(f"{topic.title} {topic.answer}") for topic in topics}
        # What people ask with ("bao nhiêu", "thì sao") is as usual as it is in questions, however rare in answers.
        questions = [self._terms(question) for topic in topics for question in topic.questions]
        self._weights = _weights([*(terms for passages in self._of.values() for _, terms in passages), *questions])

    def best(self, topic: str, question: str, told: Collection[str], least: float = LEAST) -> Passage | None:
        """Returns the passage of a topic, not said yet, that shares most with a question.

        Args:
            topic: its full name.
            question: as written.
            told: keys of what was said.
            least: so much the shared words must weigh; below it there is none.
        """
        asked = self._terms(question)
        found = [(self._shared(asked, terms), one) for one, terms in self._of.get(topic, ()) if one.key not in told]
        score, one = max(found, key=lambda each: each[0], default=(0.0, None))
        return one if score >= least else None

    def clearest(self, topic: str, question: str) -> Passage | None:
        """Returns the passage that a first question is about beyond doubt, where the whole answer does not say it.

        A side that is asked in words of its own (time, papers) is found by them, not by what it shares.
        """
        asked = self._terms(question) - self._whole[topic]  # what the whole answer says as well tells nothing apart
        found = sorted(
            ((self._shared(asked, terms), one) for one, terms in self._of.get(topic, ())), key=lambda f: -f[0]
        )
        if len(found) < 2 or found[0][0] < max(CLEAR, _CLEARER * found[1][0]):
            return None
        side = found[0][1].key.partition("#")[2]
        return None if side in CORE or side == "how" or side.startswith("answer") else found[0][1]

    def particular(self, text: str, question: str) -> str:
        """Returns the clause of a text that was said which a question is about; "" if it is about none of them."""
        if not set(_FIGURE.findall(question)) <= set(_FIGURE.findall(text)):
            return ""  # "con 5 tuổi thì sao", of shares for other ages: no clause can be told from the words
        asked = self._terms(question)
        clauses = [clause.strip() for clause in _CLAUSE.split(text) if clause.strip()]
        scores = [self._shared(asked, self._terms(clause)) for clause in clauses]
        if len(clauses) < 2 or max(scores) < _NAMED:
            return ""
        clause = _NUMBER.sub("", clauses[scores.index(max(scores))]).rstrip(";,")
        return clause[:1].upper() + clause[1:] + ("" if clause.endswith((".", "!", "?")) else ".")

    def _terms(self, text: str) -> frozenset[str]:
        words = strip_accents(self._uniform(text)).split()
        return frozenset(words) | {" ".join(pair) for pair in pairwise(words)}

    def _shared(self, asked: Collection[str], terms: Collection[str]) -> float:
        return sum(self._weights.get(term, 0.0) * (_PAIR if " " in term else 1.0) for term in asked if term in terms)


def _passages(topic: Topic) -> Iterator[Passage]:
    """Yields each passage of a topic."""
    for name, facet in topic.facets.items():
        if name not in _SAY_THE_REST:
            yield Passage(f"{topic.intent}#{name}", facet.say)
    for part, text in (("answer", topic.answer), ("more", topic.more)):
        for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
            if not said(line).endswith(":"):  # what begins a list says nothing without it
                yield Passage(f"{topic.intent}#{part}{number}", _NUMBER.sub("", line))


def _weights(texts: Collection[Collection[str]]) -> Mapping[str, float]:
    """Returns how much each word says: the rarer among the texts, the more."""
    counts = Counter(term for terms in texts for term in terms)
    return {term: math.log((1 + len(texts)) / (1 + count)) for term, count in counts.items()}
