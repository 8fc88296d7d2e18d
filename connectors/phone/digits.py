"""Digits as they are said: each by its name, in groups, since a voice reads "482507" as four hundred thousand …"""

from __future__ import annotations

from itertools import pairwise

NAMES = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUP = 3


def groups(digits: str) -> list[str]:
    """Cuts digits into groups of three; a last one of four rather than of one: 3-3-4, 3-3, 3-3-3-3."""
    ends = range(_GROUP, len(digits) - 1, _GROUP)
    cuts = [0, *ends, len(digits)]
    return [digits[start:end] for start, end in pairwise(cuts)]


def said(digits: str) -> str:
    """Returns digits in words: a comma between two, a full stop after each group, for the voice to rest."""
    if not digits:
        return ""
    words = (", ".join(NAMES[int(digit)] for digit in group) for group in groups(digits))
    return " ".join(f"{group[0].upper()}{group[1:]}." for group in words)
