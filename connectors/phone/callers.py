"""Who rings: a number that the trunk vouches for, on one form (0901000123), and what kind of number it is.

The number is a claim even then: it can be forged, and it changes owners. So it narrows, and proves nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.identifiers import mobile

Kind = Literal["mobile", "landline", "foreign", "hidden"]
_SEPARATORS = re.compile(r"[\s.\-()]")
_HOME = re.compile(r"(?:\+84|0084|84|0)([1-9]\d{7,9})")
_ABROAD = re.compile(r"(?:\+|00)[1-9]\d{6,14}")
_BARE = re.compile(r"[35789]\d{8}")
#: Land lines have 02, Internet telephony 065 (Circular 22/2014/TT-BTTTT); neither can be registered.
_FIXED = re.compile(r"0(?:2\d{8,9}|65\d{7,8})")


@dataclass(frozen=True)
class Caller:
    """A calling number. Without one that may be believed `kind` is "hidden" and `number` empty."""

    kind: Kind
    number: str = ""


HIDDEN = Caller("hidden")


def caller_of(written: str, bare: bool = False) -> Caller:
    """Reads a number as a trunk writes it.

    Args:
        written: "+84901…", "84901…", "0901…"; "anonymous" and the like are hidden numbers.
        bare: whether this trunk leaves the country and the 0 away ("901000123").
    """
    number = _SEPARATORS.sub("", written)
    if bare and _BARE.fullmatch(number):
        number = f"0{number}"
    home = _HOME.fullmatch(number)
    if home:
        national = f"0{home[1]}"
        if found := mobile(national):
            return Caller("mobile", found)
        if _FIXED.fullmatch(national):
            return Caller("landline", national)
    return Caller("foreign", number) if _ABROAD.fullmatch(number) else HIDDEN
