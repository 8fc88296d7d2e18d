"""Words that say the answer, or what was understood, is wrong; read without accents, shorthand written out."""

from __future__ import annotations

import re

_DISAGREES = re.compile(
    r"\b(?:khong|chua|cha|hong|dau co|chang) (?:\w+ ){0,2}?(?:dung|phai|lien quan|giup duoc|tra loi|hieu y|chinh xac)\b"
    r"|\b(?:sai|nham|lac de)\b"
    r"|\b(?:khong|dau co|dau) (?:phai )?hoi (?:cai )?(?:do|vay|nay|the)\b"
    r"|\b(?:y|cau) (?:cua )?(?:em|toi|minh|tui|chau|con|bac|co|chu|anh|chi) (?:khong|la|hoi)\b"
    r"|\bhoi mot dang\b|\btra loi (?:linh tinh|lung tung|vo van)\b"
)
#: What is said of one's own data ("số đó không phải của em") is about a number, not about the answer.
_ABOUT_DATA = re.compile(r"\b(?:so|ma|email|mail|the|can cuoc)\b")
#: What names the answer or the question itself, and no app or page that reports something.
_ABOUT_ANSWER = re.compile(r"\b(?:hoi|tra loi|y (?:em|toi|minh|tui|chau|con|bac)|hieu|lien quan|lac de)\b")
_REPORTED = re.compile(r"\b(?:bao|may|app|ung dung|trang)\b")


def disagrees(plain: str) -> bool:
    """Tells whether words may object to an answer."""
    return _DISAGREES.search(plain) is not None and _ABOUT_DATA.search(plain) is None


def objects_plainly(plain: str) -> bool:
    """Tells whether words object to the answer beyond doubt: they name it, or what was asked."""
    return disagrees(plain) and _ABOUT_ANSWER.search(plain) is not None and _REPORTED.search(plain) is None
