"""Rules for topics: what a person tells, several things at once, a new topic, a side of the present one."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from assistant.reading import english
from assistant.reading import facts as situation
from assistant.reading.facts import LASTING
from assistant.reading.model import Decision, OwnFacet, Raw, State
from assistant.reading.objections import objects_plainly
from assistant.reading.signals import (
    ACCESS,
    BENEFIT,
    BEYOND_DOUBT,
    COMMAND,
    ELSEWHERE,
    FACET_LIKELY,
    FACET_NEW,
    FACET_SURE,
    FAINT,
    FALLBACK,
    FAQ_TOPIC,
    GIST,
    GOES_THERE,
    NEW_TOPIC,
    NONE,
    NOT_OURS,
    OBVIOUS,
    OF_RULES,
    OTHER,
    OTHER_APP,
    OWN_ANYWHERE,
    OWN_CLEAR,
    OWN_HERE,
    OWN_LIKELY,
    OWN_NEW,
    OWN_OF_COMMAND,
    OWN_SURE,
    SHORT,
    SIDES,
    SMALL_TALK,
    STORY,
    STORY_SURE,
    TALKED_ABOUT,
    about,
    act_of,
    asks_leave,
    asks_of_any,
    asks_side,
    asks_whether,
    asks_yes_or_no,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    has_subject,
    is_elsewhere,
    is_led,
    is_subject,
    is_topic,
    likely_facet,
    names_another,
    near_by,
    number_named,
    only_stops,
    ours_after_all,
    own_facet,
    read_alone,
    subject_mass,
    talked_about,
    wants_it_back,
    weight_of,
    wonders,
)
from assistant.reading.state import ASIDES

#: How sure a fact is that was told earlier.
_TOLD_BEFORE = 0.9
#: A talk that begins with it is begun, not ended.
_HELLO = re.compile(r"(?:da )?(?:xin )?chao\b(?! (?:nhe|nha|tam biet))")
_STEP = re.compile(r"\bbuoc (?:so |thu )?(\d|mot|nhat|hai|ba|bon|tu|nam|sau)\b")
_ITEM = re.compile(r"\b(?:y|cau|viec|muc|cai|so) (?:so |thu )?(\d|mot|nhat|hai|ba|bon|tu|nam|sau)\b")
#: Words that join one question to another; a story of one trouble has none of them.
_LISTS = re.compile(
    r"\b(?:voi lai|thu nhat|mot la|hai la|(?:may|hai|ba|bon|nhieu|\d) (?:y|viec|cau|chuyen|thu|dieu|van de)"
    r"|[1-4]|va|them|luon|nua)\b"
)
_ASKS_OFTEN = 2
#: Topics that name things to look at, which somebody may not have.
_MEANS = frozenset({"faq/find_bhxh_code", "faq/login_vneid", "faq/health_card", "faq/contribution_history"})
_LABEL_OF = {topic: label for label, topic in TALKED_ABOUT.items()}
#: "Tốn tiền không": a side and no more; with as many words as the second even that may be an accident.
_BARE, _A_FEW = 7, 4
#: By so much another side is clearer.
_CLEARLY = 0.12
#: What it counts for a side that its topic is likely, too.
_AGREED = 0.1
#: What may lie between two that are as sure as one another.
_ABOUT_AS_SURE = 0.02
#: So like a side's words is a first message that its topic's whole answer would not serve.
_AS_CLEAR_AS_CAN_BE = 0.97
#: Where the talk is of people, not of an account.
_OF_PEOPLE = frozenset({"desk_closed", "waiting_person", "question_left"})
#: A choice is made with few words; with more of them something is asked.
_MORE_THAN_A_CHOICE = 5
#: From where up the topic of the talk is meant, if it is the likeliest.
_HERE = 0.3
#: Whoever says so has our letter before them.
_HAS_LETTER = re.compile(
    r"\b(?:bam|link|lien ket|duong dan|co roi|thay roi|nhan duoc roi|mo (?:ra|thu|mail)|trong thu)\b"
)
#: One thing or the other is asked, not affirmed.
_OR = re.compile(r"\bhay (?:phai|la|cho|co|can|thoi|chua|khong|doi|de)\b|\bchua$")
_WAITED = re.compile(
    r"\b(?:cho|doi)\b(?: \w+){0,3} (?:tieng|gio|phut|ngay|buoi|hoai|mai|lau|suot|nay gio|moi mon|dai co)\b"
    r"(?! (?:nua|la|thi))"
)
#: Ways for which nobody goes anywhere, and what may be asked of a place.
_NO_PLACE = frozenset({"faq/hotline", "faq/hotline_fee", "faq/login_vneid", "faq/otp_not_received"})
_OF_A_PLACE = frozenset({"bring", "hours", "where", "who", "time"})
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
_PLACES = frozenset({"faq/office", "faq/processing_time", "faq/hotline_fee"})
_WAYS = {"office": "faq/office", "call": "faq/hotline", "vneid": "faq/login_vneid"}
_ADDS_TO_IT = frozenset({"faq/add_email", "faq/change_email", "faq/change_phone"})
_OF_ONE_TROUBLE = ACCESS | {"faq/app_trouble", "faq/official_channels", "faq/scam", "faq/about_bot"}
_OF_LOGGING_IN = frozenset(["reset_password", "reset_rejected", "faq/app_trouble", "faq/account_locked", *SMALL_TALK])
#: Topics whose own sides are looked for in any message.
_ALWAYS = ("reset", "faq/about_bot", "faq/privacy", "faq/hotline", "faq/app_trouble")
#: "Cho em xin lại mật khẩu", "cho xin link": said so, it is a command, whatever else is told of it.
_GIVE_ME = re.compile(
    r"\bcho (?:\w+ ){0,2}xin (?:lai |cap lai |cai |cai duong |duong )?(?:link|lien ket|mat khau)\b"
    r"|\bgui (?:\w+ ){0,2}(?:link|lien ket)\b(?! (?:o dau|khong|chua))"
)
_ONLINE = re.compile(
    r"\b(?:(?:qua|tren|len|o) mang|online|truc tuyen|(?:tren|trong|bang) (?:app|ung dung|web)|(?:o|tai) nha)\b"
)
#: Topics that are about what is done online themselves.
_ALL_ONLINE = frozenset({"faq/online_services", "faq/features", "faq/official_channels", "faq/app_trouble"})
#: How topics name the side that says whether it can be done online, the plainest first.
_ONLINE_SIDES = ("online_way", "online_merge", "online_delete", "online_lookup", "web_or_paper", "in_the_app", "how")
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
_NOTHING_CAME = re.compile(
    r"\b\d+ ?(?:p|ph|phut)\b.*\b(?:chua|khong|hong|chang|co thay (?:gi|dau)|tron)\b"
    r"|^(?:nay gio |van |cung |da |the )*(?:chua|khong|hong|chang) (?:co|thay|nhan|nhan duoc) (?:gi|thu|mail|email)\b"
)
_FOR_ME = re.compile(
    r"\b(?:giup|gium|dum|ho|cho) (?:cho )?(?:em|minh|toi|tui|con|chau|bac|co|chu|anh|chi)\b(?! (?:trai|gai|ruot|ho"
    r"|hang|ay|em|ban|nha))"
)
_KNOWS_NOT = re.compile(r"\b(?:khong|dau|chang|hong|chua|co) (?:co |con |the )?(?:nho|biet)\b")
_WHICH_FIRST = re.compile(
    r"\b(?:cai|viec|thu|chuyen|dang|lam) (?:nao|gi|chi|mo)(?: \w+)? truoc\b|\buu tien (?:cai|viec)\b"
)
#: What was talked about before is named again.
_RETURNS = re.compile(
    r"\b(?:quay|tro|ve) (?:lai|ve) (?:cai )?(?:vu|chuyen|viec|cai|phan|cau|van de|khuc)\b(?! (?:nay|do|kia|truoc)$)"
    r"|\b(?:noi|hoi) (?:tiep|lai) (?:cai )?(?:vu|chuyen|viec|phan|khuc)\b"
)
#: Facets of what was said last, whatever it was.
_OF_WHAT_WAS_SAID = ("simpler", "again", "next_step", "not_working")


def names_a_step(raw: Raw, state: State) -> Decision | None:
    """ "Bước 2" of what is talked about."""
    number = english.step_named(raw.plain) if raw.language == "en" else number_named(_STEP.search(raw.plain))
    if not number or not state.topic or state.open == "guide":
        return None
    return about(state.topic, "step", 1.0, "names_a_step", number)


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


def own_wording(raw: Raw, state: State) -> Decision | None:
    """Words for a side that only an active topic has."""
    own, (label, confidence) = own_facet(raw, state), best(raw)
    if own is None or own.likeness < (OWN_HERE if own.topic == state.topic else OWN_SURE):
        return None
    if own.topic in near_by(state) and raw.words <= _BARE and asks_side(raw, OWN_CLEAR) and not has_subject(raw):
        return None  # a bare side is of what is talked about itself
    if is_subject(own.topic) and own.likeness < _AS_CLEAR_AS_CAN_BE and asks_of_any(raw):
        return None  # papers, place or time, said so: the subject's rules know them
    if _is_clearer_elsewhere(raw, state, own) and (clearer := wording_of_any(raw, state)):
        return clearer
    if label == "ask_human" and confidence >= OBVIOUS and own.likeness < OWN_CLEAR:
        return None
    benefit = is_subject(label) and BENEFIT in raw.subjects
    if benefit and subject_mass(raw) >= BEYOND_DOUBT and own.likeness < OWN_CLEAR:
        return None
    if any(talked_about(name) in state.agenda and p >= COMMAND for name, p in raw.ranking[:2]):
        return None  # one of several things is chosen
    elsewhere = is_topic(label) and label not in ELSEWHERE and talked_about(label) != own.topic
    if f"{own.topic}#{own.facet}" in state.said and elsewhere and confidence >= BEYOND_DOUBT and not is_led(state):
        return None  # that was said: what is named beyond doubt is asked now
    topic, sure = best_topic(raw)
    another = names_another(raw, state) or sure >= BEYOND_DOUBT
    named = sure >= OWN_CLEAR and is_topic(topic) and not is_elsewhere(topic) and another
    clear = OWN_NEW if own.topic == state.topic else OWN_CLEAR
    if named and own.likeness < clear and talked_about(topic) not in (own.topic, state.topic):
        return None
    other = raw.own(label) if confidence >= OWN_CLEAR else None
    if other and other.likeness > own.likeness - _ABOUT_AS_SURE:
        own = other
    return about(own.topic, own.facet, own.likeness, "own_wording")


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
    if facet not in _OF_A_PLACE or sure < FACET_SURE or "call" in raw.subjects:
        return None
    return about("faq/office", facet, sure, "side_of_the_office")


def our_mail(raw: Raw, state: State) -> Decision | None:
    """A mail that does not come is ours, where we have sent one, unless BHXH's code is named."""
    label, confidence = best_topic(raw)
    sent = "mail_sent" in (state.topic, *state.situations)
    if state.topic == "mail_sent" and raw.words <= SHORT and _NOTHING_CAME.search(raw.plain):
        return about("mail_sent", "not_arrived", 0.8, "our_mail")
    if not sent or label != "faq/otp_not_received" or confidence < raw.threshold:
        return None
    clearest = _own_of_any(raw)
    if clearest and clearest.topic != label and clearest.likeness >= OWN_SURE and "email" not in raw.subjects:
        return None  # "vô được rồi mà thẻ vẫn không thấy"
    own, has_letter = raw.own("mail_sent"), bool(_HAS_LETTER.search(raw.plain))
    if own and (own.likeness >= OWN_LIKELY or has_letter) and ("otp" in raw.subjects or has_letter):
        return about("mail_sent", own.facet, max(own.likeness, FAINT), "our_mail")
    if "otp" in raw.subjects:  # BHXH's own code
        return None
    return about("mail_sent", "not_arrived", confidence, "our_mail")


