"""Rules for a side of a topic: of the present one, or one that only its own topic has."""

from __future__ import annotations

import re

from assistant.reading import english
from assistant.reading import facts as situation
from assistant.reading.model import Decision, OwnFacet, Raw, State
from assistant.reading.own_sides import near_by, own_facet, own_of_any
from assistant.reading.signals import (
    A_FEW,
    BARE,
    BENEFIT,
    BEYOND_DOUBT,
    COMMAND,
    ELSEWHERE,
    FACET_LIKELY,
    FACET_SURE,
    FAINT,
    FALLBACK,
    FAQ_TOPIC,
    NONE,
    OBVIOUS,
    OF_A_PLACE,
    OF_WHAT_WAS_SAID,
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
    STORY_SURE,
    about,
    asks_leave,
    asks_of_any,
    asks_side,
    asks_whether,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    has_subject,
    is_elsewhere,
    is_led,
    is_subject,
    is_topic,
    names_another,
    number_named,
    subject_mass,
    talked_about,
    wants_it_back,
    weight_of,
)
from assistant.reading.state import ASIDES

_STEP = re.compile(r"\bbuoc (?:so |thu )?(\d|mot|nhat|hai|ba|bon|tu|nam|sau)\b")
#: By so much another side is clearer.
_CLEARLY = 0.12
#: What may lie between two that are as sure as one another.
_ABOUT_AS_SURE = 0.02
#: So like a side's words is a first message that its topic's whole answer would not serve.
_AS_CLEAR_AS_CAN_BE = 0.97
#: Topics whose own sides are looked for in any message.
_ALWAYS = ("reset", "faq/about_bot", "faq/privacy", "faq/hotline", "faq/app_trouble")
#: "Cho em xin lại mật khẩu", "cho xin link": said so, it is a command, whatever else is told of it.
_GIVE_ME = re.compile(
    r"\bcho (?:\w+ ){0,2}xin (?:lai |cap lai |cai |cai duong |duong )?(?:link|lien ket|mat khau)\b"
    r"|\bgui (?:\w+ ){0,2}(?:link|lien ket)\b(?! (?:o dau|khong|chua))"
)
_FOR_ME = re.compile(
    r"\b(?:giup|gium|dum|ho|cho) (?:cho )?(?:em|minh|toi|tui|con|chau|bac|co|chu|anh|chi)\b(?! (?:trai|gai|ruot|ho"
    r"|hang|ay|em|ban|nha))"
)


#: What is talked about by those who are not sure yet whether to begin.
_BEFORE_THE_RESET = frozenset({"reset", "faq/privacy", "faq/about_bot"})
#: What else may work somehow.
_NOT_THE_RESET = frozenset({"vneid", "call", "office", "form", "change", "open", "otp", "sms8079", "benefit", "add"})


def names_a_step(raw: Raw, state: State) -> Decision | None:
    """ "Bước 2" of what is talked about."""
    number = english.step_named(raw.plain) if raw.language == "en" else number_named(_STEP.search(raw.plain))
    if not number or not state.topic or state.open == "guide":
        return None
    return about(state.topic, "step", 1.0, "names_a_step", number)


def how_the_reset_works(raw: Raw, state: State) -> Decision | None:
    """In English: "how does the reset work, briefly": the whole way, while the form asks or the reset is talked of."""
    if raw.language != "en" or state.danger or raw.words > SHORT or gives_identifier(raw):
        return None
    of_it = state.slot in ASIDES or state.topic in _BEFORE_THE_RESET or bool(raw.subjects & {"recover", "password"})
    if not of_it or raw.subjects & _NOT_THE_RESET:
        return None
    if english.asks_what_is_needed(raw.plain):
        return about("reset", "bring", 0.8, "how_the_reset_works")
    return about("reset", "how", 0.8, "how_the_reset_works") if english.asks_how_it_works(raw.plain) else None


def own_wording(raw: Raw, state: State) -> Decision | None:
    """Words for a side that only an active topic has."""
    own, (label, confidence) = own_facet(raw, state), best(raw)
    if own is None or own.likeness < (OWN_HERE if own.topic == state.topic else OWN_SURE):
        return None
    side, clearly = best_facet(raw)
    if side in OF_A_PLACE and clearly >= BEYOND_DOUBT and own.likeness < OWN_SURE and raw.words <= BARE:
        return None  # "ra đó mang gì": said so, and only like words of another side
    if own.topic in near_by(state) and raw.words <= BARE and asks_side(raw, OWN_CLEAR) and not has_subject(raw):
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


