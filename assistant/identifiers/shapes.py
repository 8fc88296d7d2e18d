"""The shapes of secrets: what people choose as a password, and what looks like one and is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_EDGE = ".,;:)(…\"'“”‘’«»<>[]{}"
_AT_END = _EDGE + "!?"
_SIGNS = "@#$!%^&*?+=~_"
#: In the name of a fault, a form, a page's address these join words, too.
_INNER_SIGN = re.compile(rf"[^\W_][{re.escape(_SIGNS.translate({ord('_'): None, ord('='): None}))}]{{1,4}}[^\W_]")
_ADDRESS = re.compile(
    r"[\w.+\-]*@(?:[a-z\-]+(?:\.|$)|\s*$)|://|^www\.|\.(?:com|vn|net|org|apk|ipa|exe|pdf|docx?|xlsx?|jpe?g|png|zip|rar|mp4)\b",
    re.IGNORECASE,
)
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?", re.IGNORECASE
)
_WORDS_OF_SYLLABLES = re.compile(rf"(?:{_SYLLABLE.pattern}){{2,6}}")
_ORDINARY = frozenset(
    {"vssid", "vneid", "bhxh", "bhyt", "gmail", "email", "zalo", "facebook", "sim", "http", "https", "google", "iphone"}
)
#: Names of what a password may be for; letters run together, and no secret.
_BRANDS = frozenset(
    ["vietcombank", "techcombank", "vietinbank", "agribank", "sacombank", "instagram", "telegram", "messenger",
     "microsoft", "mobifone", "vinaphone", "vietnamobile", "internet", "internetbanking", "smartbanking", "dichvucong",
     "dichvucongquocgia", "baohiemxahoi", "baohiem", "matkhau", "password", "username", "shopee", "lazada", "website",
     "windows", "android", "laptop", "chplay", "appstore", "playstore", "account", "tiktok", "youtube", "viettel",
     "whatsapp", "outlook", "hotmail", "yahoo", "icloud", "onedrive", "wechat", "appleid", "incorrect", "invalid",
     "forgotten", "required", "problem", "because", "please", "doesnt", "expired", "change", "changed", "address"]
)  # fmt: skip
_DEVICES = (
    "iphone|ipad|samsung|galaxy|oppo|redmi|xiaomi|realme|vivo|nokia|android|ios|win|windows|office|covid"
    "|note|reno|chrome|firefox|edge|safari|promax|vssid|vneid"
)
#: Letters with digits that are words of everyday.
_EVERYDAY = re.compile(
    r"\d{1,4}(?:h\d{0,2}(?:p|ph)?|p|ph|phut|giay|s|k|tr|trieu|ty|d|vnd|dong|gb|mb|g|fa|cm|kg|m2?|km|tuoi|nam|thang|ngay"
    r"|lan|so|kytu|ky|mah|x|th|st|nd|rd)\d{0,2}|[a-z]{1,2}\d{1,3}[a-z]?|[a-z]{3}\d{1,2}"
    rf"|(?:{_DEVICES})-?\d{{1,3}}[a-z]{{0,5}}"
    r"|(?:qd|nd|tt|tk|d|c|m|mau|hd|hs|dvc)-?\d{1,5}(?:[-/][a-z]{1,6}){0,2}|\d+/[\w./\-]+|[a-z]\d{1,3}-\d{1,3}"
    r"|(?=(?:[oli]{0,2}\d){5})[\doli]{9,13}|\d{1,2}-[a-z]{1,4}\d?|sm-[a-z]\d{3,4}[a-z]{0,2}|\d{2}[a-z]\d?-\d{4,5}|[a-z]{0,3}\d{9,}[a-z]{0,2}|\d+(?:[.,]\d+)*[a-z]{0,3}%?|v?\d+(?:\.\d+){1,3}"
)
_SHORTEST = 4
_MAIL = re.compile(
    r"@(?:gmail|yahoo|hotmail|outlook|icloud|[\w\-]+\.)|://|^www\.|\.(?:com|vn|net|org)\b", re.IGNORECASE
)
#: What is counted, and devices, forms and versions: no password, even behind the word.
_COUNTED = re.compile(
    r"\d{1,4}(?:h\d{0,2}(?:p|ph)?|p|ph|phut|giay|s|k|tr|trieu|d|vnd|dong|tuoi|t|nam|thang"
    r"|ngay|tuan|lan|lop|so|kytu|ky|chu|x)\d{0,2}"
    r"|[a-z]\d|v?\d+(?:\.\d+){1,3}|\d+[-/]\d+(?:[a-z]{1,4})?|(?:vssid|vneid|bhxh|bhyt)\d?"
    rf"|(?:{_DEVICES})-?\d{{1,3}}[a-z]{{0,5}}|(?:loi|ms|vs|err|e)_?\d{{2,6}}|[a-z]{{0,3}}\d{{9,}}[a-z]{{0,2}}"
)
_JOINED = re.compile(r"[a-z]{3,12}(?:[._][a-z]{3,12}){1,3}|[a-z]{5,12}_[a-z]{2}|[a-z]{2,12}(?:-[a-z]{2,12})*-\d{2,8}")
_NAME_WITH_DIGITS = re.compile(
    rf"(?!(?:{'|'.join(sorted(_ORDINARY))}|{_DEVICES}|luat|mau|loi|nghi|thong|quyet|cong|ma|so|don|hoa ?don|error)\d)"
    r"(?-i:[A-ZĐ][a-zà-ỹ]{1,14})\d{4,6}[!@#$]?", re.IGNORECASE,
)  # fmt: skip
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "poiuytrewq", "lkjhgfdsa")
#: A name, and a full one, with digits behind it, that was typed somewhere.
_NAME, _FULL_NAME = 4, 8
_YEAR_OR_CENTRE = re.compile(r"(?:19|20)\d\d|1[89]00\d{4}")
#: Short numbers of services.
_SERVICES = frozenset({"8079", "8179", "8579", "1414", "9029", "1022", "113", "114", "115", "111"})


def trimmed(value: str) -> str:
    """Returns a word without the punctuation after it; signs that belong to a password stay where more follows."""
    return value.rstrip(_EDGE).rstrip("?") if value.rstrip(_AT_END) == value.rstrip(_EDGE) else value.rstrip(_EDGE)


def parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yields the places of the words that a slash, a bar or a colon joins ("7900000123/Hoa@12")."""
    for piece in re.finditer(r"[^/|:,;()<>]+", text[start:end]):
        value = piece[0].strip("-.'")
        if len(value) >= 5:
            since = start + piece.start() + piece[0].index(value)
            yield since, since + len(value)


