"""What says that some digits, or a word with digits, are no secret: of what they are the number, what they count.

All patterns read the text without accents, in lower case.
"""

from __future__ import annotations

import re

from assistant.identifiers.cues import CODE, CONFIRMS, PASSWORD
from assistant.identifiers.references import THINGS

_AMOUNT = re.compile(
    r"\s?(?:d\b|dong|vnd|k\b|tr\b|trieu|nghin|ngan|ky tu|ki tu|mot thang|/ ?thang|nguoi|mah|%|diem|km|so cuoi|trang"
    r"|luot|lan\b(?! \d)|thang\b|lao dong|cong nhan|phieu\b|truong hop)"
)
_FAULTS = (
    r"\bloi\b(?: (?:code|ma|so))?|error(?: code)?|phien ban|version|\bver\b|\bios\b|android"
    r"|\b(?:nokia|samsung|oppo|vivo|redmi|xiaomi|realme|galaxy)\b"
)
_PLACES = (
    r"so nha|dia chi|vao so\b|lich kham|so hieu|ma thuoc|dat lich"
    r"|duong\b|quan\b|phuong\b|tang\b|lau\b|phong\b|benh vien|\bbv\b|\bpk\b|csyt|phong kham|tram y te"
    r"|\bkcb\b|noi kham"
    r"|(?<!sms )(?<!nhan )co so|tinh\b|huyen|\bxa\b|thanh pho|buu dien|buu chinh|\bzip\b|vung\b"
)
_LAW = r"quyet dinh|\bqd\b|luat|dieu|khoan \d|nghi dinh|thong tu|mau\b"
_MONEY = (
    r"luong|dong (?:bhxh|bh|moi|muc)|\bphi\b|\bgia\b|du no|\btien\b"
    r"|(?<!goi )(?<!nhap )(?<!gui )(?<!doc )(?<!bam )(?<!nhan )(?<!noi )\blai (?=\d)|thieu\b|con no\b"
)
_MONTHS = r"\b(?:ngay|hom|luc|hen|han the|the het han)(?: \w+)? (?=\d{6}\b)|\bthang (?=\d{1,2}[ ./-]?(?:19|20)\d\d)"
_SERVICES = r"tong dai (?=\d{4}\b)|phim\b|dau so|\bgui (?=\d{4}\b)|\bnhan (?:tin )?(?=\d{4}\b)"
_PEOPLE = (
    r"\bsinh\b(?! la)|\bnam\b|don vi|truong\b|(?<!2 )(?<!hai )\blop\b|\bnghe\b|nganh|chi so|bhxh\b|bhyt\b"
    r"|bao hiem|chi nhanh"
    r"|dai ly|cua hang|san pham|so hong|so do\b(?! la\b)|ho khau|so the|so so\b|cccd|cmnd"
    r"|\bhd-|\bhd (?=\d)|\bip\b"
)
_OTHERWISE = re.compile("|".join((THINGS, _FAULTS, _PLACES, _LAW, _MONEY, _MONTHS, _SERVICES, _PEOPLE)))
#: What says so of a word of letters and digits.
_THING = re.compile(rf"{THINGS}|{_FAULTS}|{_LAW}|don vi|so nha|duong\b")
_DEVICE = re.compile(rf"{_THING.pattern}|dien thoai|\bmay\b|thiet bi")
_FAULT = re.compile(rf"(?:{_FAULTS})[\s:]{{1,3}}(?:la )?$")
_REACH = 22
#: Only so near where the text speaks of a code anyway.
_NEAR = 12
#: So far back the name of what a code confirms may begin.
_NAMES_END = 40
_STOP = re.compile(r"[,;\n(]|\d{4,}")


def digits(plain: str, start: int, end: int, called: bool = False) -> bool:
    """Tells whether the words beside some digits say that these are no secret.

    Args:
        plain: the text.
        start: where the digits begin.
        end: where they end.
        called: the text names a one-time code.
    """
    return _AMOUNT.match(plain, end) is not None or _said(_OTHERWISE, plain, start, _NEAR if called else _REACH)


def word(plain: str, start: int, named: bool = False) -> bool:
    """Tells whether the words before a word of letters and digits say that it is no secret.

    Args:
        plain: the text.
        start: where the word begins.
        named: the sentence names a password: then a telephone is no excuse.
    """
    return _said(_THING if named else _DEVICE, plain, start, _REACH)


def fault(plain: str, start: int) -> bool:
    """Tells whether the words at once before say that this is the number of a fault ("lỗi MSG_E0025")."""
    return _FAULT.search(plain, max(0, start - _REACH), start) is not None


def _said(others: re.Pattern[str], plain: str, start: int, reach: int) -> bool:
    before = plain[max(0, start - reach) : start]
    stops = [match.end() for match in _STOP.finditer(before.rstrip())]  # "mã hồ sơ", and its number beneath
    since = start - len(before) + (stops[-1] if stops else 0)
    before = plain[since:start]
    ends = [match.end() - since for match in others.finditer(plain, since, start + 9) if match.end() <= start]
    if CONFIRMS.search(plain[max(0, start - _NAMES_END) : start]):
        return False
    return bool(ends) and not CODE.search(before, ends[-1]) and not PASSWORD.search(before, ends[-1])
