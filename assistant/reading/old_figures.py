"""Rules for figures, terms and forms of the old law that somebody asks back: what holds now, with its date.

Which figure is meant is told by the subject that is spoken of: "10 days" are an old term of some.
"""

from __future__ import annotations

import re

from assistant.reading import english
from assistant.reading.model import DEFAULT, Decision, Raw, State
from assistant.reading.signals import (
    BENEFIT,
    FACET_LIKELY,
    OBVIOUS,
    STORY,
    about,
    asks_whether,
    best_topic,
    is_led,
    is_subject,
    probability_of,
    talked_about,
)

_DAYS, _YEARS = r" (?:ngay|days?)\b", r" (?:nam|years?)\b"
#: Old figures of a subject, and the side of it that names the present one.
_OLD = {
    "subject/lump_sum": (rf"\b(?:10|muoi|ten|30|ba muoi|thirty){_DAYS}", "changed_since"),
    "subject/maternity_claim": (rf"\b(?:10|muoi|ten){_DAYS}", "changed_since"),
    "subject/paternity": (rf"\b(?:30|ba muoi|thirty){_DAYS}", "changed_since"),
    "subject/sick_leave": (rf"\b(?:10|muoi|ten){_DAYS}(?: lam viec| working)", "changed_since"),
    "subject/benefit_status": (rf"\b(?:10|muoi|ten){_DAYS}", "changed_since"),
    "subject/pension": (rf"\b(?:20|hai muoi|hai chuc|twenty){_YEARS}", "changed_since"),
    "subject/pension_admin": (rf"\b(?:30|ba muoi|thirty){_DAYS}", "changed_since"),
    "subject/unemployment_conditions": (rf"\b(?:15|muoi lam|fifteen){_DAYS}", "changed_since"),
    "subject/unemployment_claim": (rf"\b(?:20|hai muoi|twenty){_DAYS}", "changed_since"),
    "subject/survivor": (r"\b(?:23[.,]?400[.,]?000|23[.,]4 ?(?:tr|trieu|million)|18[.,]?000[.,]?000)\b", "funeral"),
    "subject/unemployment_amount": (
        r"\b4[.,]?(?:960|680)[.,]?000\b|\b4[.,](?:96|68) ?(?:tr|trieu|million)",
        "changed_since",
    ),
}
#: Twice the basic salary that held before: the grant of a birth.
_OLD_GRANT = re.compile(r"\b(?:4[.,]?680[.,]?000|4[.,]68 ?(?:tr|trieu|million)|3[.,]?600[.,]?000|2[.,]?980[.,]?000)\b")
_OF_A_BIRTH = {"subject/maternity_claim": "money", "subject/maternity_conditions": "", "subject/paternity": "money"}
#: What amounts of nearly all subjects are worked out on.
_BASE = re.compile(
    r"\b(?:luong co so|muc tham chieu|luong toi thieu chung|basic salary|base salary|basic wage"
    r"|reference (?:level|wage))\b"
)
_OLD_BASE = re.compile(
    r"\b(?:2[.,]?340[.,]?000|2340k|2[.,]34(?:0)? ?(?:tr|trieu|million|m)|2 ?(?:tr|trieu) ?34(?:0)?"
    r"|46[.,]?800[.,]?000|46[.,]8 ?(?:tr|trieu|million))\b"
)
_THE_BASE = ("subject/contributions", "reference_wage")
#: Asked back, or repeated from elsewhere.
_ASKS_BACK = re.compile(
    r"\b(?:phai khong|dung khong|dung chu|phai chu|khong (?:a|ta|vay|nhi)|ha|hay sao|nghe|bao|doc|thay|tren mang"
    r"|van|con|ap dung|chac|luat cu|hoi truoc|truoc gio)\b|\b(?:a|khong|k|ko)\s*\??$"
)
_ASKS_BACK_EN = re.compile(
    r"\b(?:still|right|correct|true|heard|read|internet|online|old|really|sure|need|must|is it|do i)\b"
)
_FORM = re.compile(r"\b\d{1,2}[a-z]?[ -]?hsb\b")
_WHEN = r"(?:bao (?:bay )?gio|khi nao|chung nao|hom nao|ngay nao|luc nao|may (?:bua|ngay|hom) nua|bao lau(?: nua)?)"
_WHEN_PAID = re.compile(
    rf"\b{_WHEN}\b(?: \w+){{0,4}}"
    r" (?:co tien|tien(?: \w+){0,3} (?:ve|vo|toi|den)|nhan (?:duoc )?tien|(?:linh|lanh|ra) tien"
    r"|chuyen (?:khoan|tien))\b"
    rf"|\btien (?:\w+ ){{0,4}}{_WHEN} (?:moi )?(?:ve|co|vo|toi|den|nhan)\b"
    r"|\bwhen\b(?: \w+){0,6} (?:money|cash|paid|payment|pay)\b"
    r"|\b(?:money|cash|payment)\b(?: \w+){0,4} when(?:$| (?:will|do|does|can|is|are)\b)"
)
_UNEMPLOYMENT = "subject/unemployment"