def is_strong(value: str) -> bool:
    """Tells whether a word can be nothing but a password: letters, digits and a sign among them."""
    letters = sum(char.isalpha() for char in value)
    return (
        len(value) >= 6
        and letters >= 2
        and any(char.isdecimal() for char in value)
        and _INNER_SIGN.search(value) is not None
        and _ADDRESS.search(value) is None
        and not value.startswith("#")
    )


def is_mixed(value: str, typed: bool = False) -> bool:
    """Tells whether a word mixes letters with digits or signs as passwords do.

    Args:
        value: the word.
        typed: only that somebody typed it is known: then it must look more like one.
    """
    core = value.strip(_AT_END)
    letters, digits = sum(char.isalpha() for char in core), sum(char.isdecimal() for char in core)
    signs = sum(char in "@#$^*" for char in core)
    if len(core) < 5 or letters < 1 or not (digits or signs) or _ADDRESS.search(core):
        return False
    bare = _bare(core).lstrip("+-")
    if not bare or _EVERYDAY.fullmatch(bare) or (bare[-1].isdecimal() and _SYLLABLE.fullmatch(bare[:-1])):
        return False
    stands_out = value[-1] in "!@#$" or core != core.lower() or letters >= _NAME
    return not typed or (letters >= 2 and digits >= 2 and stands_out) or (letters >= _FULL_NAME and digits >= 1)


def is_run_together(value: str) -> bool:
    """Tells whether letters alone are several words without a space, and not the name of what a password is for."""
    return is_no_word(value) and _bare(value) not in _BRANDS and _WORDS_OF_SYLLABLES.fullmatch(_bare(value)) is not None


def is_name_with_digits(value: str) -> bool:
    """Tells whether a word is a name with a capital and four digits or more behind it ("Hoa1990")."""
    return _NAME_WITH_DIGITS.fullmatch(value) is not None and not _EVERYDAY.fullmatch(_bare(value))


def is_written(value: str) -> bool:
    """Tells whether a word at once behind "password" is one: letters with digits, or with signs, at either end, too."""
    core = value.strip(".,;:)(\"'“”‘’«»<>[]{}…")
    if len(core) < _SHORTEST or not any(map(str.isalpha, core)) or _MAIL.search(core):
        return False
    if any(map(str.isdecimal, core)):
        return _COUNTED.fullmatch(_bare(core)) is None
    hashed = core.startswith("#") and core[1:].isalpha()  # "#quenmk" is what somebody writes about
    return not hashed and core.rstrip("!?") == core and any(char in _SIGNS for char in core)


def is_joined(value: str) -> bool:
    """Tells whether a dot or a stroke joins words as in a chosen name ("hong.nhung"), or keys lie in a row."""
    bare = _bare(value.strip(_AT_END))
    return _JOINED.fullmatch(bare) is not None or (len(bare) >= _SHORTEST + 1 and any(bare in row for row in _ROWS))


def is_syllable(value: str) -> bool:
    """Tells whether letters are one Vietnamese syllable."""
    return _SYLLABLE.fullmatch(_bare(value)) is not None


def is_everyday(value: str) -> bool:
    """Tells whether letters with digits are a form, a device, a time."""
    return _EVERYDAY.fullmatch(_bare(value)) is not None


def is_no_word(value: str) -> bool:
    """Tells whether letters alone are no Vietnamese word: "tinhyeu" is a password, "quên" is none."""
    plain = _bare(value.strip(_AT_END))
    return (
        len(plain) >= 5
        and plain.isascii()
        and plain.isalpha()
        and plain not in _ORDINARY
        and not _SYLLABLE.fullmatch(plain)
    )


def is_year_or_service(digits: str) -> bool:
    """Tells whether a few digits are a year or the number of a service."""
    return digits in _SERVICES or _YEAR_OR_CENTRE.fullmatch(digits) is not None


def _bare(value: str) -> str:
    plain = unicodedata.normalize("NFD", value.lower().replace("đ", "d"))
    return "".join(char for char in plain if not unicodedata.combining(char))
