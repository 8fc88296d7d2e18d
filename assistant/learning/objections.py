"""Tells whether what a person says after an answer means that the answer was not right.

A plain "không" is none: it may decline an offer. A complaint is one; so are words that say the answer,
or what was understood, is wrong.
"""

from __future__ import annotations

from assistant.content.likeness import uniform
from assistant.reading.objections import disagrees

#: Intents in which an objection can come; of these a complaint always is one.
INTENTS = ("deny", "complain", "nlu_fallback")
_ALWAYS = "complain"


def objects(intent: str, text: str) -> bool:
    """Tells whether a message of `intent` that follows an answer objects to it."""
    if intent == _ALWAYS:
        return True
    said = uniform(text)
    return intent in INTENTS and disagrees(said)
