"""Rules for a talk about a subject of social insurance: what names nothing of an account stays with it."""

from __future__ import annotations

import re

from assistant.reading.model import Decision, Raw, State
from assistant.reading.signals import (
    BENEFIT,
    BEYOND_DOUBT,
    COMMAND,
    FACET_LIKELY,
    FACET_SURE,
    NONE,
    OBVIOUS,
    OTHER,
    OWN_LIKELY,
    OWN_SURE,
    SMALL_TALK,
    STORY,
    about,
    asks_side,
    best,
    best_facet,
    best_topic,
    has_subject,
    is_led,
    is_subject,
)

#: Concepts that name a thing of an account, another place to ask, or looking something up in the app.
_OF_AN_ACCOUNT = frozenset(
    ["password", "email", "otp", "vssid", "vneid", "call", "sms8079", "official", "privacy", "taken", "scam", "locked",
     "human", "other_app", "view", "two"]
)  # fmt: skip
#: Rules by which a talk of a subject goes on.
GOES_ON = frozenset({"stays_on_subject", "next_subject", "same_side", "likely_side"})
#: How much is paid, not what it costs.
_AMOUNT = re.compile(
    r"\b(?:bao nhieu|nhieu|may) (?:tien|phan tram|trieu|dong|thang tien|thang luong)\b|\bmuc huong\b"
    r"|\bmoi thang (?:\w+ ){0,2}(?:bao )?nhieu\b|\b(?:duoc|huong|lanh|nhan|linh) (?:bao )?nhieu\b"
    r"|\btinh (?:tien )?(?:sao|the nao|kieu gi|nhu the nao)\b"
)
_FEE = re.compile(r"\b(?:phi|le phi|cuoc|ton|mat tien|mien phi|dong tien)\b")
#: What somebody was told, and doubts.
_HEARSAY = re.compile(
    r"\bnghe (?:noi|bao|don|nguoi)\b|\b(?:cong ty|ho|nguoi ta|ke toan|nhan su|sep|ban em) (?:noi|bao|keu|bieu)\b"
)
#: With so few words a subject is named, or it is none.
_A_FEW = 5


def stays_on_subject(raw: Raw, state: State) -> Decision | None:
    """ "Nộp cho ai", "mỗi tháng bao nhiêu": of the subject that is talked about, however like an account's words."""
    here = state.topic
    if not is_subject(here) or here == OTHER or is_led(state) or state.danger or raw.words > STORY:
        return None
    if raw.subjects & _OF_AN_ACCOUNT or raw.entities:
        return None
    (label, confidence), (topic, sure) = best(raw), best_topic(raw)
    if (label in SMALL_TALK and confidence >= COMMAND) or (label == "reset_password" and confidence >= raw.threshold):
        return None
    own = raw.own(here)
    if own and own.likeness >= OWN_SURE:
        return about(here, own.facet, own.likeness, "stays_on_subject")
    if topic.startswith("faq/") and sure >= BEYOND_DOUBT and has_subject(raw) and not asks_side(raw, FACET_SURE):
        return None
    if _is_the_next(raw, here, topic, sure):
        return _side(raw, topic, sure, "next_subject")
    if _AMOUNT.search(raw.plain) and (amount := _with_amounts(raw, here)):
        return Decision(amount, OBVIOUS, "stays_on_subject", amount)
    return _side(raw, here, sure, "stays_on_subject")


def _is_the_next(raw: Raw, here: str, topic: str, sure: float) -> bool:
    """Tells whether another subject is named: beyond doubt, by its own words, or beside the present one."""
    if not is_subject(topic) or topic in (here, OTHER) or sure < OBVIOUS:
        return False
    return BENEFIT in raw.subjects or raw.words > _A_FEW or sure >= BEYOND_DOUBT or _family(topic) == _family(here)


def _family(subject: str) -> str:
    return subject.partition("_")[0]


def _with_amounts(raw: Raw, here: str) -> str:
    """Returns the neighbour that says how amounts are worked out (NAME_amount), if there is one."""
    names = (f"{here}_amount", f"{here.rpartition('_')[0]}_amount")
    return next((name for name in names if raw.sides is not None and raw.sides.knows(name)), "")


def _side(raw: Raw, topic: str, sure: float, rule: str) -> Decision:
    """Returns the side of a subject that is asked, or all of it."""
    own, (facet, asked) = raw.own(topic), best_facet(raw)
    known = facet != NONE and (raw.sides is None or raw.sides.has(topic, facet))
    if own and own.likeness >= OWN_SURE:
        return about(topic, own.facet, own.likeness, rule)
    if _HEARSAY.search(raw.plain) and raw.sides is not None and raw.sides.has(topic, "common_mistake"):
        return about(topic, "common_mistake", OBVIOUS, rule)
    of_money = facet == "cost" and not _FEE.search(raw.plain)
    if known and not of_money and asked >= FACET_LIKELY:
        return about(topic, facet, asked, rule)
    if own and own.likeness >= OWN_LIKELY:
        return about(topic, own.facet, own.likeness, rule)
    return Decision(topic, sure, rule, topic)
