"""Rules for words that belong to what stands beside them: "here it is", "my number is", "is it done?"."""

from __future__ import annotations

import re

from assistant.reading import english
from assistant.reading.model import Decision, Raw, State
from assistant.reading.own_sides import own_facet
from assistant.reading.signals import (
    BEYOND_DOUBT,
    FALLBACK,
    GIST,
    OWN_HERE,
    about,
    best,
    gives_identifier,
    has_subject,
    is_topic,
)
from assistant.reading.state import ASIDES

_WHO = r"(?:em|minh|toi|tui|anh|chi|con|chau|bac|co|chu|ban|ad|admin|shop|a|c|e)"
_POLITE = rf"(?:{_WHO}|da|vang|a|nha|nhe|nghe|nek?|nay|do|day|oi|roi|nhen|hen|u)"
_THING = (
    r"(?:so dien thoai|dien thoai|so|sdt|ma so|ma|bhxh|bao hiem xa hoi|bao hiem|e?mail|gmail|dia chi|thong tin"
    r"|dang ky|cu|moi)"
)
_OF = rf"(?:cua )?(?:{_WHO} )?"
#: "Đây ạ", "em gửi số đây nhé".
_HERE = re.compile(
    rf"(?:{_POLITE} )*(?:(?:gui|dua|nhan|ghi|chup)(?: cho)? )?(?:{_WHO} )?(?:{_THING} )*{_OF}(?:day|nay|nek?|do)"
    rf"(?: {_POLITE})*"
)
#: "Sđt của em", "mã em", "mã bhxh của em là".
_MINE = re.compile(rf"(?:{_POLITE} )*(?:{_THING} )+(?:cua {_WHO}|(?:cua )?(?:{_WHO} )?la)(?: {_POLITE})*")
#: The same without "of": "mã em".
_MY = re.compile(rf"(?:{_POLITE} )*(?:so dien thoai|sdt|ma so|ma|so|e?mail|gmail) (?:em|minh|toi|tui)(?: {_POLITE})*")
#: "Xong chưa ạ", "đã nhận được chưa", "vậy là được chưa".
_DONE = re.compile(
    r"(?:\w+ ){0,3}?(?:ok|oke|okay|duoc|dc|dung|xong|on|du|nhan duoc|nhan|thay|ro|vao|chay)"
    rf"(?: (?:gi|het|roi|luon))? chua(?: {_POLITE}| vay| the| nhi)*"
)
#: "Cho em hỏi chút về vssid": a question is announced, and not asked.
_ASKS_TO_ASK = re.compile(
    rf"(?:{_POLITE} )*(?:cho |muon |dinh |can )?(?:{_WHO} )?(?:hoi|hoi tham|tu van|nho)(?: (?:xiu|chut|ti|ty|cai|luon"
    rf"|thu|tham|ty xiu|{_WHO}|giup))*"
    r"(?: (?:ve|vu|chuyen|cai|may cai|phan|viec))*(?: (?:vssid|app|ung dung|bao hiem(?: xa hoi)?|bhxh|tai khoan))*"
    rf"(?: {_POLITE}| duoc khong| dc khong| voi)*"
)
_FEW = 8
_POLITELY = re.compile(rf"\b(?:da|a|vay|the|vay a|nhi|ha|hen|oi|ad|shop|{_WHO})\b")


def tail_of(plain: str, language: str = "vi") -> str:
    """Returns what short words are, by themselves, where they belong to a neighbour; else an empty text."""
    if len(plain.split()) > _FEW:
        return ""
    if language == "en":
        return "inform" if english.announces(plain) else FALLBACK if english.asks_if_done(plain) else ""
    if any(words.fullmatch(plain) for words in (_HERE, _MINE, _MY)):
        return "inform"
    return FALLBACK if _DONE.fullmatch(plain) else ""


def announces(raw: Raw, state: State) -> Decision | None:
    """ "Đây ạ", "sđt của em": said beside a value; by itself it gives nothing and is no farewell and no question."""
    if tail_of(raw.plain, raw.language) != "inform" or gives_identifier(raw) or state.slot == "question":
        return None
    return Decision("inform" if state.open else "nod", 0.9, "announces", act="answers")


def asks_to_ask(raw: Raw, state: State) -> Decision | None:
    """ "Em hỏi xíu về vssid": nothing is asked yet; what can be asked here, once the greeting was said."""
    if raw.language == "en" or state.open or state.topic or not _ASKS_TO_ASK.fullmatch(raw.plain):
        return None
    greeted = "utter_greet" in state.said
    return Decision("ask_capabilities" if greeted else "greet", 0.9, "asks_to_ask", act="asks" if greeted else "greets")


def asks_whether_done(raw: Raw, state: State) -> Decision | None:
    """ "Được chưa ạ" asks how things stand; it is no "no", whatever is open."""
    if tail_of(raw.plain, raw.language) != FALLBACK or has_subject(raw):
        return None
    own, (label, confidence) = own_facet(raw, state), best(raw)
    if (own and own.likeness >= OWN_HERE) or (is_topic(label) and confidence >= BEYOND_DOUBT):
        return None
    topic = ASIDES.get(state.slot) or ("" if state.open else state.topic)
    if topic:
        return about(topic, "again", 0.8, "asks_whether_done")
    return Decision(FALLBACK, 0.5, "asks_whether_done")


#: A single word that names what is asked, beside a question mark or as a question by itself.
_BARE_SIDES = {
    "cost": re.compile(r"(?:phi|le phi|chi phi|cuoc|gia|tien|ton tien|mat phi)(?: (?:sao|the nao|nhieu|may))?"),
    "time": re.compile(r"(?:lau|bao lau|may ngay|may hom|khi nao|bao gio|chung nao|may bua|thoi gian)"),
    "where": re.compile(r"(?:dau|o dau|cho nao|noi nao|o mo|mo)"),
    "hours": re.compile(r"(?:gio|may gio|gio giac|gio nao|buoi nao)"),
    "bring": re.compile(r"(?:giay to|ho so|giay|mang gi|dem gi|giay gi)"),
    "who": re.compile(r"(?:ai|ai lam|ai di)"),
}
_ASKS_ALONE = re.compile(r"\b(?:sao|nao|nhieu|may|lau|gio|dau|mo|gi|ai)\b")


def asks_bare_side(raw: Raw, state: State) -> Decision | None:
    """ "Phí?", "mấy giờ": a word or two for a side of what is talked about, however like a yes they read."""
    if raw.language == "en" or raw.words > 3 or state.slot == "question" or not state.topic:
        return None
    words = _POLITELY.sub("", raw.plain).strip()
    side = next((side for side, found in _BARE_SIDES.items() if found.fullmatch(words)), "")
    if not side or not ("?" in raw.text or _ASKS_ALONE.search(words)):
        return None
    if GIST.get(state.topic) == side:
        return Decision(state.topic, 0.8, "asks_bare_side", state.topic)
    of_it = raw.sides is not None and raw.sides.has(state.topic, side)
    topic = state.topic if of_it else ASIDES.get(state.slot, "")
    return about(topic, side, 0.8, "asks_bare_side") if topic else None
