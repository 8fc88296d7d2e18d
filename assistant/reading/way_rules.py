"""Rules for the ways in: what one costs, what is brought there, which is taken, and which fits what was told."""

from __future__ import annotations

import re

from assistant.reading import english
from assistant.reading import facts as situation
from assistant.reading.facts import LASTING
from assistant.reading.model import Decision, Raw, State
from assistant.reading.own_sides import own_facet, own_or
from assistant.reading.signals import (
    ACCESS,
    BARE,
    BEYOND_DOUBT,
    FACET_LIKELY,
    FACET_SURE,
    FALLBACK,
    FAQ_TOPIC,
    GOES_THERE,
    NONE,
    NOT_OURS,
    OBVIOUS,
    OF_A_PLACE,
    OWN_CLEAR,
    OWN_HERE,
    SHORT,
    SMALL_TALK,
    STORY,
    about,
    asks_leave,
    asks_side,
    asks_whether,
    asks_yes_or_no,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    is_elsewhere,
    is_led,
    names_another,
    talked_about,
    wonders,
)

#: How sure a fact is that was told earlier.
_TOLD_BEFORE = 0.9
#: Ways for which nobody goes anywhere, and what may be asked of a place.
_NO_PLACE = frozenset({"faq/hotline", "faq/hotline_fee", "faq/login_vneid", "faq/otp_not_received"})
#: What an employer may hand in for the person.
_THROUGH_EMPLOYER = frozenset(
    ["faq/tk1_ts", "faq/form_02", "faq/add_email", "faq/change_email", "faq/change_phone", "faq/update_id_info",
     "faq/data_wrong", "faq/duplicate_code", "faq/reissue_book", "faq/online_services"]
)  # fmt: skip
_LEFT = re.compile(
    r"\b(?:nghi (?:lam|viec|ngang)|het lam|thoi viec|khong (?:con )?lam (?:o|cho|ben)|roi cong ty"
    r"|cong ty (?:\w+ )?(?:dong cua|giai the|pha san|nghi)|(?:da|moi|vua|nay) (?:ve|nghi) huu|huu tri roi"
    r"|khong (?:con |co )(?:di lam|cong ty)|lam (?:nghe )?tu do)\b"
)
_WHAT_ABOUT = re.compile(
    r"(?:the |vay |a )?con (?:(?P<office>(?:ra|len|den|toi|qua|chay) .{2,30})|(?P<call>goi(?: .{2,30})?)"
    r"|(?P<vneid>(?:\w+ ){0,3}(?:vneid|dinh danh)(?: \w+){0,2})) (?:thi sao|thi the nao|sao)(?: \w+)?"
)
_TAKES = re.compile(
    r"\b(?:thoi|vay|the|chac|gio|de)\b(?: \w+){0,3}? (?:xai|dung|chon|lay|theo|lam|di|cho)(?: (?:cai|cach|kieu|duong"
    r"|vu|bang|theo|vo))+"
    r" (?:(?P<call>goi\b|tong dai|dien thoai goi)|(?P<vneid>vneid|dinh danh)"
    r"|(?P<office>(?:ra|len|den|toi) (?:bao hiem|bhxh|co quan|phuong|xa|do|tan noi)))"
)
_LEVEL_TWO = re.compile(r"\bmuc (?:2|hai)\b")
#: It is there already, as somebody says who asks no more of it.
_HAS_IT = re.compile(r"\b(?:co|len|lam|duoc|dang ky|kich hoat|san)\b.*\b(?:roi|san|ma|day|ne|ni|do)\b")
_ASKS_FOR = re.compile(
    r"\b(?P<call>goi (?:len |cho |qua |den |vo )?(?:tong dai|1900)(?: \w+){0,4}? (?:lay|xin|cap)(?: lai)?)\b"
    r"|\b(?P<vneid>(?:bang|qua|xai|dung) (?:cai |app |tai khoan )?(?:vneid|dinh danh))\b"
)
#: What to do now, asked of a way that is open.
_GOES_ON = ("how", "next_step")
_PLACES = frozenset({"faq/office", "faq/processing_time", "faq/hotline_fee"})
_WAYS = {"office": "faq/office", "call": "faq/hotline", "vneid": "faq/login_vneid"}
_ADDS_TO_IT = frozenset({"faq/add_email", "faq/change_email", "faq/change_phone"})
_OF_LOGGING_IN = frozenset(["reset_password", "reset_rejected", "faq/app_trouble", "faq/account_locked", *SMALL_TALK])
_ONLINE = re.compile(
    r"\b(?:(?:qua|tren|len|o) mang|online|truc tuyen|(?:tren|trong|bang) (?:app|ung dung|web)|(?:o|tai) nha)\b"
)
#: Topics that are about what is done online themselves.
_ALL_ONLINE = frozenset({"faq/online_services", "faq/features", "faq/official_channels", "faq/app_trouble"})
#: How topics name the side that says whether it can be done online, the plainest first.
_ONLINE_SIDES = ("online_way", "online_merge", "online_delete", "online_lookup", "web_or_paper", "in_the_app", "how")


