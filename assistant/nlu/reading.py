"""Reads a message as a person means it: the main question of a long story, and a second one.

A short message is read as a whole. A long one is read as a whole and sentence by sentence:
greetings, names and numbers around a question say nothing about what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.nlu.classifier import Guess, IntentClassifier
from assistant.nlu.concepts import CONCEPTS, CONCEPTS_EN, concepts
from assistant.nlu.labels import AROUND
from assistant.nlu.sentences import clauses, pieces
from assistant.nlu.text import strip_accents
from assistant.nlu.vectors import Array
from assistant.nlu.views import ENGLISH
from assistant.reading.signals import SUBJECTS, is_subject

#: Not an answerable second question: the first may only be background, the others are no subject of ours.
_NO_SECOND = AROUND | {"out_of_scope"}
_ASKS = re.compile(
    r"\?|\b(?:sao|gi|nao|bao (?:lau|nhieu|gio)|may|dau|duoc k|(?:khong|ko|k|hong|hok) (?:a|ad|vay|z)?$|giup|muon|xin"
    r"|can|hoi|huong dan|cho em|tai sao|vi sao|cach|quen|lay lai|phai khong)\b"
)
_ASKS_EN = re.compile(
    r"\?|\b(?:how|what|where|when|which|who|why|can|could|may|do|does|is|are|should|want|need|help|please|pls|tell|forgot"
    r"|forget|lost|reset|would like|must)\b"
)
WHOLE, SECOND_FROM = 0.5, 0.6
_BACKGROUND = 0.35
#: People tell of their life around a question; a sentence on nothing of ours weighs less.
_LIFE = 0.4
#: From where up all subjects together are likelier than anything else: many faint ones are nobody's.
_FAMILY = 0.5
#: A message of more words is a story, no list; a list has so many clauses.
_A_LIST, _SEVERAL = 40, 3


@dataclass(frozen=True)
class Reading:
    """What a message asks: all labels, most probable first, and a second question if there is one."""

    ranking: list[Guess]
    second: Guess | None = None
    pieces: tuple[Guess, ...] = ()  # the best label of each clause, where things may be listed


def _substance(model: IntentClassifier) -> Array:
    """Returns for each label how much a sentence of it may decide what the message is about."""
    lesser = {"out_of_scope": _LIFE} | dict.fromkeys(AROUND, 0.0)
    return np.array([lesser.get(label, 1.0) for label in model.labels], np.float32)


def read(model: IntentClassifier, text: str) -> Reading:
    """Returns the reading of a raw or tokenised message of any length."""
    whole = model.probabilities(text)
    parts, listed = pieces(text), _listed(model, text)
    if not parts:
        return Reading(_family_first(model.ranked(whole)), None, listed)
    rows = np.stack([model.probabilities(part) for part in parts])
    asking = _ASKS_EN if model.views is ENGLISH else _ASKS
    asks = np.array([1.0 if asking.search(strip_accents(part.lower())) else _BACKGROUND for part in parts], np.float32)
    substance = _substance(model)
    weight = asks * (rows @ substance) * rows.max(axis=1)
    if weight.sum() < 0.2:
        return Reading(_family_first(model.ranked(whole)), None, listed)
    together = WHOLE * whole + (1 - WHOLE) * (weight @ rows) / weight.sum()
    together = np.where(substance > 0, together, together * 0.3)
    ranking = _family_first(model.ranked((together / together.sum()).astype(np.float32)))
    return Reading(ranking, _second(model, parts, rows, asks, ranking[0].label), listed)


def _family_first(ranking: list[Guess]) -> list[Guess]:
    """Returns the ranking with the likeliest subject first, where all subjects together are likelier than what is."""
    mass = sum(guess.confidence for guess in ranking if is_subject(guess.label))
    if not ranking or is_subject(ranking[0].label) or mass <= max(ranking[0].confidence, _FAMILY):
        return ranking
    first = next(guess for guess in ranking if is_subject(guess.label))
    return [first, *(guess for guess in ranking if guess is not first)]


def _listed(model: IntentClassifier, text: str) -> tuple[Guess, ...]:
    """Returns the best label of each clause of a message that may list several things; () for others."""
    found = clauses(text) if len(text.split()) <= _A_LIST else []
    return tuple(model.best(clause) for clause in found) if len(found) >= _SEVERAL else ()


def _second(model: IntentClassifier, parts: Sequence[str], rows: Array, asks: Array, main: str) -> Guess | None:
    """Returns the most confident other question among the sentences that ask something and name a thing of ours."""
    best: Guess | None = None
    for part, row, asking in zip(parts, rows, asks, strict=True):
        label, confidence = model.labels[int(row.argmax())], float(row.max())
        if asking < 1 or label == main or label in _NO_SECOND or confidence < SECOND_FROM:
            continue
        words = model.views.prepared(part).split()
        if not SUBJECTS & set(concepts(words, CONCEPTS_EN if model.views is ENGLISH else CONCEPTS)):
            continue
        if best is None or confidence > best.confidence:
            best = Guess(label, confidence)
    return best
