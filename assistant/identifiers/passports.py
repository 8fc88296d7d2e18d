"""Passport numbers: one or two letters with digits, or digits alone, where the words call them so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.identifiers.model import Found

_NAME = r"\b(?:ho ?chieu|passpo(?:rt|t)s?|pasport|pp (?:so|no|number))\b"
_NUMBER = r"(?:(?:[a-z]{1,2}|[a-z][\s.\-])\d(?:[\s.\-]?\d){5,8}|\d(?:[\s.\-]?\d){6,8})(?![\w@]|[.\-]\d)"
#: Ten digits are a passport's where nothing else stands between them and its name.
_LONG = re.compile(
    r"\b(?:ho ?chieu|passpo(?:rt|t)|pasport)(?: (?:so|number|no|num|nr|is|la|cua toi|cua em)\b|[.:#,])*\s{0,3}"
    r"(?P<value>\d(?:[\s.\-]?\d){9})(?![\w@]|[.\-]\d)"
)
#: Between the name and the number: any few words, but no other number, address or end of what is said.
_AFTER = re.compile(rf"{_NAME}[^\d\n@;?!\x01]{{0,40}}?(?<![\w@.\-])(?P<value>{_NUMBER})")
_BEFORE = re.compile(
    rf"(?<![\w@.\-])(?P<value>{_NUMBER})[\s,]{{1,3}}(?:(?:la|do|day|nay|chinh|cai|so|ma)\s){{1,4}}(?:[a-z]+\s)?{_NAME}"
)
#: Of Vietnam, beyond doubt: one letter and eight digits.
_OURS = re.compile(r"(?<![\w@.\-/#])[bcnpek]\d{8}(?![\w@]|[.\-]\d)")


def numbers(plain: str) -> Iterator[Found]:
    """Yields the numbers of passports."""
    for pattern in (_AFTER, _LONG, _BEFORE):
        for match in pattern.finditer(plain):
            value = re.sub(r"[^a-z0-9]", "", match["value"]).upper()
            yield "number", value, match.start("value"), match.end("value")
    for match in _OURS.finditer(plain):
        yield "number", match[0].upper(), match.start(), match.end()