def costs_of_a_way(raw: Raw, state: State) -> Decision | None:
    """ "Gọi có tốn không", "ra đó có mất tiền không": of the way that is named, whatever is talked about."""
    facet, sure = best_facet(raw)
    if facet != "cost" or sure < OWN_CLEAR or raw.words > SHORT or is_led(state):
        return None
    there = english.goes_there(raw.plain) if raw.language == "en" else GOES_THERE.search(raw.plain)
    goes, calls = bool(there), "call" in raw.subjects
    if goes == calls:
        return None
    topic, here = ("faq/office" if goes else "faq/hotline_fee"), own_facet(raw, state)
    clear = OWN_HERE if here and here.topic == "faq/hotline" else OWN_CLEAR
    if here and here.likeness >= clear:
        return None
    return about(topic, "cost", sure, "costs_of_a_way")


def side_of_the_office(raw: Raw, state: State) -> Decision | None:
    """ "Ra đó mang gì", after a way that is called or logged in by: of the office that is gone to."""
    facet, sure = best_facet(raw)
    if state.topic not in _NO_PLACE or is_led(state) or raw.words > SHORT or not GOES_THERE.search(raw.plain):
        return None
    if facet not in OF_A_PLACE or sure < FACET_SURE or "call" in raw.subjects:
        return None
    return about("faq/office", facet, sure, "side_of_the_office")


def steers_the_way(raw: Raw, state: State) -> Decision | None:
    """What is told of a person's situation decides the way, where the talk is about getting into an account."""
    told = situation.told(raw) & situation.STEERING | state.facts & LASTING
    if "for_dead" in told and "for_dead" not in situation.merged(state.facts, situation.told(raw), raw):
        told = told - LASTING | {"for_parent"}
    if (
        best(raw)[0] == "reset_password"
        and state.topic != "reset"
        and not any(name.startswith("utter_people_") for name in state.said)
    ):
        told |= state.facts & situation.STEERING  # what was told before decides before a form asks
    if not told or state.open in ("advice", "guide", "slot") or gives_identifier(raw) or _wants_a_person(raw):
        return None
    label, confidence = best_topic(raw)
    strays = is_elsewhere(label) and state.topic in ACCESS and told - state.facts and not raw.subjects & NOT_OURS
    topic = state.topic if strays or label == FALLBACK or confidence < raw.threshold else talked_about(label)
    of_an_account = not is_elsewhere(label) or bool(raw.subjects & {"password", "vssid"})
    if label in _ADDS_TO_IT and confidence >= BEYOND_DOUBT and (asks_leave(raw) or asks_whether(raw)):
        return None  # "xưởng làm tờ khai thêm email giùm được không"
    if told == {"remembers_password"} and best(raw)[1] >= OBVIOUS and best(raw)[0] not in _OF_LOGGING_IN:
        return None  # "vào được rồi, giờ muốn thêm mail": that is asked
    if "for_dead" in told - state.facts and of_an_account:
        return Decision("tells", raw.facts.get("for_dead", 1.0), "steers_the_way", "dead_relative", act="tells")
    if topic not in ACCESS and topic and best(raw)[0] not in SMALL_TALK:
        return None
    ways = (NONE, "how", "if_no_email", "if_no_phone", "not_working")
    if best_facet(raw)[0] not in ways and asks_side(raw, FACET_SURE) and raw.words < STORY:
        return None
    if not told - state.facts and not told & LASTING and (topic == state.topic or wonders(raw)):
        return None
    if state.topic == "dead_relative" and asks_side(raw, FACET_LIKELY):
        return None
    sure = max(raw.facts.get(fact, _TOLD_BEFORE) for fact in told)
    topic = "dead_relative" if told & LASTING else topic or "reset"
    return Decision("tells", sure, "steers_the_way", topic, act="tells")


def _wants_a_person(raw: Raw) -> bool:
    """Tells whether a person is asked for, or if we are one, beyond doubt, and all else is only likely."""
    label, confidence = best(raw)
    surest = max((raw.facts.get(fact, 0.0) for fact in situation.told(raw)), default=1.0)
    return label in ("ask_human", "ask_bot") and confidence >= BEYOND_DOUBT and surest < OBVIOUS


