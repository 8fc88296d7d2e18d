"""Reads a message as a person means it: the main question of a long story, and a second one.

A short message is read as a whole. A long one is read as a whole and sentence by sentence:
greetings, names and numbers around a question say nothing about what is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from assistant.nlu.classifier import Guess, IntentClassifier
from assistant.nlu.labels import AROUND
from assistant.nlu.sentences import pieces
from assistant.nlu.text import strip_accents
from assistant.nlu.vectors import Array

#: Not an answerable second question: the first may only be background, the others are no subject of ours.
_NO_SECOND = AROUND | {"out_of_scope"}
_ASKS = re.compile(
    r"\?|\b(?:sao|gi|nao|bao (?:lau|nhieu|gio)|may|dau|duoc k|(?:khong|ko|k|hong|hok) (?:a|ad|vay|z)?$|giup|muon|xin"
    r"|can|hoi|huong dan|cho em|tai sao|vi sao|cach|quen|lay lai|phai khong)\b"
)
WHOLE, SECOND_FROM = 0.5, 0.6
_BACKGROUND = 0.35
#: People tell of their life around a question; a sentence on nothing of ours weighs less.
_LIFE = 0.4


@dataclass(frozen=True)
class Reading:
    """What a message asks: all labels, most probable first, and a second question if there is one."""

    ranking: list[Guess]
    second: Guess | None = None


def _substance(model: IntentClassifier) -> Array:
    """Returns for each label how much a sentence of it may decide what the message is about."""
    lesser = {"out_of_scope": _LIFE} | dict.fromkeys(AROUND, 0.0)
    return np.array([lesser.get(label, 1.0) for label in model.labels], np.float32)


def read(model: IntentClassifier, text: str) -> Reading:
    """Returns the reading of a raw or tokenised message of any length."""
    whole = model.probabilities(text)
    parts = pieces(text)
    if not parts:
        return Reading(model.ranked(whole))
    rows = np.stack([model.probabilities(part) for part in parts])
    asks = np.array([1.0 if _ASKS.search(strip_accents(part.lower())) else _BACKGROUND for part in parts], np.float32)
    substance = _substance(model)
    weight = asks * (rows @ substance) * rows.max(axis=1)
    if weight.sum() < 0.2:
        return Reading(model.ranked(whole))
    together = WHOLE * whole + (1 - WHOLE) * (weight @ rows) / weight.sum()
    together = np.where(substance > 0, together, together * 0.3)
    ranking = model.ranked((together / together.sum()).astype(np.float32))
    return Reading(ranking, _second(model, rows, asks, ranking[0].label))


def _second(model: IntentClassifier, rows: Array, asks: Array, main: str) -> Guess | None:
    """Returns the most confident other question among the sentences that ask something."""
    best: Guess | None = None
    for row, asking in zip(rows, asks, strict=True):
        label, confidence = model.labels[int(row.argmax())], float(row.max())
        if asking < 1 or label == main or label in _NO_SECOND or confidence < SECOND_FROM:
            continue
        if best is None or confidence > best.confidence:
            best = Guess(label, confidence)
    return best
