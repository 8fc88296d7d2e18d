"""Vietnamese of before Unicode: tells which encoding a text has, and reads what can be read without guessing."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Encoding = Literal["windows-1258", "VNI-Windows", "TCVN3 (ABC)", ""]

#: A vowel, then the mark of a tone (windows-1258) …
_MARKED = re.compile(rb"[aeiouyAEIOUY\xe2\xea\xf4\xe3\xf5\xfd\xc2\xca\xd4\xc3\xd5\xdd][\xcc\xd2\xde\xec\xf2]")
#: … or a vowel, then a whole letter that carries the tone and the hat (VNI) …
_PAIRED = re.compile(
    rb"[aeouyAEOUY\xf6\xf4\xd6\xd4][\xf9\xf8\xfb\xf5\xef\xe2\xe1\xe0\xe5\xe3\xe4\xea\xe9\xe8\xfa\xfc\xeb"
    rb"\xd9\xd8\xdb\xd5\xcf\xc2\xc1\xc0\xc5\xc3\xc4\xca\xc9\xc8\xda\xdc\xcb]"
)
#: … or one letter for all of it, after a consonant (TCVN3).
_SINGLE = re.compile(rb"[bcdghklmnpqrstvxBCDGHKLMNPQRSTVX\xae\xa7][\xa8-\xad\xb5-\xfe](?=[cghmnptiouy\s.,;:?!\"]|$)")
_FEWEST = 2


def encoding_of(content: bytes) -> Encoding:
    """Returns the encoding that a text which is no UTF-8 most likely has; empty if none of these."""
    found: list[tuple[int, Encoding]] = [
        (len(_MARKED.findall(content)), "windows-1258"),
        (len(_PAIRED.findall(content)), "VNI-Windows"),
        (len(_SINGLE.findall(content)), "TCVN3 (ABC)"),
    ]
    most, name = max(found, key=lambda each: each[0])
    return name if most >= _FEWEST else ""


def decoded(content: bytes) -> str:
    """Returns a text of windows-1258, with whole letters.

    Raises:
        UnicodeDecodeError: if it is none.
    """
    return unicodedata.normalize("NFC", content.decode("cp1258"))