def names_old_form(text: str) -> bool:
    """Tells whether a text names a form of the old law ("mẫu 14-HSB")."""
    return bool(_FORM.search(text.lower()))


def _spoken_of(raw: Raw, state: State) -> str:
    """Returns the subject that a message is about: the one it names, else the one that is talked about; "" if none."""
    label, sure = best_topic(raw)
    if is_subject(label) and sure >= (OBVIOUS if is_subject(state.topic) else FACET_LIKELY):
        return talked_about(label)
    return state.topic if is_subject(state.topic) else ""


def _asks_back(raw: Raw, text: str) -> bool:
    if raw.language != DEFAULT:
        return asks_whether(raw) or english.was_told(raw.plain) or bool(_ASKS_BACK_EN.search(text))
    return asks_whether(raw) or bool(_ASKS_BACK.search(text))


def old_figure(raw: Raw, state: State) -> Decision | None:
    """ "Vẫn 2.340.000 phải không", "nghe nói 10 ngày": the present figure, and since when."""
    if is_led(state) or state.danger or raw.words > 2 * STORY:
        return None
    text, subject = raw.typed, _spoken_of(raw, state)
    if _OLD_GRANT.search(text) and subject in _OF_A_BIRTH:
        return about(subject if _OF_A_BIRTH[subject] else "subject/maternity_claim", "money", OBVIOUS, "old_figure")
    if _OLD_BASE.search(text) or (_BASE.search(text) and not _is_of_another(raw, subject)):
        return about(*_THE_BASE, OBVIOUS, "old_figure")
    words, facet = _OLD.get(subject, ("", ""))
    if words and re.search(words, text) and _asks_back(raw, text):
        return about(subject, facet, OBVIOUS, "old_figure")
    return None


def _is_of_another(raw: Raw, subject: str) -> bool:
    """Tells whether the basic salary is only what something else is counted in ("mấy lần lương cơ sở")."""
    return BENEFIT in raw.subjects or (
        bool(subject) and subject != _THE_BASE[0] and probability_of(raw, subject) >= OBVIOUS
    )


def old_form(raw: Raw, state: State) -> Decision | None:
    """ "Mẫu 14-HSB lấy ở đâu": which papers are wanted now (that the form is old is said before it)."""
    subject = _spoken_of(raw, state)
    if not subject or is_led(state) or not names_old_form(raw.text):
        return None
    return about(subject, "bring", OBVIOUS, "old_form")


def when_paid(raw: Raw, state: State) -> Decision | None:
    """ "Bao giờ có tiền": no day is known, and terms for settling are no such day."""
    if is_led(state) or state.danger or raw.words > 2 * STORY or not _WHEN_PAID.search(raw.plain):
        return None
    subject = _spoken_of(raw, state)
    if not subject:
        return None
    if subject.startswith(_UNEMPLOYMENT):
        return about("subject/unemployment_claim", "time", OBVIOUS, "when_paid")
    if subject == state.topic and subject != "subject/benefit_status":
        return about(subject, "when_paid", OBVIOUS, "when_paid")
    return about("subject/benefit_status", "when_paid", OBVIOUS, "when_paid")