def after_success(raw: Raw, state: State) -> Decision | None:
    """ "Nó báo sai", once the new password is set, is about logging in with it, not about what we compared."""
    label, confidence = best_topic(raw)
    done = "reset_done" in (state.topic, *state.situations)
    if not done or is_led(state) or label != "reset_rejected" or confidence < raw.threshold or gives_identifier(raw):
        return None
    return about("reset_done", likely_facet(raw.own("reset_done"), "login_error"), confidence, "after_success")


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
    if is_led(state) or raw.words > _BARE + 1 or not _WHICH_FIRST.search(raw.plain):
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


def wording_of_any(raw: Raw, state: State) -> Decision | None:
    """Words for a side that some topic alone has, whatever is talked about, unless another topic is named."""
    first, sure_first = best(raw)
    if is_led(state) or (sure_first >= (OWN_CLEAR if first == "complain" else OBVIOUS) and _is_command(first)):
        return None
    if _says_too_little(raw, state):
        return None
    bare = raw.words <= SHORT and bool(state.topic) and asks_side(raw, OWN_CLEAR) and not has_subject(raw)
    if bare and (raw.words <= _A_FEW or (raw.words <= _BARE and best_facet(raw)[0] not in _OF_WHAT_WAS_SAID)):
        return None  # a bare side is of what is talked about
    likely = {talked_about(name) for name, p in raw.ranking if p >= FAINT}
    found = _own_of_any(raw, likely)
    fails = state.topic and best_facet(raw)[0] == "not_working" and asks_side(raw, OWN_CLEAR)
    if fails and found is not None and found.likeness < OWN_CLEAR:
        return None
    news = situation.told(raw) & situation.STEERING - state.facts
    agreed = found is not None and found.topic in likely and best_facet(raw)[0] != "how"
    agreed = agreed or (wants_it_back(raw) and not is_subject(state.topic))  # of what a call or a deceiver took
    least = OWN_CLEAR if bare else OWN_SURE if agreed else OWN_CLEAR if news else OWN_ANYWHERE
    if found is None or found.likeness < least:
        return None
    label, confidence = best_topic(raw)
    if is_subject(label) and subject_mass(raw) >= COMMAND and BENEFIT in raw.subjects:
        return None
    other = is_topic(label) and label not in SIDES and talked_about(label) != found.topic
    if other and confidence >= BEYOND_DOUBT and (has_subject(raw) or found.likeness < confidence - _ABOUT_AS_SURE):
        return None
    named = confidence >= OBVIOUS and is_topic(label) and not is_subject(label) and has_subject(raw)
    whole = named and state.topic != found.topic and best_facet(raw)[0] in (NONE, "how")
    if named and whole and found.likeness < max(_AS_CLEAR_AS_CAN_BE, confidence):
        return None
    sure_side = asks_side(raw, OWN_CLEAR) and best_facet(raw)[0] not in ("how", *_OF_WHAT_WAS_SAID)
    clear = _AS_CLEAR_AS_CAN_BE if sure_side else OWN_CLEAR
    if named and talked_about(label) != found.topic and found.likeness < clear:
        return None
    side, clearly = best_facet(raw)
    plain = side in _OF_A_PLACE and clearly >= OWN_CLEAR and raw.sides is not None and raw.sides.has(found.topic, side)
    if plain and found.likeness < OWN_CLEAR:
        return about(found.topic, side, clearly, "wording_of_any")
    return about(found.topic, found.facet, found.likeness, "wording_of_any")


