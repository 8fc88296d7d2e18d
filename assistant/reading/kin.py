"""Whose something is, by the words for kin and others; read without accents, in lower case."""

from __future__ import annotations

import re

#: Before a person's name among the values that are open to choose from.
WHOSE = "@"
_KIN = (
    ("spouse", r"\b(?:vo|chong|ba xa|ong xa|ck|vk)\b"),
    ("mother", r"\b(?:me|bam|u em)\b"),
    ("father", r"\b(?:bo|ba (?:em|toi|minh|tui|con|chau)|cha|tia)\b"),
    ("child", r"\b(?:con (?:em|toi|minh|gai|trai)|be nha)\b"),
    ("sibling", r"\b(?:(?:anh|chi) (?:em|toi|minh|gai|trai|ruot)|em (?:gai|trai))\b"),
    ("friend", r"\b(?:ban (?:em|toi|minh)|dong nghiep|nguoi (?:ta|khac|quen)|sep|hang xom|cong ty|cty)\b"),
    (
        "self",
        (
            r"\b(?:(?:cua |ma |sdt |so |mail |may |con )(?:em|toi|minh|tui|chau)"
            r"|(?:cua|may|sdt|so) con(?! (?:em|toi|minh|tui|gai|trai|cua)\b)|toi|minh|em)\b"
        ),
    ),
)
#: As many as there are intents `pick_1` ….
_MOST = 4
_PERSON = tuple((who, re.compile(words)) for who, words in _KIN)


def person_in(plain: str) -> str:
    """Returns who is named last ("spouse", "mother", …, "self"); "" if nobody is. Others go before oneself."""
    places = [(match.start(), who) for who, words in _PERSON for match in words.finditer(plain)]
    others = [each for each in places if each[1] != "self"]
    return max(others or places, default=(0, ""))[1]


def place_of(choices: str, person: str) -> int:
    """Returns which of several accounts is that person's, counted from 1; 0 if none, or more than one, is."""
    rows = [row.split() for row in choices.split(";") if row]
    found = [place for place, row in enumerate(rows, 1) if f"{WHOSE}{person}" in row]
    return found[0] if person and len(found) == 1 and found[0] <= _MOST else 0
