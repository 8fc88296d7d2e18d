"""The sides that only one topic has, in words of its own: whose count just now, and which is meant."""

from __future__ import annotations

from collections.abc import Container

from assistant.reading.model import Decision, OwnFacet, Raw, State
from assistant.reading.signals import FAQ_TOPIC, OWN_HERE, OWN_LIKELY, about
from assistant.reading.state import ASIDES

#: What it counts for a side that its topic is likely, too.
AGREED = 0.1
#: The topic that says more of what a form asks for.
_OF_THE_SLOT = {"bhxh_code": "faq/find_bhxh_code"}


#: A topic that says more of one side of another.
_PART_OF = {"faq/hotline": "faq/hotline_fee", "faq/hotline_fee": "faq/hotline"}


def near_by(state: State) -> tuple[str, ...]:
    """Returns the topics beside the present one: what says more of it, and of what a side was said last."""
    last = state.last.partition("#")[0]
    beside = last if last.startswith(FAQ_TOPIC) and last != state.topic else ""
    return tuple(name for name in (_PART_OF.get(state.topic, ""), beside) if name)


def active(state: State) -> tuple[str, ...]:
    """Returns the topics whose own facets count just now: the slot asked for, the topic, what our acts left."""
    aside, danger = ASIDES.get(state.slot, ""), "emergency" if state.danger else ""
    names = (
        aside,
        _OF_THE_SLOT.get(state.slot, ""),
        danger,
        "several" if state.agenda else "",
        state.topic,
        *near_by(state),
        *state.situations,
    )
    return tuple(dict.fromkeys(name for name in names if name))


def own_facet(raw: Raw, state: State) -> OwnFacet | None:
    """Returns the likeliest facet among the active topics' own."""
    found = [own for topic in active(state) if (own := raw.own(topic)) is not None]
    likeliest = max(found, key=lambda own: own.likeness, default=None)
    if likeliest is None or likeliest.topic != _OF_THE_SLOT.get(state.slot):
        return likeliest
    aside = raw.own(ASIDES[state.slot])  # what the form says itself goes before what is said elsewhere
    return aside if aside and aside.likeness >= OWN_HERE else likeliest


def likely_facet(own: OwnFacet | None, otherwise: str = "") -> str:
    """Returns a topic's own facet where the words are like it at all."""
    return own.facet if own and own.likeness >= OWN_LIKELY else otherwise


def own_of_any(raw: Raw, likely: Container[str] = ()) -> OwnFacet | None:
    """Returns the facet of any topic's own that the words are most like; a likely topic's counts for more."""
    return max(
        (own for own in map(raw.own, raw.owners) if own is not None),
        key=lambda own: own.likeness + (AGREED if own.topic in likely else 0),
        default=None,
    )


def own_or(raw: Raw, state: State, facet: str, rule: str) -> Decision:
    """Returns the side that is asked here in words of its own, else this one of what is talked about."""
    here = own_facet(raw, state)
    if here and here.likeness >= OWN_HERE:
        return about(here.topic, here.facet, here.likeness, rule)
    return about(state.topic, facet, 0.8, rule)