def _own_of_any(raw: Raw, likely: Container[str] = ()) -> OwnFacet | None:
    """Returns the facet of any topic's own that the words are most like; a likely topic's counts for more."""
    return max(
        (own for own in map(raw.own, raw.owners) if own is not None),
        key=lambda own: own.likeness + (_AGREED if own.topic in likely else 0),
        default=None,
    )


def _is_clearer_elsewhere(raw: Raw, state: State, own: OwnFacet) -> bool:
    """Tells whether a message that names a thing of ours is far more like a side of another topic."""
    if is_led(state) or not has_subject(raw):
        return False
    clearest = _own_of_any(raw)  # asks every topic's machine, so it comes last
    if clearest is None or not clearest.topic.startswith("faq/"):
        return False
    far = clearest.likeness >= max(OWN_NEW, own.likeness + 2 * _CLEARLY)
    return far or clearest.likeness >= max(OWN_CLEAR, own.likeness + _CLEARLY)


def _says_too_little(raw: Raw, state: State) -> bool:
    """Tells whether a few words name nothing, and nothing is talked about: their likeness is an accident."""
    return raw.words <= _A_FEW and not state.topic and not has_subject(raw)


def _is_command(label: str) -> bool:
    return not is_topic(label) and label not in ("out_of_scope", "affirm", "deny", "inform", FALLBACK)


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
    return _own_or(raw, state, "left_employer", "left_the_employer")


