"""What a message may mean: sides of topics that are near, and what speaks for each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from assistant.reading import facts as situation
from assistant.reading.model import OwnFacet, Raw, Sides, State
from assistant.reading.own_sides import active
from assistant.reading.signals import (
    NONE,
    SMALL_TALK,
    SUBJECTS,
    best,
    best_topic,
    is_elsewhere,
    is_led,
    is_topic,
    subject_mass,
    talked_about,
)
from assistant.reading.state import ASIDES

#: Sides that every topic can answer, if only in general words (data/dialogue_responses/facets.yml).
OF_ANY = frozenset(
    ["how", "cost", "time", "where", "bring", "who", "hours", "safe", "if_no_email", "if_no_phone", "next_step",
     "simpler", "not_working", "again", "changed_since", "common_mistake"]
)  # fmt: skip
_TOPICS, _FACETS, _FAINT = 5, 4, 0.1
#: What counts beyond these is the same.
_FAR, _LONG = 10, 30
_UNKNOWN = 0.0005


@dataclass(frozen=True)
class Candidate:
    """A side of a topic; no facet: its whole answer."""

    topic: str
    facet: str = ""

    @property
    def key(self) -> str:
        """Returns the name under which a conversation remembers that it was said."""
        return f"{self.topic}#{self.facet}" if self.facet else self.topic


@dataclass(frozen=True)
class Message:
    """A message in its place, with what all its candidates share worked out once."""

    raw: Raw
    state: State
    sides: Sides

    @cached_property
    def here(self) -> tuple[str, ...]:
        """The topics that are talked about, the nearest first."""
        return active(self.state)

    @cached_property
    def topics(self) -> dict[str, tuple[float, int]]:
        """Each topic's probability and place in the ranking."""
        found: dict[str, tuple[float, int]] = {}
        for place, (name, probability) in enumerate(self.raw.ranking):
            found.setdefault(talked_about(name), (probability, place))
        return found

    @cached_property
    def facets(self) -> dict[str, tuple[float, int]]:
        """Each common facet's probability and place."""
        return {name: (probability, place) for place, (name, probability) in enumerate(self.raw.facets)}

    @cached_property
    def own(self) -> dict[str, OwnFacet]:
        """The likeliest of each topic's own facets."""
        names = dict.fromkeys((*self.raw.owners, *ASIDES.values(), "emergency", "several", *self.here))
        return {name: found for name in names if (found := self.raw.own(name)) is not None}

    @cached_property
    def likeness(self) -> tuple[float, float]:
        """How like the message is to an own facet, of any topic and of those that are talked about."""
        of_any = max((found.likeness for found in self.own.values()), default=0.0)
        return of_any, max((self.own[name].likeness for name in self.here if name in self.own), default=0.0)

    @cached_property
    def told(self) -> frozenset[str]:
        """What it tells of the person's situation."""
        return situation.told(self.raw)

    @cached_property
    def subjects(self) -> list[str]:
        """The concepts of ours that are named."""
        return [name for name in self.raw.subjects if name in SUBJECTS]

    @cached_property
    def shared(self) -> list[float]:
        """What is the same for all candidates."""
        label, confidence = best(self.raw)
        small = label in SMALL_TALK
        return [
            best_topic(self.raw)[1],
            self.facets.get(NONE, (0.0, 0))[0],
            self.likeness[1],
            min(self.raw.words, _LONG),
            len(self.subjects),
            is_led(self.state),
            bool(self.state.open),
            small,
            confidence if small else 0.0,
            len(self.told),
            len(self.state.facts),
            not self.state.topic,
            max(max((p for name, p in self.raw.ranking if is_elsewhere(name)), default=0.0), subject_mass(self.raw)),
        ]

    def candidates(self) -> list[Candidate]:
        """Returns the sides that are near: of what is talked about, of likely topics, and what is worded like it."""
        likely = [talked_about(name) for name, _ in self.raw.ranking if is_topic(name)][:_TOPICS]
        facets = [name for name in self.facets if name != NONE][:_FACETS]
        found = [
            Candidate(topic, facet)
            for topic in dict.fromkeys((*self.here, *likely))
            for facet in ("", *facets)
            if self.sides.knows(topic) and (not facet or facet in OF_ANY or self.sides.has(topic, facet))
        ]
        found += [
            Candidate(own.topic, own.facet)
            for own in self.own.values()
            if own.likeness >= _FAINT or own.topic in self.here
        ]
        return list(dict.fromkeys(found))

    def evidence(self, one: Candidate) -> list[float]:
        """Returns what speaks for and against a candidate, a number each; those that all share come last."""
        probability, place = self.topics.get(one.topic, (_UNKNOWN, _LONG))
        own = self.own.get(one.topic)
        likeness = own.likeness if own is not None and own.facet == one.facet else 0.0
        common = one.facet in self.facets
        side, side_place = self.facets.get(one.facet or NONE, (0.0, _FAR))
        return [
            probability,
            math.log(probability + 0.001),
            min(place, _FAR),
            best_topic(self.raw)[1] - probability,
            one.topic == self.state.topic,
            one.topic in self.state.situations,
            bool(self.state.slot) and self.here[:1] == (one.topic,),
            one.topic == "emergency",
            not one.facet,
            bool(one.facet) and common,
            bool(one.facet) and not common,
            not one.facet or self.sides.has(one.topic, one.facet),
            side,
            min(side_place, _FACETS + 1),
            likeness,
            0 < likeness == self.likeness[0],
            self.likeness[0] - likeness,
            one.key in self.state.said,
            *self._named(self.sides.concepts(one.topic, one.facet), 2.0, 0.03),
            *self._named(self.sides.concepts(one.topic, "*"), 3.0, 0.02),
            *self.shared,
        ]

    def _named(self, shares: dict[str, float], times: float, least: float) -> tuple[float, int]:
        """Returns how usual the things named are in words for a side, and how many of them are strange there."""
        if not self.subjects:
            return 0.5, 0
        usual = sum(min(1.0, times * shares.get(name, 0.0)) for name in self.subjects) / len(self.subjects)
        return usual, sum(shares.get(name, 0.0) < least for name in self.subjects)
