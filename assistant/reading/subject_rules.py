"""Rules for a talk about a subject of social insurance: what names nothing of an account stays with it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.reading import english
from assistant.reading.model import DEFAULT, Decision, OwnFacet, Raw, State
from assistant.reading.signals import (
    BENEFIT,
    BEYOND_DOUBT,
    COMMAND,
    FACET_LIKELY,
    FACET_SURE,
    NONE,
    OBVIOUS,
    OTHER,
    OWN_CLEAR,
    OWN_LIKELY,
    OWN_SURE,
    SIDES,
    SMALL_TALK,
    STORY,
    SUBJECTS,
    about,
    asks_of_any,
    asks_side,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    has_subject,
    is_led,
    is_subject,
    subject_mass,
)

#: Concepts that name a thing of an account, another place to ask, or looking something up in the app.
_OF_AN_ACCOUNT = frozenset(
    ["password", "email", "otp", "vssid", "vneid", "call", "sms8079", "official", "privacy", "taken", "scam", "locked",
     "human", "other_app", "view", "two"]
)  # fmt: skip
_OWN_RULES = "own_rules"
_SURVIVOR, _PATERNITY = "subject/survivor", "subject/paternity"
_MOTHERS_LEAVE = ("subject/maternity_claim", "leave")
#: Whose question, and about what, is answered by no step of ours.
_OF_ITS_OWN = {
    "borrowed_papers": re.compile(
        r"\bmuon (?:ho so|chung minh|cmnd|cccd|can cuoc|ten|giay to)\b|\bcho (?:\w+ ){1,3}muon\b"
        r"|\b(?:dung|lay|bang) (?:ten|giay to) (?:cua )?(?:chi|anh|em|ban|nguoi khac)\b"
        r"|\b(?:borrow(?:ed)?|used|with) (?:the )?(?:id|papers|name|passport) of (?:my |a |an )?\w+\b"
    ),
    "book_trade": re.compile(
        r"\b(?:ban|mua|mua lai|thu mua|cam|cam co|sang ten) (?:cai |cuon |quyen )?so (?:bhxh|bao hiem)\b"
        r"|\b(?:sell|buy|pawn) (?:my |the |his |her |your )?(?:social )?(?:insurance )?book\b"
    ),
    "soldier": re.compile(
        r"\b(?:bo doi|quan nhan|quan doi|si quan|(?:la|lam|nganh|trong|ben) cong an|cong an (?:nghi|ve huu|xuat ngu)"
        r"|soldiers?|army|(?:am|is|as) (?:a )?police(?: officer|man)?)\b"
    ),
    "foreigner": re.compile(
        r"\b(?:nguoi (?:nuoc ngoai|han quoc|han|nhat|trung quoc|my|an do|phap|dai loan)|quoc tich|ngoai quoc"
        r"|lao dong nuoc ngoai"
        r"|foreign(?:ers?| workers?| employees?| staff| nationals?| passport| citizens?)|expats?|work permit"
        r"|(?:i am|he is|she is|we are) (?:a |an )?(?:korean|japanese|chinese|indian|american|canadian|british|french"
        r"|german|filipino|thai|russian|australian|malaysian|taiwanese|indonesian|singaporean))\b"
    ),
}
#: So like a side's own words is what asks for it, although it names papers or a place.
OWN_NAMED = 0.99
#: So like a side's own words is a first question that surely names its subject.
_OWN_FIRST = 0.65
#: The rule by which a first question finds its side.
FIRST = "names_subject"
#: The rule by which the same is asked of another.
WHAT_OF = "what_of_another"
#: Rules by which a talk of a subject goes on.
GOES_ON = frozenset({"stays_on_subject", "of_the_dead", "same_side", "likely_side"})
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
#: What is asked of any of them in the same words.
_OF_ANY_SUBJECT = frozenset({"where", "time", "bring"})
#: What papers are wanted, and where: said in words that mean nothing else.
_NAMED_SIDES = {
    "bring": re.compile(
        r"\b(?:giay to|giay gi|giay nao|nhung giay|ho so gi|ho so gom|can gi|mang gi|mang theo|dem gi|dem theo|chung tu"
        r"|papers?|documents?|bring|paperwork)\b"
    ),
    "where": re.compile(r"\b(?:o dau|cho nao|noi nao|den dau|ra dau|o cho|toi cho|where|which (?:office|place))\b"),
}
#: Somebody hands papers in, or takes the money, for another.
_HANDS_IN = re.compile(
    r"\b(?:nop|di|lam|lanh|nhan|rut|ky|lay)\b(?: \w+){0,3} (?:thay|ho|gium|giup|dum)\b|\buy quyen\b|\bon behalf\b"
    r"|\bfor me\b"
)
#: Days or months away from work, not how long something takes.
_DAYS_OFF = re.compile(
    r"\b(?:nghi|o nha)\b(?: \w+){0,3} (?:may|bao nhieu|nhieu) (?:ngay|hom|bua|thang|buoi)\b"
    r"|\b(?:may|bao nhieu) (?:ngay|hom|bua|thang) (?:nghi|phep)\b"
    r"|\bhow (?:many|long)\b(?: \w+){0,8} (?:off|leave|home|stay)\b"
    r"|\bhow many (?:sick |paid )?(?:days|months)\b(?! (?:until|till|before|after|to|does|do they|will|must)\b)"
)
#: A birth is spoken of, in whatever language.
_OF_A_BIRTH = re.compile(r"\b(?:sinh|sanh|de|bau|thai|birth|born|baby|pregnant|paternity)\b")
#: Months away from work are the mother's; the father's are days.
_MONTHS_OFF = re.compile(
    r"\b(?:nghi|o nha)\b(?: \w+){0,3} (?:may|bao nhieu|nhieu|bao lau may) thang\b|\b(?:may|bao nhieu) thang nghi\b"
)
#: Below both, the likeliest are offered: of 186 first questions of a stranger 16 got a wrong subject without, 11 with.
_SURELY_THIS, _OF_THIS_FAMILY = 0.7, 0.65
#: "Coi như bỏ": nothing is looked at.
_AS_IF = re.compile(r"\b(?:coi|xem) (?:nhu|bo|chung|vay)\b")
#: Things that subjects speak of, too.
_OF_SUBJECTS_TOO = frozenset({"office", "form", "book", "idcard", "relative", "history", BENEFIT})


def has_rules_of_its_own(raw: Raw, state: State) -> Decision | None:
    """Soldiers, foreigners, borrowed papers, a book for sale, asked of a subject: where to ask, and no steps."""
    label, sure = best_topic(raw)
    of_a_subject = is_subject(state.topic) or state.topic == _OWN_RULES or (is_subject(label) and sure >= FACET_LIKELY)
    if is_led(state) or state.danger or raw.subjects & {"password", "vssid", "otp", "call"}:
        return None
    for facet, words in _OF_ITS_OWN.items():
        if words.search(raw.plain) and (of_a_subject or facet == "book_trade") and not _is_another_word(facet, raw):
            said_there = raw.sides is not None and is_subject(label) and raw.sides.has(label, facet)
            return about(label if said_there else _OWN_RULES, facet, OBVIOUS, "has_rules_of_its_own")
    return None


def _is_another_word(facet: str, raw: Raw) -> bool:
    """Tells whether words that read like borrowing or selling without accents are others: "muốn", "bạn"."""
    typed = raw.text.lower()
    others = {"borrowed_papers": ("muốn", "mượn"), "book_trade": ("bạn", "bán")}.get(facet)
    return others is not None and others[0] in typed and others[1] not in typed


def of_the_dead(raw: Raw, state: State) -> Decision | None:
    """ "Vợ em đóng 11 năm thì con em được gì", of somebody who has died: what the family is due, no other benefit."""
    label, sure = best_topic(raw)
    known = raw.sides is not None and raw.sides.knows(_SURVIVOR)
    if "for_dead" not in state.facts or not known or is_led(state) or state.danger or label == _SURVIVOR:
        return None
    if not is_subject(label) or sure < FACET_LIKELY or raw.subjects & _OF_AN_ACCOUNT:
        return None
    if BENEFIT in raw.subjects and sure >= BEYOND_DOUBT:
        return None
    return _side(raw, _SURVIVOR, sure, "of_the_dead", said=state.said)


def stays_on_subject(raw: Raw, state: State) -> Decision | None:
    """ "Nộp cho ai", "mỗi tháng bao nhiêu": of the subject that is talked about, however like an account's words."""
    here = state.topic
    if not is_subject(here) or here == OTHER or is_led(state) or state.danger or raw.words > STORY:
        return None
    names = raw.subjects & _OF_AN_ACCOUNT - ({"view"} if _AS_IF.search(raw.plain) else set())
    if names or raw.entities:
        return None
    (label, confidence), (topic, sure) = best(raw), best_topic(raw)
    talks = label in SMALL_TALK and confidence >= COMMAND and not asks_of_any(raw) and not _is_of_others(raw, label)
    if talks or (label == "reset_password" and confidence >= raw.threshold):
        return None
    own = raw.own(here)
    if own and own.likeness >= OWN_SURE and not (own.likeness < OWN_NAMED and _named_side(raw, here)):
        return about(here, own.facet, own.likeness, "stays_on_subject")
    if _is_of_an_account(raw, topic, sure):
        return None
    if _is_the_next(raw, here, topic, sure):
        return _side(raw, topic, sure, "next_subject", said=state.said)
    if (of_last := _what_of(raw, state)) is not None:
        return of_last
    if _asks_amount(raw) and (amount := _with_amounts(raw, here) or _spoken_of_with_amounts(raw, state)):
        return Decision(amount, OBVIOUS, "stays_on_subject", amount)
    return _side(raw, here, sure, "stays_on_subject", said=state.said)


