"""Rules for people who were just deceived, and for what only somebody else can do."""

from __future__ import annotations

import re

from assistant.reading import deception, english
from assistant.reading import facts as situation
from assistant.reading.model import DEFAULT, Decision, Raw, State
from assistant.reading.own_sides import likely_facet
from assistant.reading.signals import (
    BEYOND_DOUBT,
    COMMAND,
    FACET_LIKELY,
    FACET_SURE,
    FAINT,
    FAQ_TOPIC,
    NONE,
    OBVIOUS,
    OWN_CLEAR,
    OWN_HERE,
    OWN_LIKELY,
    OWN_SURE,
    SHORT,
    SUBJECTS,
    about,
    act_of,
    asks_leave,
    asks_side,
    asks_whether,
    best,
    best_facet,
    gives_identifier,
    has_subject,
    is_answered,
    is_led,
    is_subject,
    is_topic,
    ours_after_all,
    probability_of,
    talked_about,
    weight_of,
    wonders,
)
from assistant.reading.state import ASIDES

_EMERGENCY = "emergency"
#: From where up something that happened is an emergency: usually; in words of a scam; after a warning, or within one.
_HAPPENED, _HAPPENED_BY_THE_WORDS, _LIKELY_HAPPENED = 0.6, 0.55, 0.35
#: And where nothing else in the words is of danger.
_HAPPENED_UNNAMED = 0.85
#: Where the talk is of what a message or a call costs.
_FEES = frozenset(["faq/sms_8079", "faq/hotline", "faq/hotline_fee"])
_SPEAKS_OF_IT = frozenset(["faq/scam", "faq/official_channels", "faq/privacy"])
_FEW = 7
_HOW_MUCH = re.compile(
    r"\b(?:may|bao nhieu|nhieu) (?:trieu|tien|dong|nghin|ngan|tram|phan tram|tr|k)\b(?! (?:cho|roi|qua|vao|sang)\b)"
    r"|\bhow much\b"
)
#: Topics that warn: few words after them say that it happened.
_WARNED = frozenset(["faq/scam", "faq/official_channels"])
#: Topics that somebody who was deceived may speak of.
_NEAR_DANGER = frozenset(["faq/scam", "faq/official_channels", "faq/privacy", "faq/account_taken", "faq/sms_8079"])
_SITE = re.compile(
    r"(?<![@\w.-])(?:https?://)?(?:[a-z0-9-]+\.)+(?:vn|com?|net|org|info|vip|top|xyz|online|site|shop|club|cc|me"
    r"|link|app)\b"
)
_DOUBTS_US = re.compile(
    r"\b(?:sao|lam sao|lay gi|dua vao dau|ai|biet dau) (?:ma )?(?:biet|tin|chac|dam bao)\b.*"
    r"\b(?:ben (?:nay|day|minh|em|ban)|cho nay|cai nay|may|ban|con bot|tro ly)\b"
)
#: "Mà em vẫn chưa có pass": what the person came for.
_LACKS_IT = re.compile(rf"\b(?:van|con|thi) {situation.KNOWS_NONE}")
#: "Muốn lấy mật khẩu", amid danger.
_GETS_IT = re.compile(r"\blay lai\b|\b(?:lay|xin|co) (?:cai )?mat khau\b")
_GET_BACK = re.compile(r"\b(?:doi|lay|hoan|tra|xin)(?: \w+){0,2} (?:lai|ve)\b|\bget (?:it|my money|the money) back\b")
#: Not money, but what is wanted back as well.
_OTHER_THING = re.compile(
    r"\b(?:mat khau|mk|pass|password|tai khoan(?! ngan hang)|acc|account|app|vssid|sim|so|goi|call|cuoc goi)\b"
)
#: Amid danger an address is asked about, not told of.
_ASKS_OF_IT = re.compile(r"\b(?:that|gia|thi sao|sao|phai khong|co phai|dung khong|uy tin)\b")
#: Whose addresses need no warning: the state's own, and what everybody uses for mail and stores.
_KNOWN = re.compile(
    r"(?:^|[./])(?:gov\.vn|gmail\.com|yahoo\.com(?:\.vn)?|outlook\.com|hotmail\.com|icloud\.com|google\.com"
    r"|apple\.com|zalo\.me"
    r"|facebook\.com|example\.com)$"
)


