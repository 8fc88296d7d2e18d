"""Says what may be meant beside what a rule guesses, by what was right in conversations that were played.

Rules say first what only a rule can know (a form, danger, a stop, a number). Where they guess at a topic or a side of
one, all candidates are weighed together. To let the likeliest take the place of the rule's won hardly more turns than
it lost; to say both where the rule's is not the likeliest wins, the likeliest first where it is so by far
(docs/understanding.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.reading import facts as situation
from assistant.reading.candidates import Candidate, Message
from assistant.reading.model import DEFAULT, Decision, Raw, State
from assistant.reading.sides_asked import asked_too
from assistant.reading.signals import ACCESS, COMMAND, FAINT, GIST, about, is_subject
from assistant.reading.state import ASIDES
from assistant.reading.trees import Trees

WEIGHTS = Path(__file__).with_name("choice.npz")
#: Rules that say what is likely: beside their answers a second one may stand.
LIKELY = frozenset(
    ["asks_back", "same_side", "likely_side", "as_read", "new_topic", "new_topic_side", "own_wording",
     "wording_of_any", "passage", "question_about_reset"]
)  # fmt: skip
#: So likely is an answer that is no candidate.
_NO_CANDIDATE = 0.3
#: By so much likelier than a rule's answer, the other is said first (of 19 such turns of strangers 9 won, 1 lost).
_FAR_LIKELIER = 0.3
#: What nobody is told on the chance that they meant it; so is a situation of ours that does not last.
NEVER_ON_CHANCE = frozenset(["emergency", "dead_relative", "reset", "reset_done", "several", "other_bhxh"])
#: Whoever told this is to hear of ways that fit them: of others nothing on chance.
WAYS_ARE_KNOWN = situation.LASTING | {"cannot_call", "scam_done"}


@cache
def _trees() -> Trees:
    return Trees.load(WEIGHTS)


def choose(found: Decision, raw: Raw, state: State) -> Decision:
    """Returns the decision with what is asked or may be meant as well (`also`); what nobody understands stays so.

    The trees know Vietnamese talks alone.
    """
    if side := asked_too(found, raw, state):
        return replace(found, also=side)
    if raw.sides is None or raw.language != DEFAULT or not is_likely(found, state):
        return found
    message = Message(raw, state, raw.sides)
    near = [one for one in message.candidates() if may_be_chance(one, found, message)]
    if not near:
        return found
    probable = _trees().probabilities(np.array([message.evidence(one) for one in near], np.float32))
    first = Candidate(found.topic, found.facet)
    another = second(near, probable, first, state)
    if another is None:
        return found
    confidence = float(probable[near.index(another)])
    named = another.topic in message.here or message.topics.get(another.topic, (0.0, 0))[0] >= COMMAND
    if named and confidence > _known(near, probable, first) + _FAR_LIKELIER:
        return replace(about(another.topic, another.facet, confidence, "weighed"), also=first.key, act=found.act)
    return replace(found, also=another.key)


def is_likely(found: Decision, state: State) -> bool:
    """Tells whether a decision is to say something that is likely meant, beside which something else may stand.

    In danger one thing is said.
    """
    said = found.label.startswith("faq/") or found.label == "about"
    return said and found.rule in LIKELY and not (found.danger or state.danger)


def may_be_chance(one: Candidate, found: Decision, message: Message) -> bool:
    """Tells whether a candidate may be said where a rule did not say it, or is the rule's own."""
    if one == Candidate(found.topic, found.facet):
        return True
    known = one.topic.startswith("faq/") or one.topic in message.here
    if one.topic in NEVER_ON_CHANCE or is_subject(one.topic) or not known:
        return False
    if not (message.subjects or one.topic in message.here or message.topics.get(one.topic, (0.0, 0))[0] >= FAINT):
        return False  # bare words are like a side of something far away by accident
    if one.topic == found.topic and {one.facet, found.facet} == {"", GIST.get(one.topic)}:
        return False  # the same in other words
    if one.topic in ASIDES.values() and one == Candidate(found.topic):
        return False  # what the form asks is said again below it anyway
    return one.topic not in ACCESS or not WAYS_ARE_KNOWN & (message.state.facts | message.told)


def _known(near: Sequence[Candidate], probable: NDArray[Any], first: Candidate) -> float:
    """Returns how probable the rule's own answer is."""
    return float(probable[near.index(first)]) if first in near else _NO_CANDIDATE


def second(near: Sequence[Candidate], probable: NDArray[Any], first: Candidate, state: State) -> Candidate | None:
    """Returns what is likelier than the first answer and was not said yet; None if nothing is.

    Args:
        near: the candidates.
        probable: the probability of each.
        first: what a rule says.
        state: where the conversation stands.
    """
    known = _known(near, probable, first)
    for place in probable.argsort()[::-1]:
        one = near[place]
        if one != first and one.key not in state.said:
            return one if probable[place] > known else None
    return None
