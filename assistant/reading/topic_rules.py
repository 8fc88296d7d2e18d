"""Rules for a topic: a new one, one of those just offered, our own mail, and what fits nothing else."""

from __future__ import annotations

import re

from assistant.reading import english
from assistant.reading import facts as situation
from assistant.reading.model import Decision, Raw, State
from assistant.reading.own_sides import likely_facet, own_of_any
from assistant.reading.signals import (
    BENEFIT,
    BEYOND_DOUBT,
    COMMAND,
    EITHER,
    ELSEWHERE,
    FACET_NEW,
    FACET_SURE,
    FAINT,
    FALLBACK,
    GIST,
    NEW_TOPIC,
    NONE,
    NOT_OURS,
    OBVIOUS,
    OTHER_APP,
    OWN_HERE,
    OWN_LIKELY,
    OWN_NEW,
    OWN_SURE,
    SHORT,
    SMALL_TALK,
    STORY,
    STORY_SURE,
    about,
    asks_leave,
    asks_side,
    asks_yes_or_no,
    best,
    best_facet,
    best_topic,
    gives_identifier,
    has_subject,
    is_led,
    is_subject,
    is_topic,
    ours_after_all,
    read_alone,
    subject_mass,
    talked_about,
    weight_of,
    wonders,
)
from assistant.reading.state import ASIDES
from assistant.reading.subject_rules import is_one_of_several, which_subject

#: From where up the topic of the talk is meant, if it is the likeliest.
_HERE = 0.3
#: Whoever says so has our letter before them.
_HAS_LETTER = re.compile(
    r"\b(?:bam|link|lien ket|duong dan|co roi|thay roi|nhan duoc roi|mo (?:ra|thu|mail)|trong thu)\b"
)
_NOTHING_CAME = re.compile(
    r"\b\d+ ?(?:p|ph|phut)\b.*\b(?:chua|khong|hong|chang|co thay (?:gi|dau)|tron)\b"
    r"|^(?:nay gio |van |cung |da |the )*(?:chua|khong|hong|chang) (?:co|thay|nhan|nhan duoc) (?:gi|thu|mail|email)\b"
)
_KNOWS_NOT = re.compile(r"\b(?:khong|dau|chang|hong|chua|co) (?:co |con |the )?(?:nho|biet)\b")

#: What somebody may want to see who cannot get in.
_SEEN_IN_THE_APP = frozenset({"faq/contribution_history", "faq/health_card", "faq/features"})
_CODE_MISSING = "faq/otp_not_received"
#: What is said of BHXH's code, and where the same is said of our letter.
_OURS_FOR = {
    "wrong_box": "which_mail", "too_many": "how_many_letters", "expired": "link_old", "spam_where": "spam_folder",
    "sms_or_mail": "where", "waited_already": "not_arrived", "what_is_otp": "otp_or_link", "which_otp": "two_letters",
}  # fmt: skip


def our_mail(raw: Raw, state: State) -> Decision | None:
    """A mail that does not come is ours, where we have sent one, unless BHXH's code is named."""
    label, confidence = best_topic(raw)
    sent = "mail_sent" in (state.topic, *state.situations)
    if state.topic == "mail_sent" and raw.words <= SHORT and _NOTHING_CAME.search(raw.plain):
        return about("mail_sent", "not_arrived", 0.8, "our_mail")
    clearest = own_of_any(raw)
    clear = clearest if clearest and clearest.likeness >= OWN_SURE else None
    ours = _OURS_FOR.get(clear.facet, "") if clear and clear.topic == _CODE_MISSING else ""
    if state.topic == "mail_sent" and ours and "otp" not in raw.subjects:
        return about("mail_sent", ours, 0.8, "our_mail")
    if not sent or label != _CODE_MISSING or confidence < raw.threshold:
        return None
    if clear and clear.topic != label and "email" not in raw.subjects:
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


def among_offered(raw: Raw, state: State) -> Decision | None:
    """The likeliest topic, however faint, is meant where it was just offered among others."""
    label, confidence = best_topic(raw)
    if state.open != "choice" or f"#{label}" not in state.offered or not is_topic(label) or _is_talk(raw):
        return None
    return Decision(label, confidence, "among_offered", talked_about(label)) if confidence >= FAINT else None


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
        return which_subject(raw)
    if is_subject(label) and is_one_of_several(raw, state, confidence):
        return which_subject(raw)
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


def forgot_the_password(raw: Raw, state: State) -> Decision | None:
    """ "Cấy mật khẩu mệ quên mô mất rồi": the one thing we are here for, however strange the words around it."""
    if is_led(state) or state.topic or "password" not in raw.subjects or best_topic(raw)[1] >= COMMAND:
        return None
    if "forget" not in raw.subjects and not _KNOWS_NOT.search(raw.plain):
        return None
    if raw.subjects & {OTHER_APP, "vneid", "otp", "human"} or asks_leave(raw):
        return None
    return Decision("reset_password", COMMAND, "forgot_the_password", "reset")


def lost_it_on_the_way(raw: Raw, state: State) -> Decision | None:
    """In English: "I need my record but the password is lost": what is told last keeps them from what they want."""
    if raw.language != "en" or is_led(state) or state.danger or state.topic or not english.lost_password(raw.plain):
        return None
    label, confidence = best_topic(raw)
    if label not in _SEEN_IN_THE_APP or raw.subjects & {OTHER_APP, "vneid", "otp", "human"} or asks_leave(raw):
        return None
    if situation.told(raw) & situation.STEERING:
        return Decision("tells", confidence, "lost_it_on_the_way", "reset", act="tells")
    return Decision("reset_password", confidence, "lost_it_on_the_way", "reset")


def as_read(raw: Raw, state: State) -> Decision:
    """What the classifier says by itself; below its threshold, not understood."""
    either = best(raw)[0] in ("affirm", "deny") and raw.words > 2 and (EITHER.search(raw.plain) or wonders(raw))
    if either and state.topic:
        return about(state.topic, best_facet(raw)[0] if asks_side(raw, FAINT) else "again", 0.5, "asks_either")
    if best(raw)[0] == "complain" and best(raw)[1] >= COMMAND:  # what went wrong is not sure: a word of regret first
        return Decision("complain", best(raw)[1], "as_read", act="complains")
    if best(raw)[0] == "cancel" and asks_yes_or_no(raw) and state.topic:
        return about(state.topic, "not_working", best(raw)[1], "asks_leave")
    if _strays(raw, state, best(raw)[0]):
        return Decision(FALLBACK, best(raw)[1], "as_read")
    return read_alone(raw, "as_read")
