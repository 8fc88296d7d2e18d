"""Texts for SMS: 160 characters of the GSM alphabet a part, or 70 of Unicode (GSM 03.38, 3GPP TS 23.040).

Joined parts hold 153 and 67. Vietnamese letters are not in the GSM alphabet, so a text with them costs more than
twice; without accents it is what people here are used to read in SMS.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets each
_SINGLE, _JOINED = (160, 70), (153, 67)
_FULL_ENOUGH = 0.6
#: Longest prefix: "10/12 ".
_NUMBERING = 6
_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-", "→": "->", "\u00a0": " ",
     "đ": "d", "Đ": "D", "×": "x", "\t": " "}
)  # fmt: skip
_LINK = re.compile(r"https?://\S+")


def septets(text: str) -> int | None:
    """Counts a text in septets of the GSM alphabet; None if it has other characters."""
    if all(char in _BASIC or char in _EXTENDED for char in text):
        return len(text) + sum(char in _EXTENDED for char in text)
    return None


def units(text: str) -> int:
    """Counts a text in UCS-2 characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def segments(text: str) -> int:
    """Counts the SMS that a text is, joined where it is longer than one."""
    count = septets(text)
    used, kind = (count, 0) if count is not None else (units(text), 1)
    return 1 if used <= _SINGLE[kind] else -(-used // _JOINED[kind])


def unaccented(text: str) -> str:
    """Returns a text in the GSM alphabet: without accents, with plain punctuation; pictures are dropped."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY))
    kept = "".join(char for char in plain if char in _BASIC or char in _EXTENDED)
    return re.sub(r"[ ]+(?=\n|$)", "", kept).strip()


def _fits(text: str, most_joined: int) -> bool:
    count = septets(text)
    used, kind = (count, 0) if count is not None else (units(text), 1)
    return used <= (_SINGLE[kind] if most_joined == 1 else max(_SINGLE[kind], most_joined * _JOINED[kind]))


def split(text: str, most_joined: int = 1) -> list[str]:
    """Splits a text into parts, between words; a link is never cut, unless it alone is longer than a part.

    Args:
        text: as it is to be sent.
        most_joined: how many SMS one part may be, joined by the gateway. With 1, parts are numbered "1/3 ".
    """
    if _fits(text, most_joined):
        return [text] if text.strip() else []
    reserve = _NUMBERING if most_joined == 1 else 0
    # Whole lines read better, but an SMS more costs money.
    found = min((list(_filled(text, most_joined, reserve, lines)) for lines in (True, False)), key=len)
    if most_joined > 1 or len(found) == 1:
        return found
    return [f"{number}/{len(found)} {part}" for number, part in enumerate(found, 1)]


def _filled(text: str, most_joined: int, reserve: int, by_lines: bool) -> Iterator[str]:
    part = ""
    for piece in re.findall(r"\s+|\S+", text):
        for small in _small(piece, most_joined, reserve):
            if _fits(f"{'0' * reserve}{part}{small}", most_joined):
                part += small
                continue
            full, rest = _at_a_line(part) if by_lines else (part, "")
            if not _fits(f"{'0' * reserve}{rest}{small}", most_joined):
                full, rest = part, ""
            if full.strip():
                yield full.strip()
            part = (rest + small).lstrip()
    if part.strip():
        yield part.strip()


def _at_a_line(part: str) -> tuple[str, str]:
    """Divides a full part at its last line, if that does not leave it half empty: a menu stays together."""
    cut = part.rfind("\n")
    return (part[:cut], part[cut + 1 :]) if cut >= len(part) * _FULL_ENOUGH else (part, "")


def _small(piece: str, most_joined: int, reserve: int) -> list[str]:
    """Cuts a word that no part can hold."""
    whole = "0" * reserve + piece
    if _fits(whole, most_joined):
        return [piece]
    size = (_SINGLE[0 if septets(piece) is not None else 1] - reserve - 8) // 2  # each may count twice
    return [piece[start : start + size] for start in range(0, len(piece), size)]


def links(text: str) -> list[str]:
    """Returns the links in a text."""
    return _LINK.findall(text)
