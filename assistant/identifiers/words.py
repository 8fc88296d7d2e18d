"""Numbers in words: digit by digit, in tens and hundreds, mixed with digits, in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_UNITS = {
    "không": "0", "khong": "0", "hông": "0", "hong": "0", "hổng": "0",
    "ko": "0", "khg": "0", "kg": "0", "một": "1", "mot": "1", "mốt": "1", "hai": "2", "ba": "3",
    "bốn": "4", "bon": "4", "tư": "4", "tu": "4", "năm": "5", "nam": "5", "lăm": "5", "lam": "5", "nhăm": "5",
    "nham": "5", "sáu": "6", "sau": "6", "bảy": "7", "bẩy": "7", "bay": "7", "tám": "8", "tam": "8", "chín": "9",
    "chin": "9", "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_ODD = frozenset({"lẻ", "lẽ", "linh", "le"})
_TENS = frozenset({"mươi", "muoi", "chục", "chuc"})
_TEN = frozenset({"mười", "muời", "muoi"})  # "muoi" after a digit is a ten of many, else ten itself
_HUNDRED = frozenset({"trăm", "tram"})
_TIMES = frozenset({"con", "số", "so", "cái", "cai", "chữ", "chu"})
_FOURFOLD, _THREEFOLD, _TWOFOLD = {"tứ quý": 4, "tu quy": 4}, {"tam hoa": 3}, {"double": 2, "triple": 3}
_MANY = {**_FOURFOLD, **_THREEFOLD, **_TWOFOLD}
#: Noughts that are mostly a "not", or the end of a question.
_NOT = frozenset({"ko", "khg", "kg"})
_LENGTHS = frozenset({10, 12})
_NUMERALS = sorted({*_UNITS, *_ODD, *_TENS, *_TEN, *_HUNDRED, *_TIMES, *_MANY}, key=len, reverse=True)
#: The word before may be glued on: "làkhông chín …".
_BEGINS = r"(?:(?<!\w)|(?<=\blà)|(?<=\bla)|(?<=\bsố)|(?<=\bmã)|(?<=\bsđt)|(?<=\bsdt))"
_WORD = re.compile(rf"{_BEGINS}(?:{'|'.join(_NUMERALS)}|\d{{1,9}})(?!\w)", re.IGNORECASE)
#: Where three such words do not follow each other there is no number to read.
MAYBE = re.compile(
    rf"(?<!\w)(?:(?:{'|'.join(_NUMERALS)}|\d{{1,9}})[\s,.\-;]{{1,3}}){{2}}(?:{'|'.join(_NUMERALS)}"
    rf"|\d)"
)
#: Between the words of a number; of one that is told piece by piece, what leads on to the next.
_BETWEEN = re.compile(
    r"[\s,.\-;]{1,3}(?:(?:rồi|roi|xong|tiếp|tiep|theo|kế|ke|đến|den|tới|toi|cuối|cuoi|giữa|giua|đuôi|duoi|là|la|nữa"
    r"|nua|"
    r"nhé|nhe|ạ|dạ)[\s,.\-;]{1,3}){0,3}", re.IGNORECASE,
)  # fmt: skip
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Said:
    """A number in words: its digits, its place, and how many of its words are words."""

    digits: str
    start: int
    end: int
    words: int


def said(text: str) -> Iterator[Said]:
    """Yields the numbers of a text that are made of words, or of words and digits; four digits or more."""
    run: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if run and (not _BETWEEN.fullmatch(text, run[-1].end(), match.start()) or _is_year(run[-1], match)):
            yield from _read(run)
            run = []
        run.append(match)
    yield from _read(run)


def _is_year(before: re.Match[str], here: re.Match[str]) -> bool:
    """Tells whether "năm" means a year and no five."""
    return before[0].lower() in ("năm", "nam") and _YEAR.fullmatch(here[0]) is not None


def _read(run: list[re.Match[str]]) -> Iterator[Said]:
    while run and run[0][0].lower() in _TIMES:  # "số không chín …": the word before the number
        run = run[1:]
    while run and run[-1][0].lower() in _TIMES:
        run = run[:-1]
    while run and run[-1][0].lower() in _NOT and len(_digits([word[0].lower() for word in run])) not in _LENGTHS:
        run = run[:-1]
    spoken = sum(not word[0].isdecimal() for word in run)
    if spoken:
        digits = _digits([word[0].lower() for word in run])
        if len(digits) >= 4:
            yield Said(digits, run[0].start(), run[-1].end(), spoken)


def _digits(words: list[str]) -> str:
    digits, at = "", 0
    while at < len(words):
        more, taken = _group(words, at)
        digits += more
        at += taken
    return digits


def _group(words: list[str], at: int) -> tuple[str, int]:
    """Returns the digits that begin at a word, and how many words say them."""
    word = words[at]
    after = [*words[at + 1 : at + 5], "", "", "", ""]
    if word in _MANY and (unit := _unit(after[0])):
        return unit * _MANY[word], 2
    value = _unit(word)
    if value and after[0] in _TIMES and len(_unit(after[1])) == 1 and value[-1] > "1" and len(value) == 1:
        return _unit(after[1]) * int(value), 3  # "ba số không"
    if value and after[0] in _HUNDRED:
        rest, taken = _below_hundred(after[1:])
        return value + rest, 2 + taken
    if (value and len(value) == 1 and after[0] in _TENS) or word in _TEN:
        return _tens(words, at)
    return value or ("0" if word in _ODD else ""), 1


def _tens(words: list[str], at: int) -> tuple[str, int]:
    """Reads "chín mươi", "chín mươi mốt", "mười hai"."""
    lead, taken = (_unit(words[at]), 2) if _unit(words[at]) else ("1", 1)
    follows = words[at + taken] if at + taken < len(words) else ""
    unit = _unit(follows)
    beyond = words[at + taken + 1] if at + taken + 1 < len(words) else ""
    if len(unit) == 1 and beyond not in _HUNDRED | _TENS:
        return lead + unit, taken + 1
    return f"{lead}0", taken


def _below_hundred(after: list[str]) -> tuple[str, int]:
    """Returns the two digits after "trăm": "linh năm" is 05, "năm mươi bốn" 54, nothing 00."""
    if after[0] in _ODD and _unit(after[1]):
        return f"0{_unit(after[1])}", 2
    if after[0] in _TEN or (_unit(after[0]) and after[1] in _TENS):
        return _tens(after, 0)
    return "00", 0


def _unit(word: str) -> str:
    return word if word.isdecimal() else _UNITS.get(word, "")