#: Whoever asks what we can do speaks to us.
_TO_US = re.compile(r"\b(?:ban|ad|admin|bot|tro ly|may|ben (?:nay|minh|ban)|shop|em oi|chau oi|con oi|you)\b")


def _is_of_others(raw: Raw, label: str) -> bool:
    """Tells whether what can be done is asked, and not of us: "mình làm gì được họ"."""
    return label == "ask_capabilities" and not _TO_US.search(raw.plain)


def _is_of_an_account(raw: Raw, topic: str, sure: float) -> bool:
    """Tells whether a topic of an account is named beyond doubt; in English, where less is known, if it is obvious."""
    if not topic.startswith("faq/"):
        return False
    if raw.language == DEFAULT:
        return sure >= BEYOND_DOUBT and has_subject(raw) and not asks_side(raw, FACET_SURE)
    names = bool(raw.subjects & SUBJECTS - _OF_SUBJECTS_TOO)
    return sure >= OBVIOUS and topic not in SIDES and (names or not asks_side(raw, FACET_SURE))


def _asks_amount(raw: Raw) -> bool:
    if raw.language != DEFAULT:
        return english.asks_amount(raw.plain) and not english.asks_fee(raw.plain)
    return bool(_AMOUNT.search(raw.plain))


def _asks_fee(raw: Raw) -> bool:
    return english.asks_fee(raw.plain) if raw.language != DEFAULT else bool(_FEE.search(raw.plain))


