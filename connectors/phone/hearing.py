"""What was said, as a recogniser writes it: words, numerals or a mix; codes digit by digit, in tens, in threes."""

from __future__ import annotations

import re
import unicodedata

from assistant.identifiers import words
from assistant.identifiers.numbers import digits_of

#: Digits of a health-insurance card without its letters, or without the first two; it ends in the BHXH code.
CARD = (13, 15)
#: Digits of what says who is meant: a BHXH code, a citizen id, a card.
LENGTHS = (10, 12, *CARD)
_DIGITS_ONLY = re.compile(r"\d(?:[\s.,\-]*\d)*")


def digits_in(transcript: str) -> str:
    """Returns the one number of a code's length that was said; empty if there is none, or more than one."""
    text = unicodedata.normalize("NFC", transcript).lower()
    spoken = [found.digits for found in words.said(text)]
    written = [digits_of(found[0]) for found in _DIGITS_ONLY.finditer(text)]
    found = {number for number in (*spoken, *written) if len(number) in LENGTHS}
    return found.pop() if len(found) == 1 else ""