def _own_or(raw: Raw, state: State, facet: str, rule: str) -> Decision:
    """Returns the side that is asked here in words of its own, else this one of what is talked about."""
    here = own_facet(raw, state)
    if here and here.likeness >= OWN_HERE:
        return about(here.topic, here.facet, here.likeness, rule)
    return about(state.topic, facet, 0.8, rule)


def what_about_a_way(raw: Raw, state: State) -> Decision | None:
    """ "Còn ra tận nơi thì sao": the way that is named, after another."""
    found = _WHAT_ABOUT.fullmatch(raw.plain)
    if found is None or is_led(state) or state.danger:
        return None
    return _way_named(found, state, "what_about_a_way")


def _way_named(found: re.Match[str], state: State, rule: str) -> Decision | None:
    """Returns the way that a match names, unless it is what is talked about."""
    topic = next(topic for name, topic in _WAYS.items() if found[name])
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
    if is_led(state) or state.danger or raw.words > _BARE + 2 or not _ONLINE.search(raw.plain) or raw.sides is None:
        return None
    if not state.topic.startswith(FAQ_TOPIC) or state.topic in _ALL_ONLINE or names_another(raw, state):
        return None
    if not (asks_leave(raw) or asks_whether(raw) or best_facet(raw)[0] in ("how", "where", NONE)):
        return None
    side = next((name for name in _ONLINE_SIDES if raw.sides.has(state.topic, name)), "")
    return about(state.topic, side, 0.8, "online_here") if side else None


