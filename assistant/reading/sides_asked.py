"""Finds the second side of a topic that is asked in the same breath as the first: "mang gì, mấy ngày có"."""

from __future__ import annotations

from assistant.reading.model import Asked, Decision, Raw, State
from assistant.reading.signals import FACET_NEW, NONE, OF_RULES, OWN_CLEAR, OWN_SURE, is_answered

#: Said of the talk, not of a thing: nobody asks it beside something else.
_OF_THE_TALK = frozenset({NONE, "how", "again", "simpler", "next_step", "not_working", "safe", *OF_RULES})


def asked_too(found: Decision, raw: Raw, state: State) -> str:
    """Returns the name of the other side that a message asks ("faq/add_email#time"); "" if it asks one.

    Each part of the message is read by itself; what was said before is not said again unasked.
    """
    said = is_answered(found.label) or found.label == "about"
    if not said or len(raw.parts) < 2 or found.act != "asks" or found.danger or state.danger or raw.sides is None:
        return ""
    asked = list(dict.fromkeys(side for part in raw.parts if (side := _side(part, found.topic))))
    named = [part for part in raw.parts if part.facet in asked and part.confidence >= OWN_CLEAR]
    beside = (
        found.facet and found.facet not in asked and 0 < len(named) < len(raw.parts)
    )  # of another part, less plainly
    if not beside and (len(asked) < 2 or (found.facet and found.facet not in asked)):
        return ""
    others = (side for side in asked if side != found.facet and raw.sides.has(found.topic, side))
    return next((name for side in others if (name := f"{found.topic}#{side}") not in state.said), "")


def _side(part: Asked, topic: str) -> str:
    own = part.own(topic)
    if own is not None and own.likeness >= OWN_SURE and own.likeness >= part.confidence:
        return own.facet
    return part.facet if part.confidence >= FACET_NEW and part.facet not in _OF_THE_TALK else ""
