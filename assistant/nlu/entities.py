"""Reads what an identifier in a message means, from the words around it and what was asked.

Shape alone (assistant.identifiers) cannot tell a phone number from a code of ten digits;
the conversation often can. When it cannot, the entity stays `unsure_number` and the form asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.identifiers import Kind, tokens
from assistant.nlu import roles
from assistant.nlu.features import identifiers_in
from assistant.nlu.provinces import find_provinces
from assistant.nlu.text import strip_accents

#: An entity of a message: its meaning, its value (a token, or the raw value) and its place.
Entity = roles.Mention

_PHONE_WORDS = re.compile(
    r"\b(?:sdt|so dien thoai|dien thoai|dt|phone|sim|so dt|zalo|di dong|lien he|goi cho|thue bao)\b"
)
_CODE_WORDS = re.compile(
    r"\b(?:ma so|ma bhxh|ma bao hiem|ma so bao hiem|so so|so bhxh|so bao hiem|msbh|msbhxh|ma the|so bh|ma)\b"
)
_LOOK_BACK, _LOOK_AHEAD = 40, 25
_OF_THE_NEXT = 3
#: After a number; "ma" may be "mà", too, unless it is all that is said, or says whose.
_SAYS_WHAT_IT_IS = re.compile(
    r"\s*(?:\(|la\b|nay la\b|do la\b|sdt\b|so dt\b|ma (?:so|bh|bhxh|bao|the|cua|em|nay|day|a|nha|nhe)\b|ma\s*$)"
)
#: Without their accents these would be a code.
_NO_CODE = re.compile(r"\b(?:mà|má|mạ|mả)\b")
_SENTENCE_END = re.compile(r"[.;!?,\n]")
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
        for i in identifiers_in(text)
        if not any(i.start < m.end and i.end > m.start for m in stored)
    ]
    return sorted(stored + raw, key=lambda m: m.start)


def _plain(words: str) -> str:
    """Returns words in lower case and without accents, those left out that would read like another."""
    return strip_accents(_NO_CODE.sub("…", words.lower()))


def _named_before(before: str) -> str | None:
    """Returns what the last word for a phone or a code before a number calls it."""
    words = _plain(before)
    phone = max((m.end() for m in _PHONE_WORDS.finditer(words)), default=-1)
    code = max((m.end() for m in _CODE_WORDS.finditer(words)), default=-1)
    if phone == code:
        return None
    return "phone" if phone > code else "bhxh_code"


def _of_this_number(before: str, another_first: bool) -> str:
    """Returns the words before a number without those that say what the number before them is ("… là mã của em, …")."""
    if not another_first or not _SAYS_WHAT_IT_IS.match(_plain(before)):
        return before
    return _SENTENCE_END.split(f"{before},", maxsplit=1)[1]


def _named_after(after: str) -> str | None:
    """Returns what the rest of the sentence calls the number before it ("… là mã số của em")."""
    words = _plain(_SENTENCE_END.split(after, maxsplit=1)[0])
    if not _SAYS_WHAT_IT_IS.match(words):
        return None
    phone, code = _PHONE_WORDS.search(words), _CODE_WORDS.search(words)
    if phone and (not code or phone.start() < code.start()):
        return "phone"
    return "bhxh_code" if code else None


def _ten_digits(before: str, after: str, requested: str | None, others: Sequence[_Mention]) -> str:
    """Decides between phone and code for a 10-digit number that could be either."""
    named = _named_before(before) or _named_after(after)
    if named:
        return named
    if requested == "contact" or any(m.kind in ("bhxh_code", "card", "cccd") for m in others):
        return "phone"
    return "unsure_number" if requested == "bhxh_code" else "phone"


def entities_of(text: str, requested: str | None = None) -> list[Entity]:
    """Returns the entities of `text`, identifiers and provinces, in order.

    Args:
        text: a message, with tokens or raw identifiers in it.
        requested: the slot the form is asking for, if any.
    """
    mentions = _mentions(text)
    found = []
    for position, mention in enumerate(mentions):
        meaning = _MEANING.get(mention.kind)
        if mention.kind == "phone_or_code":
            since = mentions[position - 1].end if position else 0
            until = mentions[position + 1].start if position + 1 < len(mentions) else len(text)
            before = _of_this_number(text[max(since, mention.start - _LOOK_BACK) : mention.start], bool(position))
            after = text[mention.end : min(until, mention.end + _LOOK_AHEAD)]
            if until < len(text) and len(after.split()) < _OF_THE_NEXT:
                after = ""  # "0901000123 mã 7900000123": the word names the next
            meaning = _ten_digits(before, after, requested, [m for m in mentions if m is not mention])
        if meaning:
            found.append(Entity(meaning, mention.value, mention.start, mention.end))
    found, choices = roles.settled(text, found)
    places = [
        Entity("province", place.name, place.start, place.end)
        for place in find_provinces(text)
        if not any(place.start < m.end and place.end > m.start for m in mentions)
    ]
    return sorted([*found, *([choices] if choices else []), *places], key=lambda entity: entity.start)
