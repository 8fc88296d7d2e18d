"""Goes through a text once with every pattern; what stands first in the list has the first say about a place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from assistant.identifiers import addresses, bank, masks, numbers, passports, pieces, references, secrets, words
from assistant.identifiers.model import Found, Identifier, Kind
from assistant.identifiers.view import View, view

#: A text without any of these signs and words holds nothing.
_MAYBE = re.compile(
    r"[\d@(\[{]|\.(?:com|net|org|vn)\b|\bat\b|vong\b|moc\b|mail|meo\b|yahoo|outlook|icloud|cong\b|m[._]?a[._]?t|m[\W_]?k|pas|p\.a|khau|pw|otp\b|zero|one\b|(?:mot|hai|ba|bon|nam)[\s,](?:mot|hai|ba|bon|nam)\b|(?:khong"
    r"|chin|tam|bay|sau)[\s,]"
)
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile("⟦[^⟧]{0,80}⟧")
#: Kinds of numbers that the words before may tell to be something else.
#: A shorter secret said again may be any word.
_WORTH_IT = 4
_NUMBERS: frozenset[Kind] = frozenset({"bhxh_code", "cccd", "cmnd", "number", "card", "phone_or_code"})


def find(text: str) -> list[Identifier]:
    """Returns the identifiers in `text`, in order, never overlapping.

    The text should be NFC. Secrets (passwords, one-time codes, bank cards) are found too, so
    that the caller can drop them.
    """
    seen = view(text)
    if not _MAYBE.search(seen.plain):
        return []
    found: list[Identifier] = []
    taken = bytearray(len(seen.text))
    covered = _without_tokens(seen)
    for kind, value, start, end in itertools.chain(_candidates(covered), _again(covered, found)):
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            if kind is not None:
                found.append(Identifier(kind, value, *seen.place(start, end)))
    return sorted(found, key=lambda identifier: identifier.start)


def _again(seen: View, found: list[Identifier]) -> Iterator[Found]:
    """Yields what was found to be a secret wherever else it stands; read when everything else is found."""
    for value in {seen.text[each.start : each.end] for each in found if each.kind == "secret"}:
        if len(value) >= _WORTH_IT:
            for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", seen.text):
                yield "secret", "", match.start(), match.end()


def _without_tokens(seen: View) -> View:
    """Covers the tokens of a text that is stored already: their letters are nobody's."""
    return seen.covered([match.span() for match in _TOKEN.finditer(seen.text)]) if "⟦" in seen.text else seen


def _candidates(seen: View) -> Iterator[Found]:
    digits = len(_DIGIT.findall(seen.plain))
    spoken = list(words.said(seen.text)) if words.MAYBE.search(seen.plain) else []
    yield from addresses.typed(seen.text)
    yield from addresses.without_at(seen.text)
    pages = masks.links(seen.plain)
    yield from secrets.passwords(seen.covered(pages))
    if digits or spoken:
        yield from _numbers(masks.cover(seen) if digits else seen, spoken, pages)
    yield from addresses.spoken(seen.text)
    yield from addresses.parts(seen.text)


def _numbers(seen: View, spoken: list[words.Said], pages: list[tuple[int, int]]) -> Iterator[Found]:
    yield from bank.accounts(seen.plain)
    yield from passports.numbers(seen.plain)
    yield from pieces.told(seen.plain)
    yield from secrets.codes(seen, spoken)
    for kind, value, start, end in _shaped(seen.text, spoken):
        of_a_thing = kind in _NUMBERS and (
            any(since <= start and end <= until for since, until in pages) or references.names(seen.plain, start, kind)
        )
        yield "reference" if of_a_thing else kind, value, start, end


def _shaped(text: str, spoken: list[words.Said]) -> Iterator[Found]:
    yield from numbers.cards(text)
    yield from numbers.mixed(spoken)
    yield from numbers.lettered(text)
    yield from numbers.runs(text)
    yield from numbers.odd(text)
