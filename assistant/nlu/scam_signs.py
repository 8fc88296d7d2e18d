"""A pasted message that speaks as an office: what in it shows that it is none.

Who speaks matters: a person who asks about a link is answered; a text that calls, threatens or promises in the name of
BHXH is named for what it is. Text that only resembles one, with official addresses alone, is not accused.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.nlu.text import strip_accents

Sign = Literal["look_alike", "short_link", "link", "install", "pay", "hand_over", "number", "chain", "hurry", "gift"]

#: How an office speaks to people.
_OFFICE = re.compile(
    r"quy (?:khach|vi|ong|don vi)|\bong/ba\b|\bong\(ba\)|\bcskh\b|kinh gui|thong bao\s?:|thong bao tu\b|tran trong"
    r"|vui long"
    r"|de nghi (?:ong|ba|quy|ban)"
    r"|\bkhan(?: cap)?\s?:|chuyen tiep\s?:|^chuyen tiep (?:cho|den|ngay)"
    r"|\bke tu (?:ngay )?\d|\b(?:vssid|vneid|cong dvc|dvcqg|bao hiem xa hoi)\s?:"
    r"|\bbhxh(?: viet nam| vn| tp[.\w ]{0,12}| \w{2,12})?\s?:|bhxh (?:viet nam )?(?:thong bao|kinh)"
    r"|cua ban (?:sap|da|bi|chua|se|con)"
    r"|\bban (?:con|da|duoc|chua|co) \d|truy cap|bam vao|nhan vao|click|dang nhap (?:https?|tai|vao|www|\w+\.)"
    r"|lien he (?:ngay )?(?:hotline|zalo|so)"
    r"|xac minh (?:trong|truoc|ngay|tai khoan)|cap nhat (?:tai|truoc|ngay|thong tin tai)|de (?:nhan|tranh|khong bi)"
)
_PERSON = re.compile(
    r"\b(?:em|toi|(?<!xac )minh|chau|tui|ad|admin|shop|a oi|oi)\b|cho hoi|co phai|phai khong|that khong|lua dao"
    r"|\blua\b|giup|\ba\s*[?.]?$|\?"
    r"|\bquy co quan\b|kinh gui:? (?:co quan|bhxh|bao hiem)"
)
#: Somebody who says of themselves that they are an office, and asks nothing of us.
_IMPOSTOR = re.compile(
    r"\b(?:em|toi|minh|chung toi|chau|con)(?: day)? (?:la )?(?:\w{2,8} )?(?:can bo|nhan vien|chuyen vien|cong an"
    r"|nguoi cua|ben|o phong|phong)"
    r"(?: \w+){0,3} ?(?:bhxh|bao hiem|vssid|vneid|cong an|dich vu cong|phuong|xa|che do)\b"
)
_ASKS = re.compile(
    r"cho (?:\w+ )?hoi|(?:muon|can|xin) hoi|co phai|phai khong|that khong|dung khong|duoc khong|lua dao|\blua\b|\?"
    r"|huong dan|lam sao|nhu nao|the nao"
)
#: Somebody sells what is free, or work that costs money first.
_SELLS = re.compile(
    r"\b(?:gia (?:chi|tu|re)|uy tin|bao (?:dau|thanh cong)|\d+ ?(?:k|tr|trieu) ?/ ?ngay|giu cho|coc truoc|nhan lam"
    r"|co lien)\b"
)
#: What a person says to have done is no question any more.
_DONE = re.compile(
    r"\b(?:lo|da|vua|trot|xong|(?<!khuon )(?<!hai )(?<!2 )mat)\b(?! khau)"
    r"|\broi\b(?=\s*(?:[.,;!?)\n\x01⟦]|$|(?:a|ad|gio|co|thi|phai|lam|sao|bi|em|ma|nhung)\b))"
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
    | {"space", "website", "store", "page"}
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
    ("install", re.compile(rf"{_NOT}(?:tai|cai(?: dat)?|nang cap|quet)\b[^.\n]{{0,30}}(?:ung dung|app\b(?! ?store)"
        rf"|phan mem|vssid (?:\d|pro|plus|moi)|apk|ma qr|qr\b)|\.apk\b|\bcap quyen tro nang")),
    ("pay", re.compile(rf"{_NOT}(?:chuyen (?:khoan|tien|(?:vao |qua )?(?:stk|tk|so tai khoan)\b|\d[\d.,]* ?(?:k|tr"
        rf"|trieu|nghin|dong|d|vnd)\b)|nop (?:le )?phi"
        rf"|dong (?:le )?phi|thanh toan|dat coc"
        rf"|nop tien|le phi)\b")),
    ("hand_over", re.compile(
        rf"{_NOT}(?:doc|cung cap|gui|cho biet|nhap|khai|xac nhan|chup|dien|chuan bi)\b[^.\n:]{{0,50}}(?:\botp\b"
        rf"|mat khau"
        rf"|so the|so tai khoan|stk\b|anh (?:(?:hai|2) mat )?(?:can cuoc|cccd)|khuon mat|\bpin\b|ma xac|ma \d so"
        rf"|\b[46] so vua)"
    )),
    # Numbers stand as tokens by then; those of the office are none.
    ("number", re.compile(r"(?:hotline|lien he|\bgoi\b|zalo)[^.\n]{0,20}⟦(?:phone|number)")),
    ("chain", re.compile(
        r"\b(?:gui|chia se|share|chuyen tiep|nhan)\b[^.\n]{0,25}\bcho (?:it nhat )?(?:\d+|moi|nhieu|tat ca|ca nha)"
        r"(?: \w+)? ?(?:nguoi|ban be|nhom|cung biet|biet)?"
    )),
    ("hurry", re.compile(
        r"trong (?:vong )?\d+ ?(?:h\b|gio|phut|ngay)|truoc \d+ ?(?:h|gio)|sap bi (?:khoa|huy|cat)|se bi (?:khoa"
        r"|huy|cat|thu hoi)|ngay hom nay|lan cuoi|qua han\b|(?:truoc|den het)(?: ngay)? \d{1,2}/\d"
    )),
    ("gift", re.compile(
        r"nhan (?:tien|qua|ho tro|thuong)|ho tro (?:100|\d+ ?%)|chua nhan|trung thuong|hoan tien"
        r"|duoc huong (?:them )?\d|con \d+ khoan|tri an"
    )),
)  # fmt: skip
#: Calls to a dear number that passes for the office's.
_COSTLY = re.compile(r"\b(?:goi|lien he|hotline|bam|alo)\b[^\n]{0,30}\b1900[\s.]?25[\s.]?25[\s.]?10\b")
_STORE = re.compile(r"\b(?:ch play|app ?store|google play|cua hang ung dung|play store)\b")
#: What shows it alone; hurry and gifts only beside one of these.
_HARD = frozenset({"look_alike", "short_link", "link", "install", "pay", "hand_over", "number", "chain"})
#: What makes a doubtful page a trap, whoever speaks of it.
_WANTED = frozenset({"install", "pay", "hand_over"})


def signs(text: str) -> tuple[Sign, ...]:
    """Returns what is wrong in a message that speaks as an office; () if it does not, or nothing is."""
    plain = strip_accents(text.lower())
    speaks = any(_OFFICE.search(part) and not _PERSON.search(part) for part in (plain, *_QUOTED.split(plain)))
    asks = _ASKS.search(plain) is not None
    if not (speaks or (not asks and (_IMPOSTOR.search(plain) or (_SELLS.search(plain) and not _PERSON.search(plain))))):
        return _of_nobody(plain, text) or _asked_about(plain, text)
    found: list[Sign] = [*_of_links(plain, text), *_called_for(plain)]
    return tuple(dict.fromkeys(found)) if any(sign in _HARD for sign in found) else ()


def _of_nobody(plain: str, text: str) -> tuple[Sign, ...]:
    """Returns what is wrong in a text that no person speaks in and that calls to a page that is not the office's."""
    if _PERSON.search(plain) or _ASKS.search(plain):
        return ()
    if _COSTLY.search(plain):
        return ("number",)
    links, calls = _of_links(plain, text) if "." in plain else [], _called_for(plain)
    trap = {"look_alike", "short_link"} & set(links) or {"gift", *_WANTED} & set(calls)
    return tuple(dict.fromkeys([*links, *calls])) if links and calls and trap else ()


def _asked_about(plain: str, text: str) -> tuple[Sign, ...]:
    """Returns what is wrong with a page that somebody means to pay, to install from or to tell a secret; () if nothing.

    What was done already is no question: the way out of it goes first.
    """
    if "." not in plain or _DONE.search(plain):
        return ()
    links, calls = _of_links(plain, text), _called_for(plain)
    return tuple(dict.fromkeys([*links, *calls])) if links and _WANTED & set(calls) else ()


def _called_for(plain: str) -> list[Sign]:
    found = [sign for sign, words in _CALLS if words.search(plain)]
    from_a_store = "install" in found and _STORE.search(plain) is not None and ".apk" not in plain
    return [sign for sign in found if sign != "install"] if from_a_store else found


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
