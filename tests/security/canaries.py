"""Planted identifiers, how people spell them, and a search that finds them in any shape a leak would have."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

#: Runs of digits with up to three other signs between two: how a number stands in text, JSON, CSV or a log.
_RUN = re.compile(rb"\d(?:[^0-9a-z]{0,3}\d){7,}")


@dataclass(frozen=True)
class Canary:
    """A planted value: the text as it was typed, the value behind it, and whether it is a number."""

    name: str
    typed: str
    value: str

    @property
    def digits(self) -> bytes:
        """The digits of a number; empty for everything else."""
        return self.value.encode() if self.value.isdecimal() and len(self.value) >= 8 else b""

    def needles(self) -> set[bytes]:
        """Returns the byte strings that betray it, in lower case."""
        texts = {self.typed, self.value}
        if "@" in self.value:
            texts |= {self.value.partition("@")[0], self.value[::-1]}
        found: set[bytes] = set()
        for text in texts:
            for form in ("NFC", "NFD"):
                raw = unicodedata.normalize(form, text).lower().encode()
                found |= {raw, raw.hex().encode(), raw.decode().encode("utf-16-le"), raw.decode().encode("utf-16-be")}
                if len(raw) > 9:
                    found |= {base64.b64encode(b"x" * shift + raw)[4:-4].lower() for shift in range(3)}
            found |= {json.dumps(form)[1:-1].lower().encode() for form in (text, text.lower())}  # as JSON escapes it
        return {needle for needle in found if len(needle) >= 6}


def number(name: str, value: str, *typed: str) -> list[Canary]:
    """Returns a number in each of its spellings."""
    return [Canary(name, text, value) for text in (value, *typed)]


WORDS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


def in_words(digits: str) -> str:
    """Returns digits as they are dictated."""
    return " ".join(WORDS[int(digit)] for digit in digits)


CODE, PHONE, CCCD, EMAIL = "7913579246", "0975318642", "079135792468", "chim.hoangyen@example.org"
PASSWORD = "mười hai chú vượn cáo đỏ"
#: What somebody types, each in its own message, spelled in many ways.
TYPED = [
    *number(
        "code",
        "7924681357",
        "79 2468 1357",
        "79-2468-1357",
        "79/2468/1357",
        "79,2468,1357",
        "7 9 2 4 6 8 1 3 5 7",
        "79\u200b2468\u200b1357",
        "７９２４６８１３５７",
        "7️⃣9️⃣2️⃣4️⃣6️⃣8️⃣1️⃣3️⃣5️⃣7️⃣",
        "mã:7924681357ạ",
        in_words("7924681357"),
    ),
    *number(
        "phone",
        "0986427531",
        "0986.427.531",
        "+84 986 427 531",
        "84986427531",
        "(098) 6427531",
        "0986   427   531",
        "O986427531",
        in_words("0986427531"),
    ),
    *number("citizen id", "001246813579", "001 246 813 579", "001.246.813.579", "cccd:001246813579"),
    *number("old id", "273185469", "273 185 469", "273.185.469"),
    *number("card", "4797935724681", "DN4797935724681", "DN 4 79 7935724681", "gd-4-79-7935724681"),
    *number("bank card", "4539578763621486", "4539 5787 6362 1486", "4539-5787-6362-1486"),
    *number("odd number", "83146952", "8314 6952", "83146952013"),
    *number("bank account", "193824675301", "stk 193824675301 vietcombank", "tài khoản ngân hàng 1938 2467 5301"),
    Canary("e-mail", "thu.hoangoanh@example.net", "thu.hoangoanh@example.net"),
    Canary("e-mail", "THU.HoangOanh @ example . net", "thu.hoangoanh@example.net"),
    Canary("e-mail", "thu.hoangoanh(at)example.net", "thu.hoangoanh@example.net"),
    Canary("e-mail", "t h u . h o a n g o a n h @ e x a m p l e . n e t", "thu.hoangoanh@example.net"),
    Canary("e-mail", "thu chấm hoangoanh a còng example chấm net", "thu.hoangoanh@example.net"),
    Canary("e-mail", "thu.hoangoanh@example", "thu.hoangoanh@example.net"),
    Canary("password", "mật khẩu của em là ChimSeo@2031", "ChimSeo@2031"),
    Canary("password", "mk: chimseonau77", "chimseonau77"),
    Canary("password", "mật khẩu vssid cũ em đặt là chimkhuyenxanh", "chimkhuyenxanh"),
    Canary("password", "pass là 'chim chao mao 9'", "chim chao mao 9"),
    Canary("one-time code", "otp là 739182", "739182"),
    Canary("one-time code", "mã xác thực 739 182", "739182"),
    Canary("one-time code", "739182", "739182"),
]
#: Somebody whom the register knows: their data stands there, and nowhere else.
OWN = [
    *number("member's code", CODE), *number("member's phone", PHONE), *number("member's citizen id", CCCD),
    Canary("member's e-mail", EMAIL, EMAIL), Canary("member's password", PASSWORD, PASSWORD),
]  # fmt: skip
#: What is filled into the form of a declaration.
FORM = {
    "full_name": "Đặng Thị Chim Ngói",
    "birth_date": "5/9/1968",
    "gender": "nu",
    "citizen_id": "079 168 135 792",
    "code": "7935792468",
    "phone": "0964 213 857",
    "address": "Số 12, ngõ Chim Sáo, phường Hà Đông",
    "new_email": "chim.ngoi@example.org",
    "new_phone": "+84 953 186 427",
    "changes": "Họ đệm đang ghi “Chím”, sửa thành “Chim”.",
    "hand_in": "employer",
    "employer": "Công ty TNHH Chim Yến Phương Đông",
}
FILLED = [
    *number("form", "079168135792"), *number("form", "7935792468"), *number("form", "0964213857"),
    *number("form", "0953186427"),
    *(Canary("form", FORM[name], FORM[name]) for name in ("full_name", "address", "new_email", "changes", "employer")),
]  # fmt: skip
ALL = [*TYPED, *OWN, *FILLED]


def _is_number(needle: bytes) -> bool:
    """Tells whether a needle is the digits themselves: those are looked for as runs. (In hex, digits are digits.)"""
    return needle.isdigit() and len(needle) < 2 * 8


class Search:
    """Looks for canaries in bytes."""

    def __init__(self, canaries: Iterable[Canary] = ALL) -> None:
        canaries = list(canaries)
        self._digits = {c.digits: c.name for c in canaries if c.digits}
        self._digits |= {c.digits[1:]: c.name for c in canaries if re.fullmatch(rb"0\d{9}", c.digits)}  # after +84
        self._digits |= {digits[::-1]: name for digits, name in self._digits.items()}
        self._needles = {needle: c.name for c in canaries for needle in c.needles() if not _is_number(needle)}
        self._codes = {c.value.encode(): c.name for c in canaries if c.value.isdecimal() and len(c.value) < 8}

    def found(self, content: bytes, text: bool = True) -> set[str]:
        """Returns the names of the canaries in some bytes; `text`: short codes count, too, where they stand alone."""
        content = content.lower() + b"\n" + content.decode("utf-8", "ignore").lower().encode()
        runs = b" ".join(re.sub(rb"\D", b"", run) for run in set(_RUN.findall(content)))
        hits = {name for digits, name in self._digits.items() if digits in runs}
        hits |= {name for needle, name in self._needles.items() if needle in content}
        for code, name in self._codes.items() if text else ():
            # Behind a point it is a fraction of a second, or of a probability.
            if re.search(rb"(?<![\d.])" + rb"[ .\-]?".join(bytes([digit]) for digit in code) + rb"(?!\d)", content):
                hits.add(name)
        return hits
