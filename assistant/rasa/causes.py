"""Who may cause which intent: the system its own, the door what it saw, a button what buttons are for, words the rest.

What a person sends is never looked at for marks that make it a command: there are no commands. Rasa's own way of
naming an intent in a text (`/restart`) is not in the graph (assistant.rasa.patches), its built-in intents lead to
nothing, and whatever reads a message, `by_words` has the last word on what it may have found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.shared.core.constants import DEFAULT_INTENTS, USER_INTENT_OUT_OF_SCOPE
from rasa.shared.core.domain import Domain

from assistant.nlu.components import FALLBACK, PART_OF_READING, parse_data_for

#: What only the system says: events that the node itself stores, never one that came through a door.
SYSTEM = frozenset(
    {"reset_done", "mail_bounced", "question_answered", "desk_came", "desk_left", "desk_nobody", "desk_closed"}
    | {"desk_slow", "desk_requeued", "desk_lost", "question_later", "not_right"}
)
#: What the door sees of a message without reading it.
DOOR = frozenset({"sent_media", "sent_nothing", "sent_too_long", "question_status"})
#: What reading alone can find; no button is for it.
_READ = frozenset(
    {"about", "tells", "in_danger", "nod", "which_one", "several", "sent_marks", "sent_noise", "foreign_language"}
    | {FALLBACK, PART_OF_READING}
)
#: Intents whose topics can be pressed, not they themselves.
_RETRIEVAL = frozenset({"faq", "subject", "more", "source"})
#: Intents that Rasa has in every domain; a content that wants them has to bring rules for them.
RASAS = frozenset(DEFAULT_INTENTS) - {USER_INTENT_OUT_OF_SCOPE, FALLBACK}
#: What cannot be undone, and so is done only where the question before it is what is open; else that question is asked.
UNDER_ITS_QUESTION = {"erase_now": ("confirm", "ask_erase")}
#: Never the meaning of what a person wrote.
_NEVER_WORDS = SYSTEM | DOOR | RASAS | {PART_OF_READING}


def pressable(domain: Domain) -> frozenset[str]:
    """Returns the labels that a button can have: intents, and topics that have an answer."""
    named = (name.removeprefix("utter_").partition("/") for name in domain.responses)
    topics = {f"{base}/{key}" for base, _, key in named if key}
    return frozenset((set(domain.intents) | topics) - _RETRIEVAL - SYSTEM - DOOR - _READ - RASAS)


def of_the_system(label: str) -> str:
    """Returns the label of an event that the node stored.

    Raises:
        ValueError: if it is none of the system's.
    """
    if label not in SYSTEM:
        raise ValueError(f"the system has nothing to say by {label!r}")
    return label


def under_its_question(label: str, open_now: str) -> str:
    """Returns what a label may cause where the conversation stands: what cannot be undone asks first."""
    needed, question = UNDER_ITS_QUESTION.get(label, (open_now, label))
    return label if open_now == needed else question


def by_words(parsed: dict[str, Any], open_now: str) -> dict[str, Any]:
    """Returns what was read of a message; as not understood, where it is nothing that words can mean."""
    name = parsed["intent"]["name"]
    asked = under_its_question(name, open_now) if name else name
    if name not in _NEVER_WORDS and asked == name:
        return parsed
    kept = {key: parsed[key] for key in ("text", "entities")}
    return kept | (parse_data_for(FALLBACK, 0.0) if name in _NEVER_WORDS else parse_data_for(asked))


def offered_values(payload: str, offered: Iterable[str]) -> bool:
    """Tells whether the values in a payload are ours: a button with exactly this payload was offered."""
    return payload.lstrip("#/") in {each.lstrip("#/") for each in offered}
