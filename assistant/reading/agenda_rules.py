"""Rules for several things asked at once, what comes first, and what was talked about before."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.reading import english
from assistant.reading import facts as situation
from assistant.reading.model import Decision, Raw, State
from assistant.reading.signals import (
    ACCESS,
    BARE,
    COMMAND,
    FACET_SURE,
    FAINT,
    FALLBACK,
    FAQ_TOPIC,
    NONE,
    OWN_LIKELY,
    OWN_SURE,
    TALKED_ABOUT,
    about,
    best,
    best_facet,
    is_elsewhere,
    is_led,
    is_topic,
    number_named,
    talked_about,
)

_ITEM = re.compile(r"\b(?:y|cau|viec|muc|cai|so) (?:so |thu )?(\d|mot|nhat|hai|ba|bon|tu|nam|sau)\b")
#: Words that join one question to another; a story of one trouble has none of them.
_LISTS = re.compile(
    r"\b(?:voi lai|thu nhat|mot la|hai la|(?:may|hai|ba|bon|nhieu|\d) (?:y|viec|cau|chuyen|thu|dieu|van de)"
    r"|[1-4]|va|them|luon|nua)\b"
)
_ASKS_OFTEN = 2
_LABEL_OF = {topic: label for label, topic in TALKED_ABOUT.items()}
#: A choice is made with few words; with more of them something is asked.
_MORE_THAN_A_CHOICE = 5
_OF_ONE_TROUBLE = ACCESS | {"faq/app_trouble", "faq/official_channels", "faq/scam", "faq/about_bot"}
_WHICH_FIRST = re.compile(
    r"\b(?:cai|viec|thu|chuyen|dang|lam) (?:nao|gi|chi|mo)(?: \w+)? truoc\b|\buu tien (?:cai|viec)\b"
)
#: What was talked about before is named again.
_RETURNS = re.compile(
    r"\b(?:quay|tro|ve) (?:lai|ve) (?:cai )?(?:vu|chuyen|viec|cai|phan|cau|van de|khuc)\b(?! (?:nay|do|kia|truoc)$)"
    r"|\b(?:noi|hoi) (?:tiep|lai) (?:cai )?(?:vu|chuyen|viec|phan|khuc)\b"
)


def names_an_item(raw: Raw, state: State) -> Decision | None:
    """ "Ý 3" of several things that were asked at once."""
    number = english.item_named(raw.plain) if raw.language == "en" else number_named(_ITEM.search(raw.plain))
    if not number or not state.agenda:
        return None
    if not 1 <= number <= len(state.agenda):
        return None
    topic = state.agenda[number - 1]
    own, (facet, sure) = raw.own(topic), best_facet(raw)
    if own and own.likeness >= OWN_LIKELY:
        return about(topic, own.facet, own.likeness, "names_an_item")
    if facet not in (NONE, "how") and sure >= FACET_SURE:
        return about(topic, facet, sure, "names_an_item")
    if topic == "reset" and raw.words > _MORE_THAN_A_CHOICE:
        return about(topic, "how", 0.8, "names_an_item")
    return Decision(_LABEL_OF.get(topic, topic), 1.0, "names_an_item", topic)


def several_things(raw: Raw, state: State) -> Decision | None:
    """Three things at once are listed, and the person chooses; a story of one trouble is no list."""
    asked = [talked_about(name) for name, p in raw.pieces if is_topic(name) and not is_elsewhere(name) and p >= COMMAND]
    agenda, told = tuple(dict.fromkeys(asked)), situation.told(raw) & situation.STEERING
    if (
        len(agenda) < 3
        or state.form
        or not (english.lists(raw.plain) if raw.language == "en" else _is_a_list(raw) or _are_apart(agenda, raw))
        or len(told) > 1
        or "for_dead" in told
    ):
        return None
    return Decision("several", 0.9, "several_things", agenda[0], agenda=agenda)


def _is_a_list(raw: Raw) -> bool:
    """Tells whether words join one question to another, or several end as questions."""
    return bool(_LISTS.search(raw.plain)) or raw.text.count("?") >= _ASKS_OFTEN


def _are_apart(agenda: Iterable[str], raw: Raw) -> bool:
    """Tells whether commas part things that are not all of getting in: one trouble is told with commas, too."""
    return raw.text.count(",") > 1 and any(topic not in _OF_ONE_TROUBLE for topic in agenda)


def on_the_agenda(raw: Raw, state: State) -> Decision | None:
    """One of several things that were named before: it weighs more than its neighbours."""
    if not state.agenda or state.form or best(raw)[0] in ("thank", "goodbye", "ask_human", "cancel"):
        return None
    named = next(((name, p) for name, p in raw.ranking if talked_about(name) in state.agenda), None)
    if named is None or named[1] < FAINT:
        return None
    topic = talked_about(named[0])
    own = raw.own(topic)
    if own and own.likeness >= OWN_SURE and named[0] != "reset_password":
        return about(topic, own.facet, own.likeness, "on_the_agenda")
    return Decision(named[0], named[1], "on_the_agenda", topic)


def asks_which_first(raw: Raw, state: State) -> Decision | None:
    """ "Vậy làm cái nào trước", once several things of an account were spoken of, if only one after the other."""
    if is_led(state) or raw.words > BARE + 1 or not _WHICH_FIRST.search(raw.plain):
        return None
    spoken = {name.partition("#")[0] for name in (*state.said, state.topic)}
    ours = {name for name in spoken if name == "reset" or name.startswith(FAQ_TOPIC) or name in ACCESS}
    return about("several", "which_first", 0.8, "asks_which_first") if len(ours) > 1 else None


def returns_to(raw: Raw, state: State) -> Decision | None:
    """ "Quay lại vụ số điện thoại": what was spoken of before and is named again, not what was last."""
    if is_led(state) or state.danger or not _RETURNS.search(raw.plain):
        return None
    before = {name.partition("#")[0] for name in state.said}
    label, confidence = next(
        ((name, p) for name, p in raw.ranking if talked_about(name) in before and p >= FAINT), (FALLBACK, 0.0)
    )
    topic = talked_about(label)
    if label == FALLBACK or topic == state.topic:
        return None
    own, (facet, sure) = raw.own(topic), best_facet(raw)
    if own and own.likeness >= OWN_SURE:
        return about(topic, own.facet, own.likeness, "returns_to")
    if facet not in (NONE, "how") and sure >= FACET_SURE and raw.sides is not None and raw.sides.has(topic, facet):
        return about(topic, facet, sure, "returns_to")
    return Decision(label, confidence, "returns_to", topic)
