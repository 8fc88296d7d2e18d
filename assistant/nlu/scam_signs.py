"""A pasted message that speaks as an office: what in it shows that it is none.

Who speaks matters: a person who asks about a link is answered; a text that calls, threatens or promises in the name of
BHXH is named for what it is. Text that only resembles one, with official addresses alone, is not accused.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.nlu.text import strip_accents

Sign = Literal["look_alike", "short_link", "link", "install", "pay", "hand_over", "number", "hurry", "gift"]

#: How an office speaks to people.
_OFFICE = re.compile(
    r"quy (?:khach|vi|ong|don vi)|\bong/ba\b|\bong\(ba\)|\bcskh\b|kinh gui|thong bao\s?:|tran trong|vui long"
    r"|de nghi (?:ong|ba|quy|ban)"
    r"|\bbhxh(?: viet nam| vn| tp[.\w ]{0,12}| \w{2,12})?\s?:|bhxh (?:viet nam )?(?:thong bao|kinh)"
    r"|cua ban (?:sap|da|bi|chua|se|con)"
    r"|\bban (?:con|da|duoc|chua|co) \d|truy cap|bam vao|nhan vao|click|dang nhap (?:https?|tai|vao|www|\w+\.)"
    r"|lien he (?:ngay )?(?:hotline|zalo|so)"
    r"|xac minh (?:trong|truoc|ngay|tai khoan)|cap nhat (?:tai|truoc|ngay|thong tin tai)|de (?:nhan|tranh|khong bi)"
)
_PERSON = re.compile(
    r"\b(?:em|toi|(?<!xac )minh|chau|tui|ad|admin|shop|a oi|oi)\b|cho hoi|co phai|phai khong|that khong|lua dao"
    r"|\blua\b|giup|\ba\s*[?.]?$|\?"
)
_QUOTED = re.compile(r"[\"“”«»\n]|:\s")
_DOMAIN = re.compile(
    r"(?:https?://"
    r"|www\.)?(?<![@\w.\-])(?P<host>[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,4}\.(?P<end>[a-z]{2,12}))(?![\w@])(?P<path>/\S*)?",
    re.IGNORECASE,
)
_ENDINGS = frozenset(
    {"com", "vn", "net", "org", "co", "biz", "info", "xyz", "top", "cc", "io", "ly", "me", "app", "site", "online"}
    | {"vip", "shop", "link", "club", "work", "live", "cn", "ru", "tk", "ml", "ga", "icu", "pw", "asia", "mobi", "pro"}
)
_OFFICIAL = re.compile(r"(?:^|\.)gov\.vn$")
_PLATFORMS = re.compile(
    r"(?:^|\.)(?:zalo\.me|facebook\.com|fb\.com|m\.me|messenger\.com|youtube\.com|google\.com|apple\.com"
    r"|gmail\.com|tiktok\.com"
    r"|(?:vietcombank|bidv|techcombank|agribank|mbbank|vnpt|viettel|vinaphone|mobifone)\.(?:com\.)?vn)$"
)
_SHORTENED = re.compile(
    r"^(?:www\.)?(?:bit\.ly|t\.ly|tinyurl\.com|cutt\.ly|rb\.gy|is\.gd|goo\.gl|t\.co|s\.id|shorturl\.at|by\.com\.vn)$"
)
_OURS = re.compile(r"vssid|bhxh|baohiem|bhyt|vneid|dichvucong|dvc|gov|chinhphu|bocongan|vss(?![a-z])")
_NOT = r"(?<!khong )(?<!dung )(?<!chua )(?<!tuyet doi khong )"
_CALLS: tuple[tuple[Sign, re.Pattern[str]], ...] = (
    ("install", re.compile(rf"{_NOT}(?:tai|cai(?: dat)?|nang cap|quet)\b[^.\n]{{0,30}}(?:ung dung|app\b"
        rf"|phan mem|vssid \d|apk|ma qr|qr\b)|\.apk\b")),
    ("pay", re.compile(rf"{_NOT}(?:chuyen (?:khoan|tien)|nop (?:le )?phi|dong (?:le )?phi|thanh toan|dat coc"
        rf"|nop tien|le phi)\b")),
    ("hand_over", re.compile(
        rf"{_NOT}(?:doc|cung cap|gui|cho biet|nhap|khai|xac nhan|chup)\b[^.\n]{{0,30}}(?:\botp\b|mat khau"
        rf"|so the|so tai khoan|stk\b|anh (?:can cuoc|cccd)|khuon mat|\bpin\b|ma xac)"
    )),
    # Numbers stand as tokens by then; those of the office are none.
    ("number", re.compile(r"(?:hotline|lien he|goi (?:ngay|den|so)|zalo)[^.\n]{0,20}⟦(?:phone|number)")),
    ("hurry", re.compile(
        r"trong (?:vong )?\d+ ?(?:h\b|gio|phut|ngay)|truoc \d+ ?(?:h|gio)|sap bi (?:khoa|huy|cat)|se bi (?:khoa"
        r"|huy|cat|thu hoi)|ngay hom nay|lan cuoi"
    )),
    ("gift", re.compile(
        r"nhan (?:tien|qua|ho tro|thuong)|ho tro (?:100|\d+ ?%)|chua nhan|trung thuong|hoan tien"
        r"|duoc huong (?:them )?\d|con \d+ khoan|tri an"
    )),
)  # fmt: skip
#: What shows it alone; hurry and gifts only beside one of these.
_HARD = frozenset({"look_alike", "short_link", "link", "install", "pay", "hand_over", "number"})


def signs(text: str) -> tuple[Sign, ...]:
    """Returns what is wrong in a message that speaks as an office; () if it does not, or nothing is."""
    plain = strip_accents(text.lower())
    if not any(_OFFICE.search(part) and not _PERSON.search(part) for part in (plain, *_QUOTED.split(plain))):
        return ()
    found: list[Sign] = [*_of_links(plain, text), *(sign for sign, words in _CALLS if words.search(plain))]
    return tuple(dict.fromkeys(found)) if any(sign in _HARD for sign in found) else ()


def _of_links(plain: str, text: str) -> list[Sign]:
    found: list[Sign] = []
    for match in _DOMAIN.finditer(plain):
        host = match["host"]
        if match["end"] not in _ENDINGS or _OFFICIAL.search(host) or _PLATFORMS.search(host):
            continue
        written = text[match.start("host") : match.end("host")] if len(text) == len(plain) else host
        if _SHORTENED.match(host):
            found.append("short_link")
        elif _OURS.search(host.replace("-", "")) or "xn--" in host or not written.isascii():
            found.append("look_alike")
        else:
            found.append("link")
    return found
