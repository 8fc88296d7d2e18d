"""Goes through a text once with every pattern; what stands first in the list has the first say about a place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.identifiers import addresses, numbers, secrets
from assistant.identifiers.model import Identifier
from assistant.identifiers.numbers import Found
from assistant.identifiers.view import view

# As people write the hotline, alone: with more digits beside it it may be somebody's number.
_PUBLIC = re.compile(r"(?<!\d)(?<!\d[\s.\-])1900[\s.\-]?(?:9068|25[\s.\-]?25[\s.\-]?10)(?![\s.\-]?\d)")


def find(text: str) -> list[Identifier]:
    """Returns the identifiers in `text`, in order, never overlapping.

    The text should be NFC. Secrets (passwords, one-time codes, bank cards) are found too, so
    that the caller can drop them.
    """
    seen = view(text)
    # "1900 9068 (1.000 đồng/phút)" would make one run of twelve digits.
    plain = _PUBLIC.sub(lambda match: "x" * len(match[0]), seen.text)
    found: list[Identifier] = []
    taken: list[tuple[int, int]] = []
    for kind, value, start, end in _candidates(plain):
        if any(start < until and end > since for since, until in taken):
            continue
        taken.append((start, end))
        if kind is not None:
            found.append(Identifier(kind, value, *seen.place(start, end)))
    return sorted(found, key=lambda identifier: identifier.start)


def _candidates(text: str) -> Iterator[Found | tuple[None, str, int, int]]:
    yield from addresses.typed(text)
    yield from secrets.passwords(text)
    yield from secrets.accounts(text)
    yield from secrets.codes(text)
    yield from numbers.cards(text)
    yield from numbers.runs(text)
    yield from numbers.odd(text)
    yield from addresses.spoken(text)
    yield from numbers.spoken(text)
    yield from addresses.parts(text)
