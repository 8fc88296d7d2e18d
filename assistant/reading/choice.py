"""Chooses among what a message may mean, by what was right in conversations that were played.

Rules say first what only a rule can know (a form, danger, a stop, a number). Where they would guess at a topic or a
side of one, all candidates are weighed together: rules tuned on some conversations lose in others what they win there
(docs/understanding.md).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.reading.candidates import Candidate, Message
from assistant.reading.model import Decision, Raw, State
from assistant.reading.signals import FALLBACK, TALKED_ABOUT, about, is_topic
from assistant.reading.trees import Trees

WEIGHTS = Path(__file__).with_name("choice.npz")
#: Rules that guess at a side, and are wrong in every third turn of strangers' conversations; what the others say is
#: right in four of five, and weighing it won no more than it lost.
GUESSES = frozenset(["asks_back", "same_side", "likely_side", "as_read"])
#: By so much a candidate must be likelier than the rule's own, or so likely where the rule has none.
_CLEARLY, _ENOUGH = 0.2, 0.6
_LABEL_OF = {topic: label for label, topic in TALKED_ABOUT.items()}


@cache
def _trees() -> Trees:
    return Trees.load(WEIGHTS)


def is_guess(found: Decision, state: State) -> bool:
    """Tells whether a rule's decision is a guess at what is asked of us, which all candidates are weighed against.

    Words that nobody understands at a conversation's beginning stay so: there is nothing that they could belong to.
    """
    if found.rule not in GUESSES or found.label == "other_bhxh":
        return False
    return speaks_of_a_topic(found) or (found.label == FALLBACK and bool(state.topic))


def speaks_of_a_topic(found: Decision) -> bool:
    """Tells whether a decision is to speak of a topic or a side of one."""
    return is_topic(found.label) or found.label == "about"


def choose(found: Decision, raw: Raw, state: State) -> Decision:
    """Returns the likeliest candidate's decision, or the rule's where that is the likeliest or no guess."""
    if raw.sides is None or not is_guess(found, state):
        return found
    message = Message(raw, state, raw.sides)
    near = message.candidates()
    if not near:
        return found
    probable = _trees().probabilities(np.array([message.evidence(one) for one in near], np.float32))
    own = Candidate(found.topic, found.facet)
    place = likeliest(probable, near.index(own) if own in near else -1)
    return found if place < 0 or near[place] == own else _decision(near[place], float(probable[place]))


def likeliest(probable: NDArray[Any], rule: int) -> int:
    """Returns the place of the likeliest candidate; -1 for the rule's where none is clearly likelier.

    Args:
        probable: the probability of each candidate.
        rule: the place of the rule's own; -1 if it is none of them, or nothing was understood.
    """
    place = int(probable.argmax())
    least = probable[rule] + _CLEARLY if rule >= 0 else _ENOUGH
    return place if probable[place] >= least else -1


def _decision(chosen: Candidate, confidence: float) -> Decision:
    if chosen.facet:
        return about(chosen.topic, chosen.facet, confidence, "weighed")
    label = _LABEL_OF.get(chosen.topic, chosen.topic)
    if is_topic(label):
        return Decision(label, confidence, "weighed", chosen.topic)
    return about(chosen.topic, "", confidence, "weighed")