def _was_told(raw: Raw) -> bool:
    return english.was_told(raw.plain) if raw.language != DEFAULT else bool(_HEARSAY.search(raw.plain))


def _is_the_next(raw: Raw, here: str, topic: str, sure: float) -> bool:
    """Tells whether another subject is named: by its own words, beyond doubt, or beside the present one."""
    if not is_subject(topic) or topic in (here, OTHER) or sure < OBVIOUS:
        return False
    if topic == _PATERNITY and not here.startswith("subject/maternity") and not _OF_A_BIRTH.search(raw.plain):
        return False  # "chồng tui nghỉ được không", of a child who is ill
    if best_facet(raw)[0] in _OF_ANY_SUBJECT and asks_side(raw, OWN_CLEAR) and BENEFIT not in raw.subjects:
        return False  # "nộp ở đâu, quận khác được không"
    return BENEFIT in raw.subjects or sure >= BEYOND_DOUBT or _family(topic) == _family(here)


#: A subject under another name than its family's.
_FAMILY_OF = {"subject/paternity": "subject/maternity"}


def _family(subject: str) -> str:
    return _FAMILY_OF.get(subject, subject.partition("_")[0])


def _with_amounts(raw: Raw, here: str) -> str:
    """Returns the neighbour that says how amounts are worked out (NAME_amount), if there is one."""
    names = (f"{here}_amount", f"{here.rpartition('_')[0]}_amount")
    return next((name for name in names if raw.sides is not None and raw.sides.knows(name)), "")