def was_deceived(raw: Raw, state: State) -> Decision | None:
    """A scam that has happened comes first."""
    happened = raw.facts.get("scam_done", 0.0)
    own = raw.own(_EMERGENCY)
    if deception.nothing_was_given(raw.plain, raw.language) and not state.danger:
        return None
    if deception.was_given_here(raw.plain, raw.language):
        return None
    if state.topic == "faq/official_channels" and not state.danger and deception.got_ours(raw.plain):
        return None
    if state.topic in _WARNED and deception.only_clicked(raw.plain):
        facet = likely_facet(own, "clicked_link")
        return Decision("in_danger", 0.7, "was_deceived", _EMERGENCY, facet, act="in_danger", danger=True)
    # After a warning few words say that it happened.
    may_be_told = state.topic in _WARNED and not (asks_whether(raw) or deception.only_tells_of_them(raw.plain))
    warned = state.topic in _WARNED or state.danger
    near = best(raw)[0] == "faq/scam" or warned
    of_deceivers = deception.speaks_of_deceivers(raw.plain, raw.language)
    surely = near and of_deceivers and happened >= OWN_CLEAR
    if not (may_be_told or surely or deception.names_a_deed(raw.text, raw.plain, raw.language)):
        return None
    ours = "mail_sent" in (state.topic, *state.situations) and "scam" not in raw.subjects and not state.danger
    if ours and happened < OBVIOUS:  # "that link" is the one in our letter
        return None
    if not near and (_is_surely_another(raw) or _hints_faintly(raw, happened) or _asks_what_is_paid(raw)):
        return None
    if not near and not of_deceivers and (wonders(raw) or not deception.was_for_others(raw.plain, raw.language)):
        return None  # "bấm máy xong chờ nó đọc à", "cháu bấm đại nó khóa luôn"
    speaks_of_it = best(raw)[0] in _SPEAKS_OF_IT or "scam" in raw.subjects
    if state.topic in _FEES and not speaks_of_it and not state.danger:
        return None  # what takes money there is the operator
    usual = _HAPPENED if speaks_of_it else _HAPPENED_UNNAMED
    if happened >= (_LIKELY_HAPPENED if warned else _HAPPENED_BY_THE_WORDS if near else usual):
        return Decision(
            "in_danger", happened, "was_deceived", _EMERGENCY, likely_facet(own), act="in_danger", danger=True
        )
    did = raw.words <= SHORT and deception.something_was_given(raw.plain, raw.language)
    if state.topic in _WARNED and did and not is_led(state):
        return Decision("in_danger", 0.7, "was_deceived", _EMERGENCY, likely_facet(own), act="in_danger", danger=True)
    if state.topic == "faq/scam" and own and own.likeness >= OWN_HERE:
        return Decision("in_danger", own.likeness, "was_deceived", _EMERGENCY, own.facet, act="in_danger", danger=True)
    return None


def is_approached(raw: Raw, state: State) -> Decision | None:
    """Somebody rang or wrote and wants a code, money, an app: a warning, whatever else is named in the story."""
    if state.danger or is_led(state) or probability_of(raw, "faq/scam") < FAINT:
        return None
    if not deception.somebody_wants_something(raw.plain, raw.language):
        return None
    facet = likely_facet(raw.own("faq/scam")) if state.topic == "faq/scam" else ""
    return about("faq/scam", facet, 0.8, "is_approached")


def _is_surely_another(raw: Raw) -> bool:
    """Tells whether a topic is named beyond doubt that has nothing to do with being deceived."""
    label, confidence = best(raw)
    confidence = weight_of(raw, label, confidence)
    harmless = is_topic(label) and label not in _NEAR_DANGER
    return harmless and confidence >= BEYOND_DOUBT and "scam" not in raw.subjects


