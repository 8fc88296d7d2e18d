"""Rules for what is said of an answer rather than asked: it helped or did not, thanks, a nod, once more."""

from __future__ import annotations

import re

from assistant.reading import english
from assistant.reading.model import Decision, Raw, State
from assistant.reading.objections import objects_plainly
from assistant.reading.own_sides import own_facet, own_or
from assistant.reading.signals import (
    BARE,
    EITHER,
    FACET_LIKELY,
    FACET_SURE,
    FAINT,
    FAQ_TOPIC,
    OBVIOUS,
    OF_RULES,
    OF_WHAT_WAS_SAID,
    OWN_HERE,
    OWN_LIKELY,
    SHORT,
    SMALL_TALK,
    about,
    act_of,
    asks_leave,
    asks_side,
    asks_yes_or_no,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    has_subject,
    is_led,
    is_topic,
    names_another,
    only_stops,
    probability_of,
    talked_about,
)

#: Thanks and some news of how it went are no more words than these.
_FEW_TO_THANK = 8
#: A talk that begins with it is begun, not ended.
_HELLO = re.compile(r"(?:da )?(?:xin )?chao\b(?! (?:nhe|nha|tam biet))")
#: Topics that name things to look at, which somebody may not have, and the side that says what to do then.
_MEANS = {
    "faq/find_bhxh_code": "lost_papers", "faq/login_vneid": "not_working", "faq/health_card": "not_working",
    "faq/contribution_history": "not_working",
}  # fmt: skip
#: A number of tries that is one too many.
_SO_OFTEN = re.compile(
    r"\b(?:nhap|thu|go|sai|dang nhap|xin|gui|bam|yeu cau)\b(?: \w+){0,3}"
    r" (?:[4-9]|\d\d|bon|nam|sau|bay|tam|chuc) lan\b(?! (?:thi|la))"
)
#: Where tries are counted, by what is talked about.
_OF_TRIES = {
    "reset_done": ("faq/account_locked", "tries_left"), "faq/change_password": ("faq/account_locked", "tries_left"),
    "faq/app_trouble": ("faq/account_locked", "tries_left"), "faq/account_locked": ("faq/account_locked", "tries_left"),
    "faq/otp_not_received": ("faq/otp_not_received", "too_many"), "mail_sent": ("mail_sent", "how_many_letters"),
}  # fmt: skip
_PAPER = re.compile(r"\b(?:so|the|giay|giay to|can cuoc|cccd|app|may)\b")
#: "Làm gì có", "lấy đâu ra": a question that is a no.
_LACKS = re.compile(
    r"\b(?:lam gi|lam chi|dau) co (?:ma )?(?!gi\b)\w+|\b(?:lay|kiem|tim|dao|moc) dau ra\b|\bco .{2,20} dau ma\b"
)
#: Where the talk is of people, not of an account.
_OF_PEOPLE = frozenset({"desk_closed", "waiting_person", "question_left"})
_WAITED = re.compile(
    r"\b(?:cho|doi)\b(?: \w+){0,3} (?:tieng|gio|phut|ngay|buoi|hoai|mai|lau|suot|nay gio|moi mon|dai co)\b"
    r"(?! (?:nua|la|thi))"
)
_NOT_THERE = re.compile(
    r"(?:(?:da|u|um|vay|nhung|ma|em|minh|toi|tui|thi|no|trong do|van|cung) )*(?:khong|chua|hong|chang|dau)"
    r" (?:co|thay|ra|hien|tim ra|tim thay|thay gi|co gi)(?: (?:het|dau|a|ban|em|ad|gi|ca|luon|nao|do|muc do|muc nay"
    r"|cho do))*"
)
_FOUND_IT = re.compile(
    r"(?:(?:a|o|u|um|uh|da|ok|oke|vang|hay qua|may qua|em|minh|toi|tui|chi|anh|con|chau|bac) )*"
    r"(?:dang nhap duoc|mo duoc|thay|ra|hieu|kiem ra|tim ra|tim thay|tim duoc|lam duoc|vao duoc|vo duoc)"
    r" (?:roi|luon|ngay)"
    r"(?: (?:a|nha|nhe|ne|ban|em|ad|do|nghe|tuyet|qua|hay|ngon|mung|ghe|that|cam on|may))*"
)