def _spoken_of_with_amounts(raw: Raw, state: State) -> str:
    """Returns the neighbour that says amounts of the one other subject that was spoken of; "" if there is none."""
    spoken = {name.partition("#")[0] for name in state.said if is_subject(name)}
    found = {name for topic in spoken if (name := topic if topic.endswith("_amount") else _with_amounts(raw, topic))}
    return found.pop() if len(found) == 1 else ""


#: "Còn nam thì sao": the same of somebody or something else.
_WHAT_OF = re.compile(
    r"(?:the |vay |a |roi )?con (?:\w+ ){1,3}(?:thi )?(?:sao|the nao|nhu the nao)(?: (?:em|ban|a|ad|vay))*"
)


def _what_of(raw: Raw, state: State) -> Decision | None:
    """ "Còn nam thì sao", of the side that was said last, where no side is asked in words of its own."""
    topic, _, facet = state.last.partition("#")
    if topic != state.topic or not facet or not _WHAT_OF.fullmatch(raw.plain):
        return None
    return about(topic, facet, COMMAND, WHAT_OF)


#: So few words that name no benefit are of what is talked about.
_BARE = 8


def names_subject(raw: Raw, state: State) -> Decision | None:
    """ "Vợ sinh mổ chồng nghỉ mấy ngày": a first question names its subject and a side of it."""
    label, sure = best_topic(raw)
    if is_subject(state.topic) or label == OTHER or not is_subject(label) or is_led(state) or state.danger:
        return None
    of_an_account = raw.subjects & _OF_AN_ACCOUNT - {"view"}
    if gives_identifier(raw) or of_an_account or raw.words > 2 * STORY or best(raw)[0] in SMALL_TALK:
        return None
    bare = BENEFIT not in raw.subjects and raw.words <= _BARE and asks_side(raw, FACET_LIKELY)
    if state.topic and bare and raw.sides is not None and raw.sides.has(state.topic, best_facet(raw)[0]):
        return None  # "nộp giấy gì, nộp cho ai", of what is talked about
    surely = BENEFIT in raw.subjects or subject_mass(raw) >= BEYOND_DOUBT or raw.language != DEFAULT
    if subject_mass(raw) < OBVIOUS or sure < COMMAND or not surely:
        return None
    if is_one_of_several(raw, state, sure):
        return which_subject(raw)
    return _side(raw, label, sure, FIRST, _OWN_FIRST, FACET_SURE)


def is_one_of_several(raw: Raw, state: State, sure: float) -> bool:
    """Tells whether a first question is likelier of one subject than of others, and no more: it may be of another kind.

    Subjects of one family follow one another in a talk: the likeliest of them will do.
    """
    if state.topic or state.danger or sure >= _SURELY_THIS:
        return False
    family = _family(best_topic(raw)[0])
    of_it = sum(p for name, p in raw.ranking if is_subject(name) and _family(name) == family)
    return of_it < _OF_THIS_FAMILY