def objects_to_answer(raw: Raw, state: State) -> Decision | None:
    """ "Không phải ý tôi hỏi": the answer was not right, whatever else the words are like."""
    if not state.topic or state.open or is_led(state) or raw.words > SHORT:
        return None
    if not (english.objects(raw.plain) if raw.language == "en" else objects_plainly(raw.plain)):
        return None
    return Decision("complain", 0.9, "objects_to_answer", act="complains")


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
    return _own_or(raw, state, "not_working", "found_nothing")


def found_it(raw: Raw, state: State) -> Decision | None:
    """ "À thấy rồi", "được rồi": it helped, and nothing is asked."""
    if state.open or is_led(state) or state.danger or not state.topic or not _FOUND_IT.fullmatch(raw.plain):
        return None
    here = own_facet(raw, state)
    return None if here and here.likeness >= OWN_LIKELY else Decision("nod", 0.8, "found_it", act="answers")


def waits_in_vain(raw: Raw, state: State) -> Decision | None:
    """ "Chờ cả tiếng rồi", "đợi hoài": what was said last did not help."""
    if not state.topic or is_led(state) or raw.words > SHORT:
        return None
    if not (english.waited(raw.plain) if raw.language == "en" else _WAITED.search(raw.plain)):
        return None
    if state.topic in _OF_PEOPLE or names_another(raw, state) or asks_leave(raw):
        return None
    return about(state.topic, "not_working", 0.8, "waits_in_vain")


def among_offered(raw: Raw, state: State) -> Decision | None:
    """The likeliest topic, however faint, is meant where it was just offered among others."""
    label, confidence = best_topic(raw)
    if state.open != "choice" or f"#{label}" not in state.offered or not is_topic(label) or _is_talk(raw):
        return None
    return Decision(label, confidence, "among_offered", talked_about(label)) if confidence >= FAINT else None


def asks_back(raw: Raw, state: State) -> Decision | None:
    """Not understood, once more, simpler, it does not work, and then: of what was said last."""
    facet, sure = best_facet(raw)
    if facet not in _OF_WHAT_WAS_SAID or sure < FACET_LIKELY or not state.topic:
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
    if label in ("affirm", "deny") and (_OR.search(raw.plain) or "?" in raw.text) and raw.words > 2 and state.topic:
        return None
    if label == "deny" and not state.open and raw.words > 2 and has_subject(raw) and state.topic in _MEANS:
        return about(state.topic, "not_working", confidence, "lacks_the_means")
    if label in ("affirm", "deny", "inform") and not state.open and not gives_identifier(raw):
        return Decision("nod", confidence, "nods", act="answers")
    return Decision(label, confidence, "small_talk", act=act_of(label))


def same_side(raw: Raw, state: State) -> Decision | None:
    """A short message without a subject of its own is about the present topic."""
    facet, sure = best_facet(raw)
    topic = _asided(raw, state, facet)
    if not topic or not asks_side(raw, FACET_LIKELY) or raw.words > SHORT or names_another(raw, state):
        return None
    label, confidence = best_topic(raw)
    if confidence >= OBVIOUS and sure < FACET_SURE:
        return None
    other = is_topic(label) and talked_about(label) != topic
    if other and confidence >= BEYOND_DOUBT and (label not in SIDES or (state.slot and raw.words > _BARE)):
        return None
    if facet == "how" and confidence >= OWN_CLEAR and is_topic(label) and talked_about(label) != topic:
        return None
    return about(topic, facet, sure, "same_side")


