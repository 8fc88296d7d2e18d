"""Tells whether what a person says after an answer means that the answer was not right.

A plain "không" is none: it may decline an offer. A complaint is one; so are words that say the answer,
or what was understood, is wrong.
"""

from __future__ import annotations

import re

from assistant.content.likeness import uniform

#: Intents in which an objection can come; of these a complaint always is one.
INTENTS = ("deny", "complain", "nlu_fallback")
_ALWAYS = "complain"
# Over uniform text: no accents, "ko" and "k" written out as "khong".
_DISAGREES = re.compile(
    r"\b(?:khong|chua|cha|hong|dau co|chang) (?:\w+ ){0,2}?(?:dung|phai|lien quan|giup duoc|tra loi|hieu y|chinh xac)\b"
    r"|\b(?:sai|nham|lac de)\b"
    r"|\b(?:khong|dau co|dau) (?:phai )?hoi (?:cai )?(?:do|vay|nay|the)\b"
    r"|\b(?:y|cau) (?:cua )?(?:em|toi|minh|tui|chau|con|bac|co|chu|anh|chi) (?:khong|la|hoi)\b"
    r"|\bhoi mot dang\b|\btra loi (?:linh tinh|lung tung|vo van)\b"
)
#: What is said of one's own data ("số đó không phải của em") is about a number, not about the answer.
_ABOUT_DATA = re.compile(r"\b(?:so|ma|email|mail|the|can cuoc)\b")


def objects(intent: str, text: str) -> bool:
    """Tells whether a message of `intent` that follows an answer objects to it."""
    if intent == _ALWAYS:
        return True
    said = uniform(text)
    return intent in INTENTS and _DISAGREES.search(said) is not None and _ABOUT_DATA.search(said) is None
