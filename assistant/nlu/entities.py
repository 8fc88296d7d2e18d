"""Reads what an identifier in a message means, from the words around it and what was asked.

Shape alone (assistant.privacy.identifiers) cannot tell a phone number from a code of ten digits;
the conversation often can. When it cannot, the entity stays `unsure_number` and the form asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.nlu.text import strip_accents
from assistant.privacy import identifiers, tokens
from assistant.privacy.identifiers import Kind


@dataclass(frozen=True)
class Entity:
    """An entity of a message: its meaning, its value (a token, or the raw value) and its place."""

    entity: str
    value: str
    start: int
    end: int


_PHONE_WORDS = re.compile(
    r"\b(?:sdt|so dien thoai|dien thoai|dt|phone|sim|so dt|zalo|di dong|lien he|goi cho|thue bao)\b"
)
_CODE_WORDS = re.compile(
    r"\b(?:ma so|ma bhxh|ma bao hiem|ma so bao hiem|so so|so bhxh|so bao hiem|msbh|msbhxh|ma the|so bh|ma)\b"
)
_LOOK_BACK = 40
_MEANING: dict[Kind, str] = {
    "bhxh_code": "bhxh_code",
    "card": "bhxh_code",
    "cccd": "bhxh_code",
    "phone": "phone",
    "email": "email",
    "cmnd": "cmnd",
    "number": "odd_number",
}


@dataclass(frozen=True)
class _Mention:
    kind: Kind
    value: str
    start: int
    end: int


def _mentions(text: str) -> list[_Mention]:
    """Returns tokens of a stored text, or identifiers of a raw one, in order."""
    stored = [_Mention(t.kind, t.token, t.start, t.end) for t in tokens.tokens_in(text)]
    raw = [
        _Mention(i.kind, i.value, i.start, i.end)
        for i in identifiers.find(text)
        if not any(i.start < m.end and i.end > m.start for m in stored)
    ]
    return sorted(stored + raw, key=lambda m: m.start)


def _ten_digits(before: str, requested: str | None, others: Sequence[_Mention]) -> str:
    """Decides between phone and code for a 10-digit number that could be either."""
    words = strip_accents(before.lower())
    phone = max((m.end() for m in _PHONE_WORDS.finditer(words)), default=-1)
    code = max((m.end() for m in _CODE_WORDS.finditer(words)), default=-1)
    if phone != code:
        return "phone" if phone > code else "bhxh_code"
    if requested == "contact" or any(m.kind in ("bhxh_code", "card", "cccd") for m in others):
        return "phone"
    return "unsure_number" if requested == "bhxh_code" else "phone"


def entities_of(text: str, requested: str | None = None) -> list[Entity]:
    """Returns the entities of `text`.

    Args:
        text: a message, with tokens or raw identifiers in it.
        requested: the slot the form is asking for, if any.
    """
    mentions = _mentions(text)
    found = []
    previous_end = 0
    for mention in mentions:
        meaning = _MEANING.get(mention.kind)
        if mention.kind == "phone_or_code":
            before = text[max(previous_end, mention.start - _LOOK_BACK) : mention.start]
            meaning = _ten_digits(before, requested, [m for m in mentions if m is not mention])
        previous_end = mention.end
        if meaning:
            found.append(Entity(meaning, mention.value, mention.start, mention.end))
    return found