def wording_of_any(raw: Raw, state: State) -> Decision | None:
    """Words for a side that some topic alone has, whatever is talked about, unless another topic is named."""
    first, sure_first = best(raw)
    if is_led(state) or (sure_first >= (OWN_CLEAR if first == "complain" else OBVIOUS) and _is_command(first)):
        return None
    if _says_too_little(raw, state):
        return None
    bare = raw.words <= SHORT and bool(state.topic) and asks_side(raw, OWN_CLEAR) and not has_subject(raw)
    if bare and raw.words <= A_FEW:
        return None  # a bare side is of what is talked about
    likely = _likely_topics(raw)
    found = own_of_any(raw, likely)
    to_the_letter = found is not None and found.likeness >= _AS_CLEAR_AS_CAN_BE
    if bare and raw.words <= BARE and best_facet(raw)[0] not in OF_WHAT_WAS_SAID and not to_the_letter:
        return None  # so it is with a few words more, unless they are what another side is asked with
    fails = state.topic and best_facet(raw)[0] == "not_working" and asks_side(raw, OWN_CLEAR)
    if fails and found is not None and found.likeness < OWN_CLEAR:
        return None
    news = situation.told(raw) & situation.STEERING - state.facts
    agreed = found is not None and found.topic in likely and best_facet(raw)[0] != "how"
    agreed = agreed or (wants_it_back(raw) and not is_subject(state.topic))  # of what a call or a deceiver took
    usual = (OWN_NEW, OWN_SURE) if agreed else (OWN_CLEAR, OWN_ANYWHERE)
    least = OWN_CLEAR if bare else usual[0] if news else usual[1]
    if found is None or found.likeness < least:
        return None
    label, confidence = best_topic(raw)
    if is_subject(label) and subject_mass(raw) >= COMMAND and BENEFIT in raw.subjects:
        return None
    if found.topic not in likely and _begins_with_another_matter(raw, state):
        return None
    if is_subject(state.topic) and found.topic.startswith(FAQ_TOPIC) and not has_subject(raw):
        return None  # an account's side, and nothing of an account is named
    other = is_topic(label) and label not in SIDES and talked_about(label) != found.topic
    if other and confidence >= BEYOND_DOUBT and (has_subject(raw) or found.likeness < confidence - _ABOUT_AS_SURE):
        return None
    named = confidence >= OBVIOUS and is_topic(label) and not is_subject(label) and has_subject(raw)
    whole = named and state.topic != found.topic and best_facet(raw)[0] in (NONE, "how")
    if named and whole and found.likeness < max(_AS_CLEAR_AS_CAN_BE, confidence):
        return None
    sure_side = asks_side(raw, OWN_CLEAR) and best_facet(raw)[0] not in ("how", *OF_WHAT_WAS_SAID)
    clear = _AS_CLEAR_AS_CAN_BE if sure_side else OWN_CLEAR
    if named and talked_about(label) != found.topic and found.likeness < clear:
        return None
    side, clearly = best_facet(raw)
    plain = side in OF_A_PLACE and clearly >= OWN_CLEAR and raw.sides is not None and raw.sides.has(found.topic, side)
    if plain and found.likeness < OWN_CLEAR:
        return about(found.topic, side, clearly, "wording_of_any")
    return about(found.topic, found.facet, found.likeness, "wording_of_any")


def _likely_topics(raw: Raw) -> set[str]:
    """Returns the topics that the ranking does not rule out."""
    return {talked_about(name) for name, p in raw.ranking if p >= FAINT}


def _is_clearer_elsewhere(raw: Raw, state: State, own: OwnFacet) -> bool:
    """Tells whether a message that names a thing of ours is far more like a side of another topic."""
    if is_led(state) or not has_subject(raw):
        return False
    clearest = own_of_any(raw)  # asks every topic's machine, so it comes last
    if clearest is None or not clearest.topic.startswith("faq/"):
        return False
    far = clearest.likeness >= max(OWN_NEW, own.likeness + 2 * _CLEARLY)
    return far or clearest.likeness >= max(OWN_CLEAR, own.likeness + _CLEARLY)


def _begins_with_another_matter(raw: Raw, state: State) -> bool:
    """Tells whether a first message is surely of a subject, or of nothing of ours: its words only read like a side."""
    label, confidence = best_topic(raw)
    another = label == "out_of_scope" or is_subject(label)
    return another and not state.topic and weight_of(raw, label, confidence) >= OBVIOUS


def _says_too_little(raw: Raw, state: State) -> bool:
    """Tells whether a few words name nothing, and nothing is talked about: their likeness is an accident."""
    return raw.words <= A_FEW and not state.topic and not has_subject(raw)


def _is_command(label: str) -> bool:
    return not is_topic(label) and label not in ("out_of_scope", "affirm", "deny", "inform", FALLBACK)


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
    if other and confidence >= BEYOND_DOUBT and (label not in SIDES or (state.slot and raw.words > BARE)):
        return None
    if facet == "how" and confidence >= OWN_CLEAR and is_topic(label) and talked_about(label) != topic:
        return None
    return about(topic, facet, sure, "same_side")


def _asided(raw: Raw, state: State, facet: str) -> str:
    """Returns what a bare side is of: while a form asks, of the answer given in between where it has that side."""
    of_it = state.topic.startswith("faq/") and facet in OF_A_PLACE | {"cost"}
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
    if facet in (NONE, "how", *OF_WHAT_WAS_SAID) or sure < FACET_SURE:
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
    if own.topic not in _likely_topics(raw) and _begins_with_another_matter(raw, state):
        return None
    if is_subject(label) and subject_mass(raw) >= COMMAND and BENEFIT in raw.subjects:
        return None
    return about(own.topic, own.facet, own.likeness, "passage")


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
