"""What the rules of a decision look at: names, thresholds, and small questions about a message."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.reading import english
from assistant.reading.model import DEFAULT, Act, Decision, Raw, State, once

FALLBACK = "nlu_fallback"
NONE = "none"
#: What a sentence around a question may be.
SMALL_TALK: dict[str, Act] = {
    "greet": "greets", "goodbye": "greets", "thank": "thanks", "complain": "complains", "ask_bot": "asks",
    "ask_capabilities": "asks", "ask_human": "asks", "cancel": "answers", "affirm": "answers", "deny": "answers",
    "inform": "answers",
}  # fmt: skip
IDENTIFIERS = frozenset({"bhxh_code", "phone", "email", "unsure_number", "cmnd", "odd_number"})
#: Intents that are talked about under another name than their own.
TALKED_ABOUT = {"reset_password": "reset", "reset_rejected": "not_matched"}
#: Concepts that name a thing of ours: without one of them a message has no subject of its own.
SUBJECTS = frozenset(
    ["password", "email", "phone", "otp", "code", "book", "card", "idcard", "vssid", "vneid", "call", "office", "form",
     "sms8079", "official", "privacy", "history", "taken", "two", "benefit", "other_app", "human", "relative", "scam",
     "locked"]
)  # fmt: skip
#: Topics that are about getting into an account: there, what a person tells decides the way.
ACCESS = frozenset(
    ["reset", "not_matched", "faq/lost_phone", "faq/no_email", "faq/for_relative", "faq/change_email",
     "faq/change_phone", "faq/account_locked", "faq/hotline", "faq/find_bhxh_code", "faq/login_vneid",
     "faq/change_password", "faq/add_email", "faq/why_email", "faq/otp_not_received", "no_email_on_record",
     "mail_sent", "mail_bounced", "locked_out", "dead_relative"]
)  # fmt: skip
#: The side that a topic's whole answer is; "*": the whole is said first, whatever side is asked.
GIST = {"faq/office": "where", "faq/hotline_fee": "cost", "faq/processing_time": "time", "faq/scam": "*",
        "faq/lost_phone": "if_no_phone", "faq/no_email": "if_no_email"}  # fmt: skip
#: A subject of social insurance that is none of those we know, or which of them is not sure.
OTHER = "other_bhxh"
#: Not about an account: to leave the present topic for these takes more than a likely guess.
ELSEWHERE = frozenset({OTHER, "out_of_scope"})
#: How the names of topics begin: the FAQ's, other subjects of social insurance.
FAQ_TOPIC, SUBJECT_TOPIC = "faq/", "subject/"
#: Facets of a rule of law, not of an account: "people" in words for them is nobody one wants to talk to.
OF_RULES = ("changed_since", "common_mistake")
#: What may be asked of a place.
OF_A_PLACE = frozenset({"bring", "hours", "where", "who", "time"})
#: Facets of what was said last, whatever it was.
OF_WHAT_WAS_SAID = ("simpler", "again", "next_step", "not_working")
#: A pension, an allowance, another app: of no topic of ours.
BENEFIT, OTHER_APP = "benefit", "other_app"
NOT_OURS = frozenset({BENEFIT, OTHER_APP})
#: Topics that a bare question for a side is like, whatever it is about.
SIDES = frozenset({"faq/processing_time", "faq/hotline_fee", "faq/office", "faq/hotline"})
# From where up a probability decides (chosen on conversations that were handed in, watched on others).
OWN_SURE, OWN_HERE, OWN_LIKELY, OWN_NEW, OWN_OF_COMMAND = 0.60, 0.50, 0.35, 0.80, 0.85
OWN_ANYWHERE, OWN_CLEAR = 0.70, 0.90
FACET_SURE, FACET_LIKELY, FACET_NEW = 0.60, 0.35, 0.75
COMMAND, NEW_TOPIC, OBVIOUS, FAINT, BEYOND_DOUBT = 0.55, 0.55, 0.80, 0.15, 0.95
#: A bare message: so many words at most, without a subject of ours.
SHORT = 12
#: "Tốn tiền không": a side and no more; with as many words as the second even that may be an accident.
BARE, A_FEW = 7, 4
#: A long story whose topic is less sure than this is answered with an offer of the three likeliest.
STORY, STORY_SURE = 14, 0.55
#: Sides of somebody who lacks a thing, and the concepts that name it.
_WITHOUT = {"if_no_email": {"email"}, "if_no_phone": {"phone", "call"}}
_FINED = re.compile(r"\bphạt\b|\b(?:bi|tien|muc) phat\b|\bphat (?:tien|bao nhieu|nhieu)\b")
_REFUND = re.compile(
    r"\b(?:hoan|(?:doi|lay|tra|xin)(?: \w+){0,2} lai)(?: \w+){0,2} (?:tien|cuoc)\b"
    r"|\b(?:tien|cuoc)\b(?: \w+){0,2} (?:tra|hoan|lay|doi) lai\b"
)
_LACKS = re.compile(r"\b(?:khong|chua|chang|hong|mat|het|bo|roi|gay|hu|cu|khac|huy|khoa|doi|thay)\b")
_WONDERS, _SAYS_NO_MORE = re.compile(r"\b(?:à|hả|hở|hử|phải không|đúng không)[\s?.!]*$"), 5
#: Somebody goes to an office.
GOES_THERE = re.compile(
    r"\b(?:ra|len|toi|den|qua|chay)\b.{0,8}\b(?:do|day|phuong|xa|co quan|bhxh|bao hiem|quay|tru so|noi)\b"
)
#: One thing or the other is asked, not affirmed.
EITHER = re.compile(r"\bhay (?:phai|la|cho|co|can|thoi|chua|khong|doi|de)\b|\bchua$")
_MAY = re.compile(r"\bduoc (?:khong|khong a|khong nhi|hong|ha|khong ban|khong em|khong vay)$")

#: "Nhanh không", "xa lắm không": a question; "dạ không", "em không" answer one.
_WHETHER = re.compile(
    r".*\b(?!(?:em|minh|toi|tui|anh|chi|con|chau|bac|co|chu|ban|da|thi|la|cung|chac|van|thoi|dau|u|vang|khong|chua|noi"
    r"|bao) )\w+"
    r" (?:khong|hong|khom)(?: (?:a|nhi|ha|vay|the|ban|em|ad|shop|oi|anh|chi|chau|con))*"
)


_NUMBERS = {"mot": 1, "nhat": 1, "hai": 2, "nhi": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6}


def number_named(found: re.Match[str] | None) -> int:
    """Returns the number that the first group of a match names, in figures or words; 0 if there is none."""
    if found is None:
        return 0
    return int(found[1]) if found[1].isdigit() else _NUMBERS[found[1]]


def best(raw: Raw) -> tuple[str, float]:
    """Returns the likeliest intent or topic with its probability."""
    return raw.ranking[0] if raw.ranking else (FALLBACK, 0.0)


def probability_of(raw: Raw, label: str) -> float:
    """Returns how probable an intent or topic is; 0 where it is not in the ranking."""
    return next((p for name, p in raw.ranking if name == label), 0.0)


@once
def best_topic(raw: Raw) -> tuple[str, float]:
    """Returns the likeliest intent or topic that is no small talk."""
    return next(((name, p) for name, p in raw.ranking if name not in SMALL_TALK), (FALLBACK, 0.0))


@once
def subject_mass(raw: Raw) -> float:
    """Returns how probably a message is about a subject that is no account, whichever of them it is."""
    return sum(probability for name, probability in raw.ranking if is_subject(name))


def weight_of(raw: Raw, label: str, confidence: float) -> float:
    """Returns how sure a label is against what it must not be taken for: of a subject, all subjects together."""
    return subject_mass(raw) if is_subject(label) else confidence


@once
def best_facet(raw: Raw) -> tuple[str, float]:
    """Returns the likeliest facet with its probability, `none` included.

    What to do without e-mail or phone is asked by nobody who names neither, and nothing that is lacking. A fine is
    no fee, nor is what is wanted back.
    """
    for facet, probability in raw.facets:
        if facet == "cost" and (_FINED.search(raw.text.lower()) or wants_it_back(raw)):
            continue
        thing = _WITHOUT.get(facet)
        if (
            thing is None
            or (raw.language == DEFAULT and raw.subjects & thing)
            or (_LACKS if raw.language == DEFAULT else english.LACKS).search(raw.plain)
            or not raw.plain
        ):
            return facet, probability
    return NONE, 1.0


@once
def wants_it_back(raw: Raw) -> bool:
    """Tells whether money is wanted back."""
    return bool(_REFUND.search(raw.plain))


def asks_side(raw: Raw, sure: float) -> bool:
    """Tells whether a facet is asked with a probability of at least `sure`."""
    facet, probability = best_facet(raw)
    return facet != NONE and probability >= sure


def asks_of_any(raw: Raw) -> bool:
    """Tells whether papers, a place or a time are asked, of whatever it is, in words for them."""
    return best_facet(raw)[0] in ("bring", "where", "time") and asks_side(raw, OBVIOUS)


@once
def has_subject(raw: Raw) -> bool:
    """Tells whether the words name a thing of ours."""
    return bool(raw.subjects & SUBJECTS)


@once
def asks_whether(raw: Raw) -> bool:
    """Tells whether the message ends as a question for yes or no, and does not itself say no."""
    if raw.language == "en":
        return english.asks_whether(raw.plain)
    return bool(_WHETHER.fullmatch(raw.plain)) and not raw.plain.startswith(("khong ", "chua "))


@once
def wonders(raw: Raw) -> bool:
    """Tells whether more than a few words end as those of somebody who wants to know whether it is so."""
    return raw.words > _SAYS_NO_MORE and bool(_WONDERS.search(raw.text.lower()))


@once
def asks_leave(raw: Raw) -> bool:
    """Tells whether the message ends as a question whether something may be done ("bỏ qua được không")."""
    return english.asks_leave(raw.plain) if raw.language == "en" else bool(_MAY.search(raw.plain))


def asks_yes_or_no(raw: Raw) -> bool:
    """Tells whether a message asks for a yes or no: for leave, whether it is so, or in wonder."""
    return asks_leave(raw) or asks_whether(raw) or wonders(raw)


def ours_after_all(raw: Raw, state: State) -> tuple[str, float] | None:
    """Returns the topic of a message amid a talk that names a thing of ours, however strange its words are."""
    if not (state.topic or state.facts) or not has_subject(raw) or raw.subjects & NOT_OURS:
        return None
    rest = [(name, p) for name, p in raw.ranking if name != "out_of_scope"]
    if not rest or not is_topic(rest[0][0]) or is_elsewhere(rest[0][0]):
        return None
    return rest[0] if rest[0][1] >= sum(p for _, p in rest) / 2 else None


def only_stops(raw: Raw) -> bool:
    """Tells whether a likely "stop" is one: said in such words, or beyond doubt, or obvious beside nothing of ours."""
    sure = best(raw)[1]
    return "stop" in raw.subjects or sure >= BEYOND_DOUBT or (sure >= OBVIOUS and not has_subject(raw))


def gives_identifier(raw: Raw) -> bool:
    """Tells whether there is a code, a phone number or an address in the message."""
    return bool(IDENTIFIERS & set(raw.entities))


@lru_cache(1_000)  # asked of each label of a ranking, by a dozen rules
def is_subject(label: str) -> bool:
    """Tells whether a label is a subject of social insurance that is no account: one of those we know, or another."""
    return label.startswith(SUBJECT_TOPIC) or label == OTHER


def is_elsewhere(label: str) -> bool:
    """Tells whether a label is about no account of ours."""
    return label in ELSEWHERE or label.startswith(SUBJECT_TOPIC)


def is_answered(label: str) -> bool:
    """Tells whether a label is a topic that has an answer of its own."""
    return label.startswith((FAQ_TOPIC, SUBJECT_TOPIC))


def talked_about(label: str) -> str:
    """Returns the name under which a topic is remembered."""
    return TALKED_ABOUT.get(label, label)


def is_topic(label: str) -> bool:
    """Tells whether a label is something that can be talked about."""
    return is_answered(label) or label in TALKED_ABOUT or label == OTHER


#: What a topic itself speaks of: a message that names no more than these may well be about it.
_OF_THE_TOPIC = {
    "mail_sent": {"email", "password", "otp"},
    "mail_bounced": {"email", "password"},
    "reset_done": {"password", "vssid", "email"},
    "no_email_on_record": {"call", "phone", "email", "code", "password"},
    "not_matched": {"phone", "email", "code"},
    "faq/hotline": {"call", "phone", "code", "password"},
    "faq/account_locked": {"locked", "password"},
    "locked_out": {"locked", "code", "phone", "email"},
    "faq/add_email": {"email"},
    "faq/change_email": {"email"},
    "faq/change_phone": {"phone"},
    "faq/office": {"office"},
    "faq/tk1_ts": {"form"},
}


#: What every subject speaks of: where papers go, the book, forms.
_OF_A_SUBJECT = {"office", "form", "book"}


def names_another(raw: Raw, state: State) -> bool:
    """Tells whether the words name a thing that the present topic does not speak of."""
    own = _OF_A_SUBJECT if state.topic.startswith(SUBJECT_TOPIC) else _OF_THE_TOPIC.get(state.topic, set())
    return bool((raw.subjects & SUBJECTS) - own)


def is_led(state: State) -> bool:
    """Tells whether a form, a guide or the advice leads the conversation just now."""
    return bool(state.form) or state.open in ("guide", "advice")


def about(topic: str, facet: str, confidence: float, rule: str, step: int = 0) -> Decision:
    """Returns the decision to speak of a side of a topic, FAQ or not."""
    label = topic if is_answered(topic) else "in_danger" if topic == "emergency" else "about"
    return Decision(label, confidence, rule, topic, facet, step)


def read_alone(raw: Raw, rule: str) -> Decision:
    """Returns what the classifier says by itself; below its threshold, not understood."""
    label, confidence = best(raw)
    if confidence < (STORY_SURE if raw.words >= STORY else raw.threshold):
        label = FALLBACK
    return Decision(label, confidence, rule, talked_about(label) if is_topic(label) else "", act=act_of(label))


def act_of(label: str) -> Act:
    """Returns the act that an intent is."""
    return SMALL_TALK.get(label, "asks")