def objects_to_answer(raw: Raw, state: State) -> Decision | None:
    """ "Không phải ý tôi hỏi": the answer was not right, whatever else the words are like."""
    if not state.topic or state.open or is_led(state) or raw.words > SHORT:
        return None
    if not (english.objects(raw.plain) if raw.language == "en" else objects_plainly(raw.plain)):
        return None
    return Decision("complain", 0.9, "objects_to_answer", act="complains")


def wants_a_person(raw: Raw, state: State) -> Decision | None:
    """In English: "could somebody ring me back", "I'd rather write with a person", whatever else it is like."""
    if raw.language != "en" or gives_identifier(raw) or state.slot == "question" or raw.words > 2 * SHORT:
        return None
    if not english.wants_person(raw.plain):
        return None
    return Decision("ask_human", max(0.8, probability_of(raw, "ask_human")), "wants_a_person", act=act_of("ask_human"))


def only_thanks(raw: Raw, state: State) -> Decision | None:
    """In English: "can open already, thanks": few words that thank, and name nothing that is asked."""
    if raw.language != "en" or is_led(state) or state.danger or raw.words > _FEW_TO_THANK or "?" in raw.text:
        return None
    if gives_identifier(raw) or not english.only_thanks(raw.plain):
        return None
    label, confidence = best(raw)
    return Decision("thank", max(0.8, confidence if label == "thank" else 0.0), "only_thanks", act=act_of("thank"))


def asks_what_we_do(raw: Raw, state: State) -> Decision | None:
    """In English: "what can you do for me yourself", whatever was talked about."""
    if raw.language != "en" or is_led(state) or state.danger or raw.words > SHORT or has_subject(raw):
        return None
    if not english.asks_what_we_do(raw.plain):
        return None
    return Decision("ask_capabilities", 0.8, "asks_what_we_do", act=act_of("ask_capabilities"))


def bare_no(raw: Raw, state: State) -> Decision | None:
    """A single "không" where nothing is asked declines what was offered, and asks nothing."""
    label, confidence = best(raw)
    if state.open or is_led(state) or raw.words != 1 or label != "deny" or confidence < raw.threshold:
        return None
    if raw.plain == "chua" and (here := own_facet(raw, state)) and here.likeness >= OWN_HERE:
        return about(here.topic, here.facet, here.likeness, "not_yet")  # what is awaited has not come
    return Decision("nod", confidence, "nods", act="answers")


def found_nothing(raw: Raw, state: State) -> Decision | None:
    """ "Không có", "không thấy", where an answer has just said where to look: it did not help, and is no plain no."""
    if state.open or is_led(state) or not state.topic.startswith(FAQ_TOPIC) or not _NOT_THERE.fullmatch(raw.plain):
        return None
    if not state.offered:  # after a word of thanks or a nod it declines what was offered
        return None
    return own_or(raw, state, "not_working", "found_nothing")


def found_it(raw: Raw, state: State) -> Decision | None:
    """ "À thấy rồi", "được rồi": it helped, and nothing is asked."""
    if state.open or is_led(state) or state.danger or not state.topic or not _FOUND_IT.fullmatch(raw.plain):
        return None
    here = own_facet(raw, state)
    return None if here and here.likeness >= OWN_LIKELY else Decision("nod", 0.8, "found_it", act="answers")