def which_subject(raw: Raw) -> Decision:
    """Returns the decision to offer the likeliest subjects; what follows without a choice is of the likeliest."""
    likeliest = best_topic(raw)[0]
    return Decision(OTHER, subject_mass(raw), "which_subject", likeliest if is_subject(likeliest) else OTHER)


def _named_side(raw: Raw, topic: str) -> str:
    """Returns papers or place, where the words name them and the subject says something of them; else ""."""
    facet, sure = best_facet(raw)
    words = _NAMED_SIDES.get(facet)
    named = words is not None and words.search(raw.plain) and (raw.sides is None or raw.sides.has(topic, facet))
    return facet if named and sure >= FACET_LIKELY else ""


def _of_a_sibling(raw: Raw, topic: str, own: OwnFacet | None, said: Iterable[str]) -> OwnFacet | None:
    """Returns the side that only a subject of the same family has, where the words are plainly more like it.

    One that was spoken of is near, however strange the words are.
    """
    spoken = (name.partition("#")[0] for name in said)
    names = dict.fromkeys((*(name for name, _ in raw.ranking), *spoken))
    near = (name for name in names if is_subject(name) and name != topic and _family(name) == _family(topic))
    found = max((side for name in near if (side := raw.own(name))), key=lambda side: side.likeness, default=None)
    known = own.likeness if own else 0.0
    return found if found and found.likeness >= OWN_CLEAR and found.likeness > known else None


def _procedure_of(raw: Raw, topic: str, facet: str) -> str:
    """Returns the neighbour that says how it is asked for (NAME_claim, NAME), where papers, place or time are asked.

    Conditions and amounts are handed in nowhere.
    """
    stem, _, last = topic.rpartition("_")
    handed_in = facet in _OF_ANY_SUBJECT or (facet == "who" and _HANDS_IN.search(raw.plain))
    if last not in ("conditions", "amount") or not handed_in or raw.sides is None:
        return topic
    return next((name for name in (f"{stem}_claim", stem) if raw.sides.has(name, facet)), topic)


def _side(
    raw: Raw,
    topic: str,
    sure: float,
    rule: str,
    own_sure: float = OWN_SURE,
    side_sure: float = FACET_LIKELY,
    said: Iterable[str] = (),
) -> Decision:
    """Returns the side of a subject that is asked, or all of it."""
    if topic == _PATERNITY and _MONTHS_OFF.search(raw.plain) and raw.sides is not None:
        return about(*_MOTHERS_LEAVE, sure, rule)
    own, (facet, asked) = raw.own(topic), best_facet(raw)
    known = facet != NONE and (raw.sides is None or raw.sides.has(topic, facet))
    if (named := _named_side(raw, topic)) and not (own and own.likeness >= OWN_NAMED):
        return about(_procedure_of(raw, topic, named), named, asked, rule)
    if (sibling := _of_a_sibling(raw, topic, own, said)) is not None:
        return about(sibling.topic, sibling.facet, sibling.likeness, rule)
    if facet == "time" and _DAYS_OFF.search(raw.plain):
        known = False
    if own and own.likeness >= own_sure:
        return about(topic, own.facet, own.likeness, rule)
    if _was_told(raw) and raw.sides is not None and raw.sides.has(topic, "common_mistake"):
        return about(topic, "common_mistake", OBVIOUS, rule)
    of_money = facet == "cost" and not _asks_fee(raw)
    if facet == "cost" and not of_money and asked >= FACET_LIKELY:
        return about(topic, facet, asked, rule)  # no procedure of theirs costs anything, and that is said of all alike
    if known and not of_money and asked >= side_sure and not (rule == FIRST and facet == "how"):
        return about(_procedure_of(raw, topic, facet), facet, asked, rule)
    if own and own.likeness >= OWN_LIKELY and rule != FIRST:
        return about(topic, own.facet, own.likeness, rule)
    return Decision(topic, sure, rule, topic)
