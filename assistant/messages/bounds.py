"""How much of a text is searched for identifiers: people write little, and what is made to be slow is long."""

from __future__ import annotations

import itertools
import re

#: Longer texts are not read (the person is asked to write shorter); what is kept of them.
TEXT_LIMIT = 2000
#: Of a longer text so much is searched, and the end of what was cut is not kept: half an identifier is none to find.
SEARCHED, EDGE = TEXT_LIMIT + 400, 120
#: Nobody means so many things in one message; each costs time.
MOST_PLACES = 100
#: Where the patterns of `assistant.identifiers` look closely.
_PLACE = re.compile(r"\d{1,12}|[@(\[{⟦]|mail\b|\w\.(?=\w)|còng|cong\b|kh[ẩa]u|pass|\bmk\b", re.IGNORECASE)


def searched_of(text: str) -> str:
    """Returns the text as far as it is searched: some 2 000 letters, up to its hundredth place of interest."""
    text = text[:SEARCHED]
    place = next(itertools.islice(_PLACE.finditer(text), MOST_PLACES, None), None)
    return text[: place.start()] if place else text


def is_too_long(text: str) -> bool:
    """Tells whether a person is asked to write shorter."""
    return len(text) > TEXT_LIMIT or len(searched_of(text)) < len(text)
