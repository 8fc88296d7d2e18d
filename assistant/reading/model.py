"""What is read of a message alone, where a conversation stands, and what the two make together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, Protocol, TypeVar

#: The language in which a message is read where nothing speaks for another.
DEFAULT = "vi"
Found = TypeVar("Found")
Act = Literal["asks", "tells", "answers", "thanks", "greets", "complains", "in_danger"]
#: What may be open: a slot of a form, a question of the advice, a step of a guide, a yes/no, a choice of several.
OpenKind = Literal["", "slot", "advice", "guide", "confirm", "yes_no", "choice"]


@dataclass(frozen=True)
class OwnFacet:
    """A facet that one topic alone has, and how probably the message asks for it."""

    topic: str
    facet: str
    likeness: float


def no_own_facet(topic: str) -> OwnFacet | None:
    """Finds nothing: content without facets of topics' own."""
    return None


class Sides(Protocol):
    """What topics there are, which sides they have, and what words for them are about."""

    def knows(self, topic: str) -> bool:
        """Tells whether there is such a topic or situation."""

    def has(self, topic: str, facet: str) -> bool:
        """Tells whether a topic answers a facet in words of its own."""

    def concepts(self, topic: str, facet: str) -> dict[str, float]:
        """Returns in which share of the words for a side each concept is named; "*": in all words of the topic."""


@dataclass(frozen=True)
class Asked:
    """What a part of a message asks: the likeliest facet of any topic, and what finds a topic's own."""

    facet: str
    confidence: float
    own: Callable[[str], OwnFacet | None] = no_own_facet


@dataclass(frozen=True)
class Raw:
    """A message read by itself.

    `ranking` and `facets` are (name, probability), most probable first; `facts` a probability each;
    `entities` the names of identifiers in it, each as often as it stands there; `subjects` the concepts of
    ours that its words name.
    """

    text: str
    ranking: Sequence[tuple[str, float]]
    facets: Sequence[tuple[str, float]] = ()
    own: Callable[[str], OwnFacet | None] = no_own_facet  # of a topic
    owners: tuple[str, ...] = ()  # the topics that have facets of their own
    facts: Mapping[str, float] = field(default_factory=dict)
    entities: tuple[str, ...] = ()
    plain: str = ""  # the words without accents, as the classifier reads them
    typed: str = ""  # the text without accents in lower case: figures keep their points
    subjects: frozenset[str] = frozenset()
    words: int = 0
    threshold: float = 0.45  # below it a topic is not answered (the model's own)
    pieces: Sequence[tuple[str, float]] = ()  # topic and probability of each sentence of a long message
    parts: Sequence[Asked] = ()  # of a message that asks several sides in one breath
    language: str = DEFAULT  # in which it is read
    sides: Sides | None = None  # of the content the model was trained with; None: nothing is weighed
    worked_out: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)  # see `once`


def once(work: Callable[[Raw], Found]) -> Callable[[Raw], Found]:
    """Lets what is worked out of a message alone be worked out once, however many rules ask for it."""
    name = f"{work.__module__}.{work.__qualname__}"

    @wraps(work)
    def kept(raw: Raw) -> Found:
        known = raw.worked_out
        if name not in known:
            known[name] = work(raw)
        found: Found = known[name]
        return found

    return kept


@dataclass(frozen=True)
class State:
    """Where a conversation stands before a message.

    `topic` is what is talked about: an intent's full name or a situation's; `situations` what acts of
    ours left, newest first; `offered` the payloads of the buttons last shown.
    """

    topic: str = ""
    facts: frozenset[str] = frozenset()
    whose: str = ""
    danger: bool = False
    open: OpenKind = ""
    slot: str = ""  # the slot a form asks for
    form: str = ""
    step: int = 0  # the step last said of the topic's steps; 0: none
    situations: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    agenda: tuple[str, ...] = ()  # several things that were asked at once
    asks: str = ""  # what the last text asked at its end: "email", "sim", "vneid"
    said: frozenset[str] = frozenset()  # names of what was said in this conversation
    last: str = ""  # the newest of them
    choices: str = ""  # the accounts among which the person has to choose, as assistant.nlu.roles writes them


@dataclass(frozen=True)
class Decision:
    """What a message means in its context; `label` is the intent that Rasa's rules see, `rule` why."""

    label: str
    confidence: float
    rule: str
    topic: str = ""
    facet: str = ""
    step: int = 0
    act: Act = "asks"
    told: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    danger: bool = False
    agenda: tuple[str, ...] = ()
    also: str = ""  # what may be meant as well: a topic, or a side of one ("faq/office#cost")

    def as_dict(self, state: State) -> dict[str, Any]:
        """Returns what the transcript keeps: the four parts, what was open, and the rule that chose."""
        return {
            "topic": self.topic,
            "facet": self.facet,
            "step": self.step,
            "act": self.act,
            "told": sorted(self.told),
            "facts": sorted(self.facts),
            "danger": self.danger,
            "open": state.open + (f":{state.slot}" if state.slot else ""),
            "before": state.topic,
            "rule": self.rule,
            "agenda": list(self.agenda),
            "also": self.also,
        }
