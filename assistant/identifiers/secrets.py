"""What nobody should write into a chat: passwords, one-time codes, bank accounts. Found, so that it is dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from assistant.identifiers.numbers import Found, is_amount_or_year

_NAME = (
    r"(?:mật\s*khẩu|mat\s*khau|(?<!\w)mk|(?<!\w)pass(?:word|w)?|(?<!\w)pwd|(?<!\w)otp"
    r"|mã\s*(?:xác\s*(?:thực|nhận|minh)|otp)|ma\s*(?:xac\s*(?:thuc|nhan|minh)|otp)|mã\s*pin|ma\s*pin)(?!\w)"
)
#: Words that may stand between "password" and "is".
_FILLER = (
    r"(?:\s+(?:vssid|bhxh|otp|pin|cũ|mới|cu|moi|app|ứng\s*dụng|ung\s*dung|hiện\s*tại|hien\s*tai|lúc\s*trước|luc\s*truoc"
    r"|hồi\s*trước|hoi\s*truoc|(?:của|cua)|em|tôi|mình|con|cháu|anh|chị|toi|minh|chau|chi|tui|mẹ|bố|ba|má|đang|dang|đã"
    r"|da|được|duoc|đặt|dat|đổi|doi|dùng|dung|để|de|nhập|nhap|gõ|go|cài|cai|ban\s*đầu|ban\s*dau|mặc\s*định|mac\s*dinh|gửi|gui"
    r"|nhận|nhan|về|ve|trên|tren|điện\s*thoại|dien\s*thoai|này|nay|bây\s*giờ|bay\s*gio))*"
)
_IS = r"\s*(?:(?:là|la|thành|thanh|=|->|→|:)\s*){1,2}"
_QUOTES = "\"'“”‘’«»"
_NAMED = re.compile(
    rf"{_NAME}{_FILLER}{_IS}(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}\n]{{3,64}})[{_QUOTES}]|(?P<value>\S{{4,64}}))",
    re.IGNORECASE,
)
#: Without "is", only what looks like one: letters with digits or signs, or a few digits.
_BARE = re.compile(rf"{_NAME}{_FILLER}\s+(?P<value>\S{{4,64}})", re.IGNORECASE)
_SIGNS = re.compile(r"[\d!@#$%^&*]")
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?", re.IGNORECASE
)
_ORDINARY = frozenset({"vssid", "vneid", "bhxh", "bhyt", "gmail", "email", "zalo", "facebook", "sim", "http", "https"})
_EDGE = ".,;:!?)(…\"'“”‘’"

_CODE_WORD = re.compile(
    r"\botp\b|mã\s*xác\s*(?:thực|nhận|minh)|ma\s*xac\s*(?:thuc|nhan|minh)|\bmã\s*pin\b|\bma\s*pin\b|\bpin\s*(?:là|la)\b",
    re.IGNORECASE,
)
_FEW_DIGITS = re.compile(r"(?<![\d/])(?<!\d[ .,\-])\d(?:[ .\-]?\d){3,7}(?![ .,\-/]?\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Short numbers of services.
_SERVICES = frozenset({"8079", "8179", "8579", "1414", "9029"})
#: Six digits and little else: that is a one-time code.
_ALONE = re.compile(
    r"\s*(?:(?:dạ|da|vâng|vang|đây|day|em|mã|ma|số|so|là|la|ạ|nè|ne|nha|nhé|nhe|ok|của|cua|tôi|toi|mình|minh)[\s:,.]+)*"
    r"(?P<code>\d(?:[ .\-]?\d){5})"
    r"(?:[\s,.!?]+(?:ạ|a|nè|ne|nha|nhé|nhe|đây|day|đó|do|em|ad|bạn|ban|đúng|dung|không|khong|hả|ha))*[\s,.!?]*",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"(?:\bstk\b|(?:số\s*tài\s*khoản|so\s*tai\s*khoan|tài\s*khoản|tai\s*khoan|tk)\s*(?:ngân\s*hàng|ngan\s*hang|atm|nh\b))"
    r"[^\d\n]{0,40}(?P<value>\d(?:[\s.\-]?\d){5,19})(?!\d)",
    re.IGNORECASE,
)


def passwords(text: str) -> Iterator[Found]:
    """Yields passwords that are called so."""
    for match in _NAMED.finditer(text):
        if match["quoted"]:
            yield "secret", "", match.start("quoted"), match.end("quoted")
            continue
        value = match["value"].rstrip(_EDGE)
        if _SIGNS.search(value) or _is_no_word(value):
            yield "secret", "", match.start("value"), match.end("value")
    for match in _BARE.finditer(text):
        value = match["value"].rstrip(_EDGE)
        mixed = len(value) >= 5 and _SIGNS.search(value) and any(char.isalpha() for char in value)
        few = value.isdecimal() and 4 <= len(value) <= 8 and not _is_service(value, text[match.end() :])
        if mixed or few:
            yield "secret", "", match.start("value"), match.start("value") + len(value)


def _is_no_word(value: str) -> bool:
    """Tells whether letters alone are no Vietnamese word: "tinhyeu" is a password, "quên" is none."""
    letters = value.strip(_EDGE)
    plain = unicodedata.normalize("NFD", letters.lower().replace("đ", "d"))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return (
        len(plain) >= 5
        and plain.isascii()
        and plain.isalpha()
        and plain not in _ORDINARY
        and not _SYLLABLE.fullmatch(plain)
    )


def _is_service(digits: str, after: str) -> bool:
    """Tells whether a few digits are the number of a service, a year or an amount."""
    return digits in _SERVICES or _YEAR.fullmatch(digits) is not None or is_amount_or_year(after)


def codes(text: str) -> Iterator[Found]:
    """Yields one-time codes: digits beside the word for one, and six digits alone."""
    alone = _ALONE.fullmatch(text)
    if alone:
        yield "secret", "", alone.start("code"), alone.end("code")
    if not _CODE_WORD.search(text):
        return
    for match in _FEW_DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if 4 <= len(digits) <= 8 and not _is_service(digits, text[match.end() :]):
            yield "secret", "", match.start(), match.end()


def accounts(text: str) -> Iterator[Found]:
    """Yields bank accounts that are called so."""
    for match in _ACCOUNT.finditer(text):
        yield "bank_card", "", match.start("value"), match.end("value")