def tried_often(raw: Raw, state: State) -> Decision | None:
    """ "Nhập 4 lần rồi đó", "xin 6 lần rồi": whoever tries on is to stop, or is locked out."""
    if is_led(state) or state.danger or raw.words > BARE or "?" in raw.text or not _SO_OFTEN.search(raw.plain):
        return None
    topic, facet = _OF_TRIES.get(state.topic, ("", ""))
    return about(topic, facet, 0.8, "tried_often") if topic else None


def lacks_the_means(raw: Raw, state: State) -> Decision | None:
    """ "Làm gì có sổ mà xem", where the answer names things to look at: what to do without them."""
    if state.open or is_led(state) or state.danger or state.topic not in _MEANS or raw.words > SHORT:
        return None
    if raw.language == "en" or not _LACKS.search(raw.plain) or not _names_means(raw):
        return None
    return own_or(raw, state, _MEANS[state.topic], "lacks_the_means")


def _names_means(raw: Raw) -> bool:
    return has_subject(raw) or bool(_PAPER.search(raw.plain))


def waits_in_vain(raw: Raw, state: State) -> Decision | None:
    """ "Chờ cả tiếng rồi", "đợi hoài": what was said last did not help."""
    if not state.topic or is_led(state) or raw.words > SHORT:
        return None
    if not (english.waited(raw.plain) if raw.language == "en" else _WAITED.search(raw.plain)):
        return None
    if state.topic in _OF_PEOPLE or names_another(raw, state) or asks_leave(raw):
        return None
    return about(state.topic, "not_working", 0.8, "waits_in_vain")


def asks_back(raw: Raw, state: State) -> Decision | None:
    """Not understood, once more, simpler, it does not work, and then: of what was said last."""
    facet, sure = best_facet(raw)
    if facet not in OF_WHAT_WAS_SAID or sure < FACET_LIKELY or not state.topic:
        return None
    if is_led(state) or raw.words > SHORT:
        return None
    label, confidence = best_topic(raw)
    if state.topic in _OF_PEOPLE and "password" in raw.subjects:
        return Decision("reset_password", sure, "asks_back", "reset")
    if names_another(raw, state) and confidence >= OBVIOUS and talked_about(label) != state.topic:
        return None
    return about(state.topic, facet, sure, "asks_back")


def small_talk(raw: Raw, state: State) -> Decision | None:
    """Thanks, greetings, anger, "are you a machine"; a plain yes or no where nothing is asked is a nod."""
    label, confidence = best(raw)
    if label not in SMALL_TALK or confidence < raw.threshold:
        return None
    if label == "cancel" and (asks_yes_or_no(raw) or not only_stops(raw)):
        return None
    if "call" in raw.subjects and (label == "ask_bot" or (label == "ask_human" and confidence < OBVIOUS)):
        return None  # "phải gọi bằng máy bố à": a telephone, not this machine
    if label == "goodbye" and not state.topic and not state.said and _HELLO.match(raw.plain):
        return Decision("greet", confidence, "small_talk", act="greets")
    topic, likely = best_topic(raw)
    if label == "ask_capabilities" and (here := own_facet(raw, state)) and here.likeness >= OWN_LIKELY:
        return None
    if label in ("ask_capabilities", "ask_bot") and has_subject(raw) and is_topic(topic) and likely >= FAINT:
        return None
    asks = asks_side(raw, FACET_SURE) and (state.topic or has_subject(raw))
    if asks and (label not in ("ask_human", "ask_bot") or best_facet(raw)[0] in OF_RULES):
        return None
    if label in ("affirm", "deny") and (EITHER.search(raw.plain) or "?" in raw.text) and raw.words > 2 and state.topic:
        return None
    if label == "deny" and not state.open and raw.words > 2 and state.topic in _MEANS and _names_means(raw):
        return about(state.topic, _MEANS[state.topic], confidence, "lacks_the_means")
    if label in ("affirm", "deny", "inform") and not state.open and not gives_identifier(raw):
        return Decision("nod", confidence, "nods", act="answers")
    return Decision(label, confidence, "small_talk", act=act_of(label))