def still_has_the_sim(raw: Raw, state: State) -> Decision | None:
    """ "Sim đó vẫn xài": then the hotline gives a password, whatever else is gone."""
    if state.open in ("advice", "guide") or state.slot == "contact" or raw.words > STORY or asks_whether(raw):
        return None
    if not situation.uses_number(raw) or state.topic not in ACCESS or gives_identifier(raw):
        return None
    if "cannot_call" in state.facts:  # of no use to who cannot call
        return Decision("tells", 0.8, "still_has_the_sim", state.topic, act="tells")
    here = own_facet(raw, state)
    if here and here.likeness >= OWN_HERE:
        return None
    return about("faq/no_email", "sim_in_hand", 0.8, "still_has_the_sim")


def left_the_employer(raw: Raw, state: State) -> Decision | None:
    """ "Em nghỉ làm rồi", where the employer could hand something in: the person does it alone."""
    if is_led(state) or state.topic not in _THROUGH_EMPLOYER or raw.words > SHORT:
        return None
    if not (english.left_employer(raw.plain) if raw.language == "en" else _LEFT.search(raw.plain)):
        return None
    return own_or(raw, state, "left_employer", "left_the_employer")


def has_the_means(raw: Raw, state: State) -> Decision | None:
    """ "Có mức 2 rồi nè", where VNeID is talked about: how it is done with it, not what it is."""
    level_two = bool(_LEVEL_TWO.search(raw.plain))
    if state.topic not in ACCESS | _PLACES or is_led(state) or state.danger or raw.words > SHORT or "?" in raw.text:
        return None
    if not (level_two or (state.topic == "faq/login_vneid" and "has_vneid" in situation.told(raw))):
        return None
    if asks_leave(raw) or asks_whether(raw) or (asks_side(raw, OWN_CLEAR) and best_facet(raw)[0] not in _GOES_ON):
        return None
    return about("faq/login_vneid", "how", 0.8, "has_the_means") if _HAS_IT.search(raw.plain) else None


def asks_for_a_way(raw: Raw, state: State) -> Decision | None:
    """ "Gọi tổng đài xin lại được không", "làm bằng VNeID được không": of that way, whatever else is told."""
    found = _ASKS_FOR.search(raw.plain)
    if found is None or is_led(state) or state.danger or raw.words > 2 * SHORT or not asks_leave(raw):
        return None
    if state.topic and state.topic not in ACCESS | _PLACES:
        return None
    here = own_facet(raw, state)
    if (here and here.likeness >= OWN_HERE) or "cannot_call" in situation.merged(state.facts, situation.told(raw), raw):
        return None
    return _way_named(found, state, "asks_for_a_way")


def what_about_a_way(raw: Raw, state: State) -> Decision | None:
    """ "Còn ra tận nơi thì sao": the way that is named, after another."""
    found = _WHAT_ABOUT.fullmatch(raw.plain)
    if found is None or is_led(state) or state.danger:
        return None
    return _way_named(found, state, "what_about_a_way")


def _way_named(found: re.Match[str], state: State, rule: str) -> Decision | None:
    """Returns the way that a match names, unless it is what is talked about."""
    topic = next(topic for name, topic in _WAYS.items() if found.groupdict().get(name))
    return None if topic == state.topic else Decision(topic, 0.8, rule, topic)


def takes_a_way(raw: Raw, state: State) -> Decision | None:
    """ "Thôi xài cái gọi điện": one of the ways that were spoken of is taken, and nothing is asked of it."""
    found = _TAKES.search(raw.plain)
    if found is None or is_led(state) or state.danger or raw.words > SHORT or state.topic not in ACCESS | _PLACES:
        return None
    if asks_yes_or_no(raw) or "?" in raw.text or asks_side(raw, OWN_CLEAR):
        return None
    return _way_named(found, state, "takes_a_way")


def online_here(raw: Raw, state: State) -> Decision | None:
    """ "Làm trên mạng được không", of what is talked about: its own words for that, else how it is done."""
    if is_led(state) or state.danger or raw.words > BARE + 2 or not _ONLINE.search(raw.plain) or raw.sides is None:
        return None
    if not state.topic.startswith(FAQ_TOPIC) or state.topic in _ALL_ONLINE or names_another(raw, state):
        return None
    if not (asks_leave(raw) or asks_whether(raw) or best_facet(raw)[0] in ("how", "where", NONE)):
        return None
    side = next((name for name in _ONLINE_SIDES if raw.sides.has(state.topic, name)), "")
    return about(state.topic, side, 0.8, "online_here") if side else None
