"""Finds what identifies a person in a chat message, by shape alone.

Shapes and their sources: BHXH code 10 digits (QĐ 3339/QĐ-BHXH), health-insurance card 15
characters or its last 13 digits (QĐ 1351/QĐ-BHXH), citizen id 12 digits, old id card 9 digits,
mobile numbers by `phonenumbers`. A 10-digit number that is also a valid mobile number stays
"phone_or_code": who knows the conversation decides (assistant.nlu.entities).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import phonenumbers

Kind = Literal["bhxh_code", "phone_or_code", "phone", "card", "cccd", "cmnd", "email", "number", "secret", "bank_card"]

#: Kinds whose value must not be kept anywhere, not even encrypted.
NEVER_KEPT: frozenset[Kind] = frozenset({"secret", "bank_card"})


@dataclass(frozen=True)
class Identifier:
    """One identifier: its kind, its normalised value and where it stood in the text."""

    kind: Kind
    value: str
    start: int
    end: int


_EMAIL = re.compile(r"[\w.+\-]+\s?@\s?[\w\-]+(?:\s?\.\s?[\w\-]+)*\s?\.\s?[a-z]{2,}(?![\w])", re.IGNORECASE)
_WORDED_AT = r"(?:a còng|a vòng|acòng|a cong|a móc|@|at)"
# Dictation writes "gmail" as it sounds.
_HEARD_HOSTS = dict.fromkeys(["g mail", "gờ meo", "gơ meo", "ghi meo", "gờ mail"], "gmail") | {"da hu": "yahoo"}
_HEARD = re.compile("|".join(map(re.escape, _HEARD_HOSTS)), re.IGNORECASE)
_SPOKEN_EMAIL = re.compile(
    rf"(?:[\w.+\-]+\s+){{1,10}}{_WORDED_AT}\s*(?:{_HEARD.pattern}|[a-z0-9]+)(?:\s*(?:chấm|cham|\.)\s*[a-z]+){{1,3}}",
    re.IGNORECASE,
)
_CARD = re.compile(
    # Not a short word before a code ("ma 7900000123 090 …").
    r"(?<![a-z0-9])(?!ma|so|la|em|va)([a-z]{2})[\s.\-]?(\d)[\s.\-]?((?:\d[\s.\-]?){11}\d)(?!\d)",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<![\w@])\+?\(?\d(?:[\s.\-()]{0,2}\d){5,22}(?![\w@])")
_GLUED_RUN = re.compile(r"\+?\d{8,}")
_SECRET = re.compile(
    r"(?P<name>(?:mật\s*khẩu|mat\s*khau|mk|pass(?:word)?|otp|mã\s*(?:xác\s*(?:thực|nhận|minh)|otp)|ma\s*(?:xac\s*(?:thuc|nhan|minh)|otp)|mã\s*pin|ma\s*pin)"
    r"(?:\s+(?:vssid|cũ|mới|cu|moi|app|ứng\s*dụng|(?:của\s+|cua\s+)?(?:em|tôi|mình|con|cháu|anh|chị|toi|minh|chau|chi)))*)"
    r"\s*(?:(?:là|la|:|=|->)\s*)(?P<value>(?=\S*[\d!@#$%^&*])\S{4,64})",
    re.IGNORECASE,
)
_SIX_DIGITS = re.compile(r"(?<!\d)\d{4,8}(?!\d)")
_OTP_WORD = re.compile(r"\botp\b|mã\s*xác\s*(?:thực|nhận|minh)|ma\s*xac\s*(?:thuc|nhan|minh)", re.IGNORECASE)
# Numbers of services that people quote; they identify nobody.
_PUBLIC_NUMBERS = frozenset({"19009068", "02437899999", "1900252510", "84243789999", "18009068", "19006050"})
# As people write them, alone: with more digits beside it it may be somebody's number.
_PUBLIC = re.compile(r"(?<!\d)(?<!\d[\s.\-])1900[\s.\-]?(?:9068|25[\s.\-]?25[\s.\-]?10)(?![\s.\-]?\d)")
_MONEY_OR_YEAR = re.compile(r"^\s?(?:đ\b|d\b|đồng|dong|vnđ|vnd|k\b|tr\b|triệu|trieu|tháng|năm)", re.IGNORECASE)
_CURRENCY = re.compile(r"^\s?(?:đ\b|đồng|dong|vnđ|vnd)", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:([. ])\d{3})(?:\1\d{3})+")
#: Where groups of digits may be joined in several ways, the first that fits.
_LIKELY: tuple[Kind, ...] = ("phone_or_code", "bhxh_code", "cccd", "phone", "card", "bank_card", "cmnd")


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def _luhn(digits: str) -> bool:
    total = 0
    for index, char in enumerate(reversed(digits)):
        number = int(char)
        if index % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def mobile(text: str) -> str | None:
    """Returns a Vietnamese mobile number as 0xxxxxxxxx, or None (land lines are none)."""
    try:
        parsed = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return None
    national = f"0{parsed.national_number}"
    if parsed.country_code != 84 or not re.fullmatch(r"0[35789]\d{8}", national):
        return None
    return national


def _number_kind(text: str) -> tuple[Kind, str] | None:
    digits = _digits(text)
    if digits in _PUBLIC_NUMBERS:
        return None
    phone = mobile(text if text.lstrip().startswith("+") else digits)
    if text.lstrip().startswith("+") or (digits.startswith("84") and len(digits) == 11):
        return ("phone", phone) if phone else ("number", digits)
    if len(digits) == 10:
        return ("phone_or_code", digits) if phone else ("bhxh_code", digits)
    if len(digits) == 9:
        return ("cmnd", digits)
    if len(digits) == 12:
        return ("cccd", digits)
    if len(digits) == 13:
        return ("card", digits)
    if len(digits) in (16, 19) and _luhn(digits):
        return ("bank_card", digits)
    return ("number", digits) if len(digits) >= 8 else None


def _is_money(piece: str, after: str) -> bool:
    if _THOUSANDS.fullmatch(piece) and _CURRENCY.match(after):
        return True
    kind = _number_kind(piece)
    return kind is not None and kind[0] == "number" and _MONEY_OR_YEAR.match(after) is not None


def _numbers(piece: str) -> Iterator[tuple[Kind, str, int, int]]:
    """Yields the numbers of a run: one, or several side by side, each perhaps in groups."""
    whole = _number_kind(piece)
    if whole is None:
        return
    if whole[0] != "number" or not re.search(r"\s", piece):
        yield *whole, 0, len(piece)
        return
    groups = list(re.finditer(r"\S+", piece))
    alone = [_number_kind(group[0]) for group in groups]
    at = 0
    while at < len(groups):
        until = next((n for n in range(at, len(groups)) if alone[n]), len(groups))
        kind, last = alone[at], at
        for count in range(at + 1, until):
            joined = _number_kind(piece[groups[at].start() : groups[count].end()])
            better = joined is not None and joined[0] in _LIKELY
            if better and (kind is None or _LIKELY.index(joined[0]) < _LIKELY.index(kind[0])):  # type: ignore[index]
                kind, last = joined, count
        if kind:
            yield *kind, groups[at].start(), groups[last].end()
        at = last + 1


def spoken_email(text: str) -> str | None:
    """Returns the address that "an chấm nguyễn a còng gmail chấm com" spells, or None."""
    heard = _HEARD.sub(lambda match: _HEARD_HOSTS[match[0].lower()], text)
    plain = unicodedata.normalize("NFD", heard.lower().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"\b(?:a\s?cong|a\s?vong|a\s?moc|at)\b|\s*@\s*", "@", plain, count=1)
    plain = re.sub(r"\s+(?:cham|dot)\s+", ".", f" {plain} ")
    plain = re.sub(r"\s+gach\s+duoi\s+", "_", plain)
    plain = re.sub(r"\s+gach\s+(?:ngang|noi)\s+", "-", plain)
    plain = re.sub(r"\s+", "", plain)
    return plain if re.fullmatch(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)*\.[a-z]{2,}", plain) else None


_SPOKEN_STOP = re.compile(
    r"^(?:.*\b(?:email|e-mail|mail|thư điện tử|là|la|của em|của tôi|em|mình|tôi|dạ|vâng|ạ)\s+)", re.IGNORECASE
)


def find(text: str) -> list[Identifier]:
    """Returns the identifiers in `text`, in order, never overlapping.

    The text should be NFC. Secrets (passwords, one-time codes, bank cards) are found too, so
    that the caller can drop them.
    """
    found: list[Identifier] = []
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        return all(end <= s or start >= e for s, e in taken)

    def add(kind: Kind, value: str, start: int, end: int) -> None:
        if free(start, end):
            found.append(Identifier(kind, value, start, end))
            taken.append((start, end))

    # "1900 9068 (1.000 đồng/phút)" would make one run of twelve digits.
    text = _PUBLIC.sub(lambda match: "x" * len(match[0]), text)
    for match in _EMAIL.finditer(text):
        add("email", re.sub(r"\s", "", match[0]).lower(), match.start(), match.end())
    for match in _SECRET.finditer(text):
        add("secret", "", match.start("value"), match.end("value"))
    if _OTP_WORD.search(text):
        for match in _SIX_DIGITS.finditer(text):
            if not _MONEY_OR_YEAR.match(text[match.end() :]) and len(match[0]) == 6:
                add("secret", "", match.start(), match.end())
    for match in _CARD.finditer(text):
        value = (match[1] + match[2] + _digits(match[3])).upper()
        if len(value) == 15:
            add("card", value, match.start(), match.end())
    for pattern in (_RUN, _GLUED_RUN):
        for match in pattern.finditer(text):
            piece = match[0].rstrip(" .-(")
            if _is_money(piece, text[match.start() + len(piece) :]):
                continue
            if _digits(piece) in _PUBLIC_NUMBERS:
                taken.append((match.start(), match.end()))
            for kind, value, start, end in _numbers(piece):
                add(kind, value, match.start() + start, match.start() + end)
    for match in _SPOKEN_EMAIL.finditer(text):
        piece, start = match[0], match.start()
        lead = _SPOKEN_STOP.match(piece)
        if lead:
            piece, start = piece[lead.end() :], start + lead.end()
        address = spoken_email(piece)
        if address and "@" not in text[start : match.end()]:
            add("email", address, start, match.end())
    return sorted(found, key=lambda i: i.start)


def code_from(kind: Kind, value: str) -> str | None:
    """Returns the BHXH code or citizen id an identifier stands for: a card ends in the code."""
    if kind == "card":
        return value[-10:]
    if kind in ("bhxh_code", "phone_or_code", "cccd"):
        return value
    return None