def _asided(raw: Raw, state: State, facet: str) -> str:
    """Returns what a bare side is of: while a form asks, of the answer given in between where it has that side."""
    of_it = state.topic.startswith("faq/") and facet in _OF_A_PLACE | {"cost"}
    if raw.sides is not None and state.slot in ASIDES and not raw.sides.has(ASIDES[state.slot], facet):
        return "reset" if raw.sides.has("reset", facet) else ASIDES[state.slot]
    if of_it and raw.sides is not None and raw.sides.has(state.topic, facet):
        return state.topic
    return ASIDES.get(state.slot) or state.topic


def question_about_reset(raw: Raw, state: State) -> Decision | None:
    """A question about the reset is no command: it is answered first."""
    label, confidence = best_topic(raw)
    if label != "reset_password" or confidence < raw.threshold:
        return None
    if confidence >= OBVIOUS and _GIVE_ME.search(raw.plain) and not (asks_leave(raw) or asks_whether(raw)):
        return None
    own, (facet, sure) = raw.own("reset"), best_facet(raw)
    if facet == "who" and raw.words <= SHORT and _FOR_ME.search(raw.plain):
        return None  # "bên mình lấy lại mk giùm em được không" asks us to do it, not who may
    if own and own.likeness >= (OWN_OF_COMMAND if facet == NONE or sure < FACET_SURE else OWN_HERE):
        return about("reset", own.facet, own.likeness, "question_about_reset")
    if facet in (NONE, "how", *_OF_WHAT_WAS_SAID) or sure < FACET_SURE:
        return None
    return about("reset", facet, sure, "question_about_reset")


def passage(raw: Raw, state: State) -> Decision | None:
    """A side that only one topic has, found although the topic itself is not sure."""
    if is_led(state) or (best(raw)[0] in SMALL_TALK and best(raw)[1] >= OBVIOUS) or _says_too_little(raw, state):
        return None
    label, confidence = best_topic(raw)
    sure = confidence >= STORY_SURE and not is_elsewhere(label)
    likely = (label,) if sure else (*(name for name, _ in raw.ranking), *_ALWAYS)
    found = [own for name in dict.fromkeys(map(talked_about, likely)) if (own := raw.own(name)) is not None]
    own = max(found, key=lambda own: own.likeness, default=None)
    if own is None or own.likeness < OWN_OF_COMMAND:
        return None
    if is_subject(label) and subject_mass(raw) >= COMMAND and BENEFIT in raw.subjects:
        return None
    return about(own.topic, own.facet, own.likeness, "passage")


def new_topic(raw: Raw, state: State) -> Decision | None:
    """A message with a subject of its own: its topic, and the side of it that is asked."""
    label, confidence = best_topic(raw)
    here = bool(state.topic) and label == state.topic
    least = NEW_TOPIC if state.topic and talked_about(label) != state.topic else _HERE if here else raw.threshold
    if raw.words >= STORY and label != "reset_password":  # to begin the reset is never far from what is wanted
        least = max(least, STORY_SURE)
    if weight_of(raw, label, confidence) < least or _is_talk(raw):
        return None
    if label == "out_of_scope" and (ours := ours_after_all(raw, state)):
        label, confidence = ours
    if label == "out_of_scope" and state.slot in ASIDES and raw.words <= SHORT and OTHER_APP not in raw.subjects:
        return about(ASIDES[state.slot], "again", confidence, "new_topic_side")
    if _strays(raw, state, label):
        return None
    if label == "out_of_scope" and state.topic and "province" in raw.entities:
        return Decision("faq/office", confidence, "new_topic", "faq/office")  # a place that is lived at, or was
    if label in ELSEWHERE:
        topic = label if label == "other_bhxh" else ""
        return None if _stays(raw, state) else Decision(label, confidence, "new_topic", topic)
    neighbour = is_subject(state.topic) and confidence >= OBVIOUS  # from one subject to the next it takes no more
    if not is_topic(label) or (is_subject(label) and label != state.topic and not neighbour and _stays(raw, state)):
        return None
    if confidence < raw.threshold and not here and (is_led(state) or (state.topic and BENEFIT not in raw.subjects)):
        return None  # so faint a hint takes nobody out of a talk
    if confidence < raw.threshold and not here:  # a subject, but which: the likeliest are offered
        return Decision(OTHER, subject_mass(raw), "which_subject", OTHER)
    topic, (facet, sure) = talked_about(label), best_facet(raw)
    fresh = topic != state.topic
    if label == "reset_password" or (fresh and GIST.get(topic) in (facet, "*")):
        return Decision(label, confidence, "new_topic", topic)
    own = raw.own(topic)
    if own and own.likeness >= (OWN_HERE if situation.told(raw) else OWN_SURE if topic == state.topic else OWN_NEW):
        return about(topic, own.facet, own.likeness, "new_topic_side")
    if facet not in (NONE, "how") and sure >= (FACET_NEW if fresh else FACET_SURE):
        return about(topic, facet, sure, "new_topic_side")
    if side := next((fact for fact in sorted(situation.told(raw)) if raw.sides and raw.sides.has(topic, fact)), ""):
        return about(topic, side, confidence, "new_topic_side")  # the topic speaks of whom this is for
    return Decision(label, confidence, "new_topic", topic)