def _asks_what_is_paid(raw: Raw) -> bool:
    """Tells whether it is asked how much a benefit pays: money is named, and nothing that was done with it."""
    label, confidence = best(raw)
    named = is_subject(label) and confidence >= raw.threshold and "scam" not in raw.subjects
    return named and bool(_HOW_MUCH.search(raw.plain)) and not deception.something_was_given(raw.plain, raw.language)


def _hints_faintly(raw: Raw, happened: float) -> bool:
    """Tells whether a few words name nothing of a scam, and are not sure."""
    return raw.words <= _FEW and "scam" not in raw.subjects and happened < OBVIOUS


def doubts_us(raw: Raw, state: State) -> Decision | None:
    """ "Sao biết bên này không cùng nhóm với nó", amid danger: how to check this assistant.

    "Có phải lừa đảo không" of nothing that was told can only be about us.
    """
    nothing_told = not (state.topic or state.facts or raw.facts.get("scam_done", 0.0) >= FAINT)
    if nothing_told and raw.words <= _FEW and raw.subjects & SUBJECTS == {"scam"} and best_facet(raw)[0] == "safe":
        return about("faq/about_bot", "safe", best_facet(raw)[1], "doubts_us")
    if not (state.danger or state.topic in _WARNED):
        return None
    if not (english.doubts_us(raw.plain) if raw.language == "en" else _DOUBTS_US.search(raw.plain)):
        return None
    return about("faq/about_bot", "how_to_check", 0.8, "doubts_us")


#: The same of what only deceivers want, where the talk is of this assistant.
_WE_WANT = re.compile(
    r"^(?!.*\b(?:ho|no|nguoi ta|co nguoi)\b).*\b(?:bat|hoi|doi|xin|can|lay)\b.*\b(?:otp|mat khau|tien"
    r"|so the)\b.*\b(?:khong|hong|ha|a)$"
)
_WE_TAKE = re.compile(
    r"\b(?:ben (?:nay|day|minh|em|ban|ad|shop)|o day|con bot|bot|ad|shop|ban|tro ly)\b(?: (?:co|lam|giup|thi|ma)){0,3}"
    r" (?:thu|lay|tinh|doi|an)(?: (?:tien|phi|cong|le phi))+\b"
)


def asks_what_we_take(raw: Raw, state: State) -> Decision | None:
    """ "Bên này có lấy tiền không", whatever is talked about: what this assistant costs, and never asks for."""
    if (
        state.topic == "faq/about_bot"
        and raw.words <= SHORT
        and _WE_WANT.search(raw.plain)
        and not gives_identifier(raw)
    ):
        return about("faq/about_bot", "safe", 0.8, "asks_what_we_take")
    if raw.words > SHORT or raw.language != DEFAULT or not _WE_TAKE.search(raw.plain) or gives_identifier(raw):
        return None
    return about("faq/about_bot", "cost", 0.8, "asks_what_we_take")


#: The side that says of two portals that both are the state's.
_BOTH_ARE_REAL = "two_portals"
_STATE = re.compile(r"\bgov\.vn(?![\w.])")


def doubts_a_site(raw: Raw, state: State) -> Decision | None:
    """An address on the web that is not the state's: whether it is real is answered before what it promises."""
    # In English amid danger it is told in a few words which address it was: that is a question, too.
    of_it = raw.words <= SHORT if raw.language == "en" else bool(_ASKS_OF_IT.search(raw.plain))
    if is_led(state) or (state.danger and not of_it):
        return None
    if all(_KNOWN.search(found[0]) for found in _SITE.finditer(raw.text.lower())):
        return None
    facet = likely_facet(raw.own("faq/official_channels"))
    if facet == _BOTH_ARE_REAL and not _STATE.search(raw.text.lower()):
        facet = ""  # the one that is named is none of the two
    return Decision("faq/official_channels", 0.9, "doubts_a_site", "faq/official_channels", facet)


