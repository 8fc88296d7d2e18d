"""What looks like a number of somebody and is none: dates, times, amounts, addresses of machines, hotlines, links.

Each such place is covered by a sign that no pattern takes for a digit, a letter or a gap between digits.
"""

from __future__ import annotations

import re

from assistant.identifiers import cues
from assistant.identifiers.view import View

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_CLOCK = r"(?:[t\s,\-]{1,3}(?:luc\s)?\d{1,2}(?:[:hg]\d{1,2}){1,2}(?:\.\d{1,6})?z?)?"
_DATE = (
    rf"(?<!\d)(?<!\d[./\-])(?:{_DAY}\s?[./\-]\s?{_MONTH}\s?[./\-]\s?{_YEAR}|{_YEAR}[./\-]{_MONTH}[./\-]{_DAY}"
    rf"|{_MONTH}[./\-]{_YEAR}){_CLOCK}(?![./\-]?\d)"
)
#: Written without signs only where the words say that it is one.
_COMPACT_DATE = rf"(?:ngay|sinh)[^\d\n]{{0,15}}(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2]){_YEAR}(?!\d)"
_STAMP = rf"(?<!\d){_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?!\d)"
_TIME = r"(?<![\d:])(?:[01]?\d|2[0-4])[:h][0-5]\d(?:[:m][0-5]\d)?(?![\d:])"
_AMOUNT = r"[1-9]\d{0,2}(?:[.,]\d{3})+"
_MONEY = (
    rf"(?<![\d.,])(?:(?:vnd|usd|\$)\s?{_AMOUNT}|(?:(?<=[+\-])|(?<=[+\-]\s)){_AMOUNT}(?=\s?(?:vnd|d\b))"
    rf"|{_AMOUNT}(?:\s?(?:-|~|den|toi)\s?{_AMOUNT})+(?=\s?(?:d\b|dong|vnd|k\b|₫)))(?![.,]?\d)"
)
#: Two, three or more thousands that make no length of an identifier.
_THOUSANDS = r"(?<![\d.,\-+])[1-9](?:\d(?:[.,]\d{3}){2}|(?:[.,]\d{3}){2}|\d(?:[.,]\d{3}){3})(?![.,\-\s]?\d)"
_MACHINE = (
    r"(?<![\d.])(?:192\.168|127\.0|10\.0|172\.(?:1[6-9]|2\d|3[01])|8\.8)\.\d{1,3}\.\d{1,3}(?![\d.])"
    r"|\bip\b[^\d\n]{0,15}\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
)
_PLACE = r"(?<![\d.])-?\d{1,3}\.\d{4,}\s?,\s?-?\d{1,3}\.\d{4,}"
#: As people write the hotlines, alone: with more digits beside them they may be somebody's number.
_HOTLINE = r"(?<!\d)(?<!\d[\s.\-])1900[\s.\-]?(?:9068|25[\s.\-]?25[\s.\-]?10)(?![\s.\-]?\d)"

_NOBODY = re.compile("|".join((_DATE, _STAMP, _TIME, _MONEY, _THOUSANDS, _MACHINE, _PLACE, _HOTLINE)))
_BIRTHDAY = re.compile(_COMPACT_DATE)
_LINK = re.compile(
    r"(?:https?://|\bwww\.)[^\s\x01]{1,2000}"
    r"|\b(?<!@)[a-z0-9][a-z0-9\-]{0,62}(?:\.[a-z0-9\-]{1,63}){0,4}\.(?:com|net|org|vn|me|app|info|xyz|top|cc|co"
    r"|io|ly|link|site|online|vip|shop)"
    r"(?![\w@.\-])(?:[/?#][^\s\x01]{0,2000})?"
)
#: In a link to a chat or a call the number is somebody's telephone.
_CHAT_LINK = re.compile(r"\b(?:zalo\.me(?!/g/)|wa\.me|m\.me|viber|tel:|sms:|callto:)")


def cover(seen: View) -> View:
    """Returns the view with what identifies nobody covered; every place stays where it is."""
    covered = seen.covered([match.span() for match in _NOBODY.finditer(seen.plain)])
    if cues.PASSWORD.search(seen.plain):  # people take their birthday for one
        return covered
    return covered.covered([match.span() for match in _BIRTHDAY.finditer(covered.plain)])


def links(plain: str) -> list[tuple[int, int]]:
    """Returns the places of links whose numbers are names of pages, not of people."""
    if "." not in plain and "://" not in plain:
        return []
    return [match.span() for match in _LINK.finditer(plain) if not _CHAT_LINK.search(match[0])]
