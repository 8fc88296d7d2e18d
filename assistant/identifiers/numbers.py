"""Numbers that identify: written in digits, in groups, with odd separators, with letters for digits, in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

import phonenumbers

from assistant.identifiers import words
from assistant.identifiers.model import Found, Kind

#: Letters of the cards that are handed out (QĐ 1351/QĐ-BHXH), and of those before.
_GROUPS = (
    "dn|hx|ch|nn|tk|hc|xk|ca|hd|te|ht|tb|no|ct|xb|tn|cs|qn|cy|xn|ms|cc|ck|cb|kc|bt|dt|dk|xd|ts|tc|tq|ta|ty|hg|ls|pv"
    "|hn|cn|hs|sv|gb|gd|hk|tv|td|tl|lt|lh|nd|ng|nt|nu|kt"
)
_CARD = re.compile(
    rf"(?<![a-z0-9])({_GROUPS})[\s.\-]{{0,3}}([1-5])[\s.\-]{{0,3}}((?:\d[\s.\-]{{0,3}}){{11}}\d)(?!\d)",
    re.IGNORECASE,
)
#: Groups of digits; "sđt0987.654.312ạ" is one, too.
_RUN = re.compile(r"(?<![\d@])\+?\(?\d(?:[\s.\-()]{0,4}\d){5,22}(?![\d@])")
_GLUED_RUN = re.compile(r"\+?\d{8,}")
# Slashes, commas and the like stand between other things, too: only one and the same all through counts.
_ODD = re.compile(
    r"(?<![\d@])\d+(?:\s?([/,_·•:;|*~'’])\s?\d+)(?:\s?\1\s?\d+)*(?![\d@])"
    r"|(?<![\d@])\d{2,4}(?:\s?([+\\x=#&%^!?><→/,_]{1,3})\s?\d{2,4})(?:\s?\2\s?\d{1,4}){1,4}(?![\d@])",
    re.IGNORECASE,
)
#: A mobile number with brackets, arrows, hearts between its groups.
_DRESSED = re.compile(r"(?<![\d@])0\d{2,3}(?:[^\w\n\x01,;:/.@]{1,4}\d{2,4}){2,3}(?![\w@])")
_DATE = re.compile(r"(?<!\d)\d{1,2}\s?[/.\-,]\s?\d{1,2}\s?[/.\-,]\s?\d{4}(?!\d)|^\d{4}[/.\-,]\d{1,2}[/.\-,]\d{1,2}$")
_YEARS = re.compile(r"(?:(?:19|20)\d\d\D*)+")
_LETTERED = re.compile(
    r"(?<![^\W_])(?=(?:[oli]{0,6}[\d.\-\s]){4})[0-9oli](?:[.\-\s]?[0-9oli]){8,14}(?![^\W_])", re.IGNORECASE
)
#: A group of such letters is a word, unless it is noughts alone.
_WORDY = re.compile(r"(?<![0-9oli])(?!oo)[oli]+(?![0-9oli])", re.IGNORECASE)
_MOBILE = re.compile(r"0[35789]\d{8}")
_ABROAD = re.compile(r"840?([35789]\d{8})")
_AS_DIGITS = str.maketrans("oOlLiI", "001111")
#: Numbers of services that people quote; they identify nobody.
PUBLIC_NUMBERS = frozenset({"19009068", "02437899999", "1900252510", "84243789999", "18009068", "19006050"})
_MONEY_OR_YEAR = re.compile(r"^\s?(?:đ\b|d\b|đồng|dong|vnđ|vnd|k\b|tr\b|triệu|trieu|tháng|năm)", re.IGNORECASE)
_CURRENCY = re.compile(r"^\s?(?:đ\b|đồng|dong|vnđ|vnd)", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:([., ])\d{3})(?:\1\d{3})+")
_IN_FOURS = re.compile(r"\d{4}(?:[\s.\-]\d{4}){2,3}[\s.\-]?\d{1,4}")
_NO_DIGIT = re.compile(r"\D+")
_MOST_GROUPS = 19
#: So many words in a row are dictation, whatever they come to.
_DICTATED = 4
#: Where groups of digits may be joined in several ways, the first that fits.
_LIKELY: tuple[Kind, ...] = ("phone_or_code", "bhxh_code", "cccd", "phone", "card", "bank_card", "cmnd")


def digits_of(text: str) -> str:
    """Returns the digits of a text, of whatever script, as ASCII."""
    found = _NO_DIGIT.sub("", text)
    return found if found.isascii() else "".join(str(unicodedata.decimal(char)) for char in found)


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
    if parsed.country_code != 84 or not _MOBILE.fullmatch(national):
        return None
    return national


def number_kind(text: str) -> tuple[Kind, str] | None:
    """Returns kind and value of what may be one number, or None if it identifies nobody."""
    digits = digits_of(text)
    if digits in PUBLIC_NUMBERS:
        return None
    if digits.startswith("0084") and len(digits) == 13:
        digits = digits[2:]
    # `mobile` says the same of a single number, but it takes its time, and this is asked often.
    abroad = _ABROAD.fullmatch(digits)
    if abroad:
        return ("phone", f"0{abroad[1]}")
    if text.lstrip().startswith("+") or (digits.startswith("84") and len(digits) == 11):
        return ("number", digits) if len(digits) >= 8 else None
    if len(digits) == 10:
        return ("phone_or_code", digits) if _MOBILE.fullmatch(digits) else ("bhxh_code", digits)
    if len(digits) == 9:
        return ("cmnd", digits)
    if len(digits) == 12:
        return ("cccd", digits)
    if len(digits) == 13 and digits[0] in "12345":
        return ("card", digits)
    if len(digits) in (16, 19) and (_luhn(digits) or digits.startswith("9704")):
        return ("bank_card", digits)
    if len(digits) >= 15 and _IN_FOURS.fullmatch(text.strip()):
        return ("bank_card", digits)
    return ("number", digits) if len(digits) >= 8 else None


def is_money(piece: str, after: str) -> bool:
    """Tells whether digits are an amount: written in thousands, or followed by a unit."""
    if _THOUSANDS.fullmatch(piece) and _CURRENCY.match(after):
        return True
    kind = number_kind(piece)
    return kind is not None and kind[0] == "number" and _MONEY_OR_YEAR.match(after) is not None


def is_amount_or_year(after: str) -> bool:
    """Tells whether what follows some digits makes them an amount or a year."""
    return _MONEY_OR_YEAR.match(after) is not None


def _split(piece: str) -> Iterator[Found]:
    """Yields the numbers of a run: one, or several side by side, each perhaps in groups."""
    whole = number_kind(piece)
    if whole is None:
        return
    if whole[0] != "number" or not re.search(r"[\s\-]", piece):
        yield *whole, 0, len(piece)
        return
    found = list(_joined(piece))
    if found:
        yield from found
    elif not _is_time(piece):
        yield *whole, 0, len(piece)


def _joined(piece: str) -> Iterator[Found]:
    """Yields the numbers that groups of digits make, alone or together with those beside them."""
    groups = list(re.finditer(r"[^\s\-]+", piece))
    alone = [number_kind(group[0]) for group in groups]
    at = 0
    while at < len(groups):
        until = next((n for n in range(at, len(groups)) if alone[n]), len(groups))
        kind, last = alone[at], at
        for count in range(at + 1, min(until, at + _MOST_GROUPS)):
            joined = number_kind(piece[groups[at].start() : groups[count].end()])
            better = joined is not None and joined[0] in _LIKELY
            if better and (kind is None or _LIKELY.index(joined[0]) < _LIKELY.index(kind[0])):  # type: ignore[index]
                kind, last = joined, count
        if kind:
            yield *kind, groups[at].start(), groups[last].end()
        at = last + 1


def cards(text: str) -> Iterator[Found]:
    """Yields health-insurance cards with their two letters."""
    for match in _CARD.finditer(text):
        value = (match[1] + match[2] + digits_of(match[3])).upper()
        if len(value) == 15:
            yield "card", value, match.start(), match.end()


def runs(text: str) -> Iterator[Found]:
    """Yields numbers in digits, and with kind None those of services, whose place nothing else may claim."""
    for pattern in (_RUN, _GLUED_RUN):
        for match in pattern.finditer(text):
            piece = match[0].rstrip(" .-(")
            if is_money(piece, text[match.start() + len(piece) :]):
                continue
            if digits_of(piece) in PUBLIC_NUMBERS:
                yield None, "", match.start(), match.end()
            for kind, value, start, end in _split(piece):
                yield kind, value, match.start() + start, match.start() + end


def odd(text: str) -> Iterator[Found]:
    """Yields numbers with odd separators ("79/0000/0123")."""
    for match in _ODD.finditer(text):
        piece = match[0]
        likely = number_kind(re.sub(r"\D", "", piece))
        if likely and likely[0] in _LIKELY and not _is_time(piece) and not is_money(piece, text[match.end() :]):
            yield *likely, match.start(), match.end()
    for match in _DRESSED.finditer(text):
        likely = number_kind(re.sub(r"\D", "", match[0]))
        if likely and likely[0] == "phone_or_code" and not is_money(match[0], text[match.end() :]):
            yield *likely, match.start(), match.end()


def lettered(text: str) -> Iterator[Found]:
    """Yields numbers with letters for digits ("o9o1ooo123", "O9O1.ooo.l23")."""
    for match in _LETTERED.finditer(text):
        piece = match[0]
        if digits_of(piece) == re.sub(r"\W", "", piece) or _WORDY.search(piece):
            continue
        likely = number_kind(re.sub(r"\D", "", piece.translate(_AS_DIGITS)))
        if likely and likely[0] in _LIKELY:
            yield *likely, match.start(), match.end()


def _is_time(piece: str) -> bool:
    return _DATE.search(piece) is not None or _YEARS.fullmatch(piece) is not None


def mixed(spoken: Iterable[words.Said]) -> Iterator[Found]:
    """Yields numbers in words, and mobile numbers whose digits are partly words ("0987 654 ba một hai")."""
    for number in spoken:
        kind = number_kind(number.digits) if number.words >= 2 else None
        if kind and (kind[0] == "phone_or_code" or number.words >= _DICTATED):
            yield *kind, number.start, number.end