def _strays(raw: Raw, state: State, label: str) -> bool:
    """Tells whether a subject is likely while a form asks, and neither named nor beyond doubt."""
    likely = state.slot in ASIDES and is_subject(label) and BENEFIT not in raw.subjects
    return likely and subject_mass(raw) < BEYOND_DOUBT


def _is_talk(raw: Raw) -> bool:
    label, confidence = best(raw)
    return label in SMALL_TALK and confidence >= COMMAND and not has_subject(raw)


def _stays(raw: Raw, state: State) -> bool:
    """Tells whether a short question belongs to the present topic rather than to another office or app."""
    asks = asks_side(raw, FACET_SURE) and best_facet(raw)[0] != "how"
    few = raw.words <= (SHORT if best(raw)[1] >= OBVIOUS else 2 * SHORT)
    return bool(state.topic) and asks and few and not raw.subjects & NOT_OURS


def likely_side(raw: Raw, state: State) -> Decision | None:
    """Not clear enough for a topic of its own: the likeliest side of the present one."""
    own = own_facet(raw, state)
    if own and own.likeness >= OWN_LIKELY:
        return about(own.topic, own.facet, own.likeness, "likely_side")
    topic, (label, confidence) = ASIDES.get(state.slot) or state.topic, best_topic(raw)
    if has_subject(raw) and is_topic(label) and confidence >= raw.threshold and not is_elsewhere(label):
        topic = talked_about(label)
    if topic and asks_side(raw, FACET_LIKELY) and raw.words <= 2 * SHORT:
        return about(topic, *best_facet(raw), "likely_side")
    return None


def forgot_the_password(raw: Raw, state: State) -> Decision | None:
    """ "Cấy mật khẩu mệ quên mô mất rồi": the one thing we are here for, however strange the words around it."""
    if is_led(state) or state.topic or "password" not in raw.subjects or best_topic(raw)[1] >= COMMAND:
        return None
    if "forget" not in raw.subjects and not _KNOWS_NOT.search(raw.plain):
        return None
    if raw.subjects & {OTHER_APP, "vneid", "otp", "human"} or asks_leave(raw):
        return None
    return Decision("reset_password", COMMAND, "forgot_the_password", "reset")


def as_read(raw: Raw, state: State) -> Decision:
    """What the classifier says by itself; below its threshold, not understood."""
    either = best(raw)[0] in ("affirm", "deny") and raw.words > 2 and (_OR.search(raw.plain) or wonders(raw))
    if either and state.topic:
        return about(state.topic, best_facet(raw)[0] if asks_side(raw, FAINT) else "again", 0.5, "asks_either")
    if best(raw)[0] == "complain" and best(raw)[1] >= COMMAND:  # what went wrong is not sure: a word of regret first
        return Decision("complain", best(raw)[1], "as_read", act="complains")
    if best(raw)[0] == "cancel" and asks_yes_or_no(raw) and state.topic:
        return about(state.topic, "not_working", best(raw)[1], "asks_leave")
    if _strays(raw, state, best(raw)[0]):
        return Decision(FALLBACK, best(raw)[1], "as_read")
    return read_alone(raw, "as_read")