def in_danger(raw: Raw, state: State) -> Decision | None:
    """While the emergency lasts, what is asked is answered within it, until the person leaves it."""
    if not state.danger:
        return None
    label, confidence = best(raw)
    says = label in ("reset_password", "faq/change_password") and confidence >= raw.threshold
    lacks = (
        raw.words <= SHORT and bool(_LACKS_IT.search(raw.plain)) and not asks_leave(raw) and "scam" not in raw.subjects
    )
    commands = lacks or (says and best_facet(raw)[0] == NONE) or (best_facet(raw)[0] in (NONE, "how") and _resets(raw))
    if commands and "password" in raw.subjects:
        return Decision("reset_password", max(confidence, 0.5), "in_danger_resets", "reset")
    here = raw.own(state.topic) if state.topic.startswith(FAQ_TOPIC) else None
    if here and here.likeness >= OWN_CLEAR:
        return about(here.topic, here.facet, here.likeness, "beside_danger")
    own, warned = raw.own(_EMERGENCY), raw.own("faq/scam")
    letter = raw.own("mail_sent") if "mail_sent" in state.situations else None
    if letter and letter.likeness >= max(OWN_SURE, own.likeness if own else 0.0):
        return about("mail_sent", letter.facet, letter.likeness, "beside_danger")
    if warned and warned.likeness >= OWN_CLEAR and not (own and own.likeness >= OWN_HERE):
        return Decision("faq/scam", warned.likeness, "beside_danger", "faq/scam", warned.facet)
    if raw.words <= _FEW and _GET_BACK.search(raw.plain) and not _OTHER_THING.search(raw.plain):
        again = f"{_EMERGENCY}#transferred" in state.said
        return Decision("in_danger", 0.8, "in_danger_asks", _EMERGENCY, "money_back_when" if again else "transferred")
    if own and own.likeness >= OWN_LIKELY:
        return Decision("in_danger", own.likeness, "in_danger_asks", _EMERGENCY, own.facet)
    if label in ("thank", "goodbye", "ask_human") and confidence >= (COMMAND if label != "ask_human" else OBVIOUS):
        return Decision(label, confidence, "in_danger_thanks", act=act_of(label))
    if label == "cancel" and confidence >= COMMAND:
        return Decision("cancel", confidence, "leaves_danger", act="answers")
    if is_topic(label) and label != "faq/scam" and confidence >= COMMAND and has_subject(raw):
        return Decision(label, confidence, "beside_danger", talked_about(label))
    facet, sure = best_facet(raw)
    aside = ASIDES.get(state.slot, "")
    if aside and asks_side(raw, FACET_SURE) and raw.sides is not None and raw.sides.has(aside, facet):
        return about(aside, facet, sure, "beside_danger")  # of the form that was begun after it
    beside = is_answered(state.topic) and state.topic not in _NEAR_DANGER | {"faq/about_bot"}
    if beside and asks_side(raw, FACET_SURE) and (raw.sides is None or raw.sides.has(state.topic, facet)):
        return about(state.topic, facet, sure, "beside_danger")
    said = facet if asks_side(raw, FACET_LIKELY) else "again"
    return Decision("in_danger", sure, "in_danger_asks", _EMERGENCY, said)


def _resets(raw: Raw) -> bool:
    return english.resets(raw.plain) if raw.language == "en" else bool(_GETS_IT.search(raw.plain))


def elsewhere(raw: Raw, state: State) -> Decision | None:
    """Other apps' passwords and the like: where to go instead, where that is known."""
    label, confidence = best(raw)
    own = raw.own("elsewhere")
    if label != "out_of_scope" or confidence < raw.threshold or own is None or own.likeness < OWN_SURE:
        return None
    if ours_after_all(raw, state):
        return None
    return about("elsewhere", own.facet, own.likeness, "elsewhere")
