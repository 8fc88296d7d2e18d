"""Passwords of ordinary words, and passwords that are spelt: what stands behind "password is", when no sign betrays it.

"Mật khẩu của em là hoa hồng" names one, "mật khẩu là do bhxh cấp" explains something: the first word tells them apart.
All patterns read the text without accents, in lower case, unless they say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.identifiers.model import Found

#: With these an explanation, a question or a complaint about a password begins; a password hardly does.
_EXPLAINS = frozenset([
    "gi", "j", "ji", "zi", "zay", "bao", "bnhieu", "may", "sai", "dung", "ko", "k", "khong", "kg", "hong", "hok",
    "hk", "hem", "chua", "chu", "chuoi", "so", "day", "cai", "do", "de", "mot", "nhung", "cac", "phai", "ma", "ngay",
    "thang", "nam", "ten", "ho", "thong", "bat", "nhu", "the", "nao", "sao", "ai", "dau", "khi", "luc", "neu", "thi",
    "vi", "tai", "co", "da", "dang", "se", "duoc", "dc", "bi", "cung", "van", "moi", "cu", "cua", "e", "minh", "mk",
    "toi", "ad", "admin", "tu", "vao", "ra", "len", "xong", "het", "loi", "can", "nen", "muon", "xin", "cho", "giup",
    "gium", "dum", "lay", "cap", "doi", "quen", "mat", "nho", "nhap", "go", "bam", "gui", "nhan", "dat", "tao", "vui",
    "vua", "rat", "qua", "kha", "rieng", "quan", "thu", "loai", "cach", "viec", "dieu", "muc", "phan", "noi", "nguoi",
    "app", "vssid", "vneid", "bhxh", "sms", "email", "mail", "otp", "pin", "sdt", "cccd", "cmnd", "dien", "khoa",
    "mo", "tren", "duoi", "trong", "ngoai", "truoc", "lan", "hay", "hoac", "va", "voi", "theo", "ok", "okie", "chinh",
    "hop", "kieu", "roi", "nua", "them", "thieu", "it", "nhieu", "tat", "kho", "dai", "ngan", "manh", "phuc", "don",
    "giong", "khac", "chung", "bang", "tuy", "rong", "trang", "null", "xac", "dinh", "vay", "luon", "ben", "link",
    "bo", "me", "vo", "chong", "ong", "ky", "ki", "ban", "quy", "hien", "nay", "kia", "ay", "vien", "cong", "hoc",
    "dan", "lam", "song", "nghi", "di", "o", "biet", "hoi", "nghe", "thay", "goi", "tra", "chon", "su", "xem", "tim",
    "hieu", "mac", "tong", "gom", "toan", "bac", "nham", "sot", "incorrect", "wrong", "invalid", "not", "required",
    "expired", "a", "an", "too", "correct", "what", "still", "case", "locked", "my", "by", "sinh",
    "lost", "gone", "forgotten", "missing", "dead", "stolen", "broken", "blocked", "rejected", "unknown", "empty",
    "needed", "changed", "always", "never",
])  # fmt: skip
#: Somebody does something: no password, though "con mèo" is one and "con em đặt" begins alike.
_VERBS = frozenset([
    "dat", "nho", "biet", "tao", "quen", "giu", "ghi", "noi", "bao", "xai", "cai", "luu", "doi", "chon",
])  # fmt: skip
#: Numbers in words that count what follows.
_COUNTS = re.compile(
    r"(?:hai|ba|bon|nam|sau|bay|tam|chin|muoi|con|anh|chi|em)"
    r" (?:so|chu|ky|ki|lan|loai|cai|kieu|day|em|toi|minh|tui|ay|do|nay)\b"
)
#: After the words of a password these go on with the sentence.
_GOES_ON = (_EXPLAINS | frozenset([
    "viet", "ghi", "go", "a", "nha", "nhe", "nghe", "nhen", "day", "ne", "nhung", "ma", "nhap", "in", "ha", "hen",
    "hoi", "nhi", "vo",
])) - frozenset([
    "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin", "con", "hoa", "da", "em", "me", "bo", "vo", "ong", "chi",
    "dan", "cong", "ngoc", "sao", "toi",
])  # fmt: skip
_TAILS = re.compile(
    r"\s(?:viet|ghi|go) (?:lien|hoa|thuong|khong|ko|k|in)\b|\s(?:khong|ko|k|kg) dau\b|\sin (?:hoa|thuong)\b"
)
_WORD = re.compile(r"[a-z0-9]+")
_NAMES = re.compile(r"(?:lan|thu|mai|nga|dung|ngan|hoa|trang)\b", re.IGNORECASE)
_MOST_WORDS = 6
#: What is done to a password, or is wrong with it: then what it "is" is no value.
_DONE_TO_IT = re.compile(
    r"\b(?:quen|sai|nhap|co|thieu|mat|lay|cap|xin|nho|go|danh|gui|nhan|duoc|biet|hoi|phuc|reset|can|lai|loi|tim|doi"
    r"|khong|ko|k|dung|ve|viec|het|mo|bam|chua|va|voi|lan|hoac|tren|muc|nut|phan|o|chu|link|cho)"
    r"(?: (?:dung|sai|ca|cai|lai|nham|lon))? ?$"
)
#: Whose password it is, or which; nothing else may stand between it and "is".
WHOSE = (
    r"(?:\s(?:cua|em|e|toi|tui|t|minh|con|chau|bac|co|chu|anh|chi|a|c|me|ma|bo|ba|ong|ngoai|noi|vo|chong|vk|ck|nha|gai|trai"
    r"|cu|moi|hien tai|ban dau|mac dinh|tam thoi|truoc|luc truoc|hoi truoc|hom truoc|lan truoc|ngay truoc|nhat|day"
    r"|dang nhap|truy cap|vao|mo|app|ung dung|tai khoan|vssid|vneid|bhxh|zalo|dich vu cong|dvc|cong|he thong"
    r"|gmail|mail|wifi"
    r"|dat|de|set|cai|chon|dung|xai|hinh nhu|chac|co le|thi|van|do|nay|nay ne|ne|luc|hoi|ho|duoc|cho)\b){0,7}"
)
_TOLD = re.compile(
    rf"_?(?P<whose>{WHOSE})(?:\s?(?P<is>\b(?:la|is)\b|\bthanh\b(?! cong)|:|=|->|=>|→)\s?)"
    r"(?:la\b|:|=|>)?[\s\"'“(]{0,2}"
)
_IS = ("la", "is")
_LOOK_BACK = 24
_OWNED = re.compile(
    r"\b(?:cua|em|e|toi|tui|minh|con|chau|bac|co|chu|anh|chi|me|bo|ba|ong|vo|chong|vk|ck|dat|de|set|chon|thanh)\b"
)
#: One character, its name when it is dictated, a digit in words, a sign's name.
_NAMES_OF_LETTERS = (
    "bê|bờ|xê|cê|dê|dờ|đê|đờ|ép|giê|gờ|hát|hờ|i dài|y dài|ca|ka|lờ|e lờ|e-lờ|mờ|em mờ|em-mờ|nờ|en nờ|en-nờ|pê|pờ|quy"
    "|quờ|rờ|e rờ|ét|sờ|ét sì|tê|tờ|vê|vờ|ích|ích xì|xờ|dét|zét|vê kép|i cờ rét|i-cờ-rét|cờ"
)
_SIGNS = (
    "a còng|a cong|a móc|a moc|@|thăng|thang|sao|chấm than|cham than|gạch dưới|gach duoi|đô la|do la|chấm|cham|dấu \\w+"
    "|dau \\w+"
)
_NUMERALS = "không|khong|một|mot|hai|ba|bốn|bon|tư|năm|nam|lăm|sáu|sau|bảy|bẩy|bay|tám|tam|chín|chin"
_UNIT = (
    rf"(?:(?:(?:chữ|chu|số|so|dấu|dau) )?(?:[a-zăâđêôơư0-9@#$!%^&*_]|{_NAMES_OF_LETTERS}|{_SIGNS}|{_NUMERALS})"
    r"(?: (?:hoa|thường|thuong)(?! \w{2,}))?)"
)
#: Reads the text with its accents, in whatever case.
_SPELT = re.compile(
    rf"[\s:,\"'“(]{{0,3}}(?P<value>(?:\w{{2,12}}(?=[\s,]{{1,2}}(?:{_SIGNS})\b)|{_UNIT})(?:[\s,.\-]{{1,2}}{_UNIT}){{2,24}})(?![\w@])",
    re.IGNORECASE,
)
_IN_DIGITS = re.compile(
    rf"(?P<value>(?:{_NUMERALS})(?:[\s,.\-]{{1,2}}(?:{_NUMERALS})){{2,24}})"
    r"(?!\w| (?:ký|kí|ky|ki|số|so|chữ|chu|lần|lan)\b)",
    re.IGNORECASE,
)
_UNMISTAKABLE = re.compile(
    rf"(?<!\w)(?:[b-df-jl-np-tv-zđ0-9@#$]|{_NAMES_OF_LETTERS}|a còng|a cong|a móc|a moc)(?!\w)", re.IGNORECASE
)
_SURE = 2
_AT_SIGN = re.compile(r"\ba (?:còng|cong|móc|moc)\b", re.IGNORECASE)


def spelt(text: str, at: int, end: int) -> Iterator[Found]:
    """Yields a password that is told letter by letter ("t u a n 1 9", "tê u a nờ một chín") at a place."""
    if digits := _IN_DIGITS.match(text, at, end):
        yield "secret", "", digits.start("value"), digits.end("value")
    match = _SPELT.match(text, at, end)
    sure = match and (len(_UNMISTAKABLE.findall(match["value"])) >= _SURE or _AT_SIGN.search(match["value"]))
    if match and sure and len(match["value"]) > 5:
        yield "secret", "", match.start("value"), match.end("value")


def of_words(text: str, plain: str, name: int, called: int, end: int) -> Iterator[Found]:
    """Yields a password of ordinary words behind "my password is", "password:".

    Args:
        text: the text.
        plain: the same without accents.
        name: where the name of the password begins.
        called: where it ends.
        end: where the sentence ends.
    """
    told = _TOLD.match(plain, called, end)
    words, until = _phrase(plain, told.end(), end, _is_a_name(text, told.end())) if told else (0, called)
    if not told or not words:
        return
    owned = _OWNED.search(told["whose"]) is not None
    if not owned and (_DONE_TO_IT.search(plain, max(0, name - _LOOK_BACK), name) or (told["is"] in _IS and words == 1)):
        return
    if plain.startswith("mk", name) and not owned and told["is"] in _IS:
        return  # "mk" is "I", too
    yield "secret", "", told.end(), until


def may_begin(word: str) -> bool:
    """Tells whether a word may begin a password, and no explanation of one."""
    return word not in _EXPLAINS and word not in _VERBS


def with_tail(plain: str, at: int, end: int) -> Iterator[Found]:
    """Yields a password of ordinary words at a place where "written in one", "without accents" follows it."""
    words, until = _phrase(plain, at, end)
    if words and _TAILS.match(plain, until):
        yield "secret", "", at, until


def _is_a_name(text: str, at: int) -> bool:
    """Tells whether a word that would count, or set in order, has no accent where others have theirs: "Lan", "Thu"."""
    return not text.isascii() and _NAMES.match(text, at) is not None


def _phrase(plain: str, at: int, end: int, named: bool = False) -> tuple[int, int]:
    """Returns how many words stand at a place before the sentence goes on, and where they end; none if it explains."""
    words, until, place = 0, at, at
    if _COUNTS.match(plain, at):
        return 0, at
    if named and (first := _WORD.match(plain, at, end)):
        words, until, place = 1, first.end(), first.end() + 1
    while words <= _MOST_WORDS and place < end and (match := _WORD.match(plain, place, end)):
        word = match[0]
        if word in _VERBS:
            return 0, at
        if word in (_GOES_ON if words else _EXPLAINS) or _TAILS.match(plain, place - 1):
            break
        words, until = words + 1, match.end()
        if not plain.startswith(" ", until):
            break
        place = until + 1
    return (words, until) if words <= _MOST_WORDS else (0, at)
