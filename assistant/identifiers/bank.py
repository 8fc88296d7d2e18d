"""Bank accounts that words call so, in people's own words and in the messages of banks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.identifiers.model import Found

_BANKS = (
    "vcb|vietcombank|bidv|techcombank|tcb|agribank|vietinbank|vietin|mbbank|mb bank|acb|sacombank|tpbank|vpbank|vib|shb"
    "|hdbank|ocb|msb|scb|eximbank|seabank|lpbank|lienvietpostbank|abbank|pvcombank|kienlongbank|nam a bank|bac a bank"
    "|cake|timo|momo|zalopay|viettelpay|ngan hang|atm|nh"
)
_NAMED = re.compile(
    rf"(?:\bstk\b|\bso tai khoan nhan\b|\b(?:ck|chuyen khoan|chuyen tien|nhan (?:tien|luong"
    rf"|tro cap))\b[^\d\n]{{0,15}}\b(?:tk|tai khoan)\b|(?:\bso )?(?:tai khoan|\btk)[^\d\n]{{0,15}}\b(?:{_BANKS})\b"
    rf"|\b(?:sd|so du) tk\b"
    rf"|\b(?:{_BANKS})\b[^\d\n]{{0,15}}\btk\b)"
    r"[^\d\n\x01]{0,40}(?P<value>\d(?:[\s.\-]?\d){5,19})(?!\d)"
)
#: A bank tells of money that came or went: its "TK" is an account.
_STATEMENT = re.compile(r"\bsd\s?:|\bso du\b|[+\-]\s?\x01+\s?(?:vnd|d\b)|\bps\s?:|\bbien dong\b")
_ACCOUNT = re.compile(r"\b(?:tk|tai khoan|acct?)\b[^\d\n\x01]{0,10}(?P<value>\d(?:[\s.\-]?\d){5,19})(?!\d)")
#: In English, and no other number named between the account and its digits.
_IN_ENGLISH = re.compile(
    rf"(?:\bbank (?:account|acct?|number)\b|\b(?:{_BANKS})\b[^\d\n]{{0,15}}\b(?:acct?|account)\b"
    rf"|\b(?:account|acct?)(?: number| no)? (?:of|at|with|in) (?:my |the |a )?(?:bank|{_BANKS})\b)"
    r"(?:(?!\b(?:phone|sim|mobile|code|insurance|bhxh|vssid|e?mail|passport|call|sdt|ma so)\b)[^\d\n\x01]){0,40}"
    r"(?P<value>\d(?:[\s.\-]?\d){5,19})(?!\d)"
)
#: "Account 0123 at ACB": the bank follows.
_AT_A_BANK = re.compile(
    r"\b(?:acct?|account)\b[^\d\n\x01]{0,10}(?P<value>\d(?:[\s.\-]?\d){5,19})(?!\d)"
    rf"\W{{1,3}}(?:(?:at|with|in|of) )?(?:{_BANKS}|bank)\b"
)
#: "Tk 0123 vietinbank": the bank follows, too.
_BANK_FOLLOWS = re.compile(
    rf"\b(?:tk|tai khoan)\b(?:(?!\b(?:bhxh|vssid|sdt|ma so|cccd|so dt"
    rf"|dien thoai)\b)[^\d\n\x01]){{0,25}}(?P<value>\d(?:[\s.\-]?\d){{5,19}})"
    rf"(?!\d)\W{{1,3}}(?:(?:cua|tai|ngan hang|o|ben|thuoc) ){{0,2}}(?:{_BANKS})\b"
)
#: The last date and the three digits of a card, beside the card's number or beside each other.
_EXPIRY = re.compile(
    r"\b(?:het han|exp|hsd|valid|thoi han)\b[^\d\n]{0,15}(?P<value>(?:0[1-9]|1[0-2])\s?/\s?(?:20)?\d\d)(?!\d)"
)
_BANK_CARD = re.compile(r"\bcv[vc]2?\b|(?<!\d)\d{4}[\s.\-]?\d{4}[\s.\-]?\d{4}[\s.\-]?\d{4}(?!\d)")


def accounts(plain: str) -> Iterator[Found]:
    """Yields bank accounts and the last dates of bank cards."""
    patterns = (_NAMED, _BANK_FOLLOWS) if "tk" in plain or "tai khoan" in plain else ()
    if "acc" in plain or "bank" in plain:
        patterns = (*patterns, _IN_ENGLISH, _AT_A_BANK)
    for pattern in patterns:
        for match in pattern.finditer(plain):
            yield "bank_card", "", match.start("value"), match.end("value")
    if _STATEMENT.search(plain):
        for match in _ACCOUNT.finditer(plain):
            yield "bank_card", "", match.start("value"), match.end("value")
    if _BANK_CARD.search(plain):
        for match in _EXPIRY.finditer(plain):
            yield "secret", "", match.start("value"), match.end("value")
