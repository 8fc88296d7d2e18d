"""The number that key 8 is pressed at: BHXH's hotline, or this installation's own telephone line where it has one."""

from __future__ import annotations

import re

OFFICIAL = "1900 9068"
#: The hotline where a sentence sends people to its key 8; elsewhere it stays BHXH's. English may first say from which
#: phone.
_WITH_KEY_8 = re.compile(
    r"1900[ .]?9068(?=,?\s+(?:rồi\s+)?(?:bấm\s+)?phím\s+8\b"
    r"|(?:(?!1900)[^!?\n]){0,60}?\b(?:key|press)\s+8\b)"
)


def named(text: str, own: str) -> str:
    """Returns a text that sends people to key 8 of `own`; empty: there is no line here."""
    return _WITH_KEY_8.sub(own, text) if own else text
