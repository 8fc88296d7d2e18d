"""Messages whose meaning needs no classifier: gestures, marks, other scripts, noise, and traps that were pasted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assistant.nlu.scam_signs import signs
from assistant.nlu.text_kinds import Kind, kind_of

#: Where a pasted message's signs stand in the parse data, and the language of another script.
SIGNS, LANGUAGE = "scam_signs", "text_language"
_LABELS: dict[Kind, str] = {
    "nod": "affirm",
    "no": "deny",
    "thanks": "thank",
    "marks": "sent_marks",
    "nothing": "sent_nothing",
    "noise": "sent_noise",
    "foreign": "foreign_language",
}


@dataclass(frozen=True)
class PlainLabel:
    """The full intent name of a message, and what else its parse data should say."""

    label: str
    more: dict[str, Any] = field(default_factory=dict)


def label_of(text: str) -> PlainLabel | None:
    """Returns what a message means where that is plain; None if the classifier has to read it."""
    if not text:
        return None
    kind = kind_of(text)
    if label := _LABELS.get(kind.kind):
        return PlainLabel(label, {LANGUAGE: kind.language} if kind.kind == "foreign" else {})
    found = signs(text)
    return PlainLabel("faq/scam", {SIGNS: list(found)}) if found else None
