"""Reads what people type into a field: one function for each kind, the normalised value or what is wrong."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping

from assistant import identifiers
from assistant.declarations.model import Field
from assistant.runtime import times

_OLDEST = 120
_EMAIL = re.compile(r"[a-z0-9](?:[a-z0-9._%+\-]*[a-z0-9_+\-])?@(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,24}")
_LANDLINE = re.compile(r"02\d{8,9}")
_PUNCTUATION = frozenset(".,;:!?'\"()[]/-+&@%#*=<>_|–—…“”‘’°·№")


class Unreadable(ValueError):
    """A value is not what its field asks for; `reason` names the sentence in texts.yml."""

    def __init__(self, reason: str, **details: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details


def read(field: Field, typed: str, email_typos: Mapping[str, str]) -> str:
    """Returns the normalised value of what was typed, or "" if the field was left empty.

    Raises:
        Unreadable: with the reason.
    """
    text = _tidy(typed, keep_lines=field.kind == "long_text")
    if not text:
        return ""
    if len(text) > field.longest:
        raise Unreadable("too_long", longest=field.longest)
    if field.kind == "choice":
        if text not in field.choices:
            raise Unreadable("choice")
        return text
    if field.kind == "email":
        return _email(text, email_typos)
    return _READERS[field.kind](text)


def _tidy(typed: str, *, keep_lines: bool) -> str:
    text = unicodedata.normalize("NFC", typed).replace("\r\n", "\n")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.split("\n")]
    return ("\n" if keep_lines else " ").join(line for line in lines if line)


def _is_letter(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


def _name(text: str) -> str:
    if not any(map(_is_letter, text)) or not all(_is_letter(char) or char in " .'’-" for char in text):
        raise Unreadable("name")
    return text.upper()


def _text(text: str) -> str:
    if not all(
        _is_letter(char) or (char.isascii() and char.isdigit()) or char.isspace() or char in _PUNCTUATION
        for char in text
    ):
        raise Unreadable("letters")
    if any(found.kind in identifiers.NEVER_KEPT for found in identifiers.find(text)):
        raise Unreadable("secret")
    return text


def _date(text: str) -> str:
    groups = re.findall(r"\d+", text)
    if len(groups) == 1 and len(groups[0]) == 8:
        groups = [groups[0][:2], groups[0][2:4], groups[0][4:]]
    this_year = times.today().year
    if len(groups) == 1 and len(groups[0]) == 4:  # papers of the old give the year alone
        return str(_year(groups[0], this_year))
    if len(groups) == 3 and len(groups[0]) == 4:  # what a browser fills in: 1968-09-05
        groups.reverse()
    if len(groups) != 3 or len(groups[2]) != 4 or max(len(groups[0]), len(groups[1])) > 2:
        raise Unreadable("date")
    day, month = int(groups[0]), int(groups[1])
    year = _year(groups[2], this_year)
    try:
        born = datetime.date(year, month, day)
    except ValueError:
        raise Unreadable("no_such_day") from None
    if born > times.today():
        raise Unreadable("date_range")
    return born.strftime("%d/%m/%Y")


def _year(digits: str, this_year: int) -> int:
    if not this_year - _OLDEST <= int(digits) <= this_year:
        raise Unreadable("date_range")
    return int(digits)


def _digits(text: str) -> str:
    digits = re.sub(r"[\s.\-_/()]", "", text)
    if not (digits.isascii() and digits.isdigit()):
        raise Unreadable("digits")
    return digits


def _citizen_id(text: str) -> str:
    digits = _digits(text)
    if len(digits) == 9:
        raise Unreadable("old_id")
    if len(digits) != 12:
        raise Unreadable("citizen_id", count=len(digits))
    return digits


def _code(text: str) -> str:
    """Reads a BHXH code; a health-insurance card ends in it, and since 1/8/2025 the citizen id stands for it."""
    card = re.fullmatch(r"[a-z]{2}(\d{13})", re.sub(r"[\s.\-]", "", text), re.IGNORECASE)
    digits = card[1] if card else _digits(text)
    if len(digits) == 13:
        return digits[-10:]
    if len(digits) not in (10, 12):
        raise Unreadable("code", count=len(digits))
    return digits


def _mobile(text: str) -> str:
    number = identifiers.mobile(text)
    if number is None:
        raise Unreadable("mobile")
    return number


def _phone(text: str) -> str:
    number = identifiers.mobile(text) or re.sub(r"[\s.\-()]", "", text)
    if not (re.fullmatch(r"0[35789]\d{8}", number) or _LANDLINE.fullmatch(number)):
        raise Unreadable("phone")
    return number


def _email(text: str, typos: Mapping[str, str]) -> str:
    address = text.lower()
    if not address.isascii():
        raise Unreadable("email_accents")
    if not _EMAIL.fullmatch(address) or ".." in address:
        raise Unreadable("email")
    local, _, domain = address.partition("@")
    if domain in typos:
        raise Unreadable("email_typo", meant=f"{local}@{typos[domain]}")
    return address


_READERS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "date": _date,
    "citizen_id": _citizen_id,
    "code": _code,
    "phone": _phone,
    "mobile": _mobile,
    "text": _text,
    "long_text": _text,
}
