"""Trains the machines of topics' own facets, each against what is asked of any topic."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from assistant.nlu import calibration, processes
from assistant.nlu.counts import Counts, Example, Numbers, count_texts
from assistant.nlu.fitting import fit, load_libraries
from assistant.nlu.own_facets import OTHER, OwnFacets
from assistant.nlu.side_by_side import Machine
from assistant.nlu.vectors import Vectors

#: Of so many parts of the examples one is held out: one factor for all machines needs no more.
PARTS = 2
#: So many examples that ask none of a topic's own facets stand beside its own.
_OTHERS = 800
#: Variants of a wording: with and without accents, and one with slips; staff write more of those down themselves.
_VARIANTS = 3


def examples_of(wordings: Sequence[str], seed: int = 13) -> list[Example]:
    """Returns what is counted of wordings."""
    return [Example(text, _draw(text, seed), most=_VARIANTS) for text in wordings]


def train_own_facets(
    wordings: Sequence[tuple[str, str, str]], counts: Counts, others: Sequence[str], vectors: Vectors, seed: int = 13
) -> OwnFacets:
    """Trains on (topic, facet, wording), with `others` as what asks for none of them.

    Args:
        wordings: topic, facet and text.
        counts: of `examples_of` the wordings' texts.
        others: texts.
        vectors: the known features.
        seed: of the draw among `others`.
    """
    load_libraries()
    # Drawn by what a text is, not by where it stands: one more text must not change what all others are beside.
    some = sorted(others, key=lambda text: _draw(text, seed))[:_OTHERS]
    beside = vectors.matrix(count_texts(some, vectors.views))
    topics = list(dict.fromkeys(topic for topic, _, _ in wordings))
    given = _Given(wordings, vectors.matrix(counts), counts.sources, beside)
    found = processes.each(_machine, given, topics)
    machines = {topic: machine for topic, (machine, _, _) in zip(topics, found, strict=True)}
    return OwnFacets(machines, _factor([s for _, s, _ in found], [t for _, _, t in found]) if found else 1.0)


def _draw(text: str, seed: int) -> int:
    """Returns a number that looks like chance and is always the same for a text."""
    return zlib.crc32(text.encode(), seed)


class _Given(NamedTuple):
    """The wordings of all topics with the rows of their variants, and the rows of what asks for none of them."""

    wordings: Sequence[tuple[str, str, str]]
    rows: Any
    sources: Numbers
    beside: Any


def _machine(given: _Given, topic: str) -> tuple[Machine, Any, Any]:
    """Returns the machine of one topic, with scores and targets of examples held out."""
    from scipy.sparse import vstack

    facets = [facet if name == topic else None for name, facet, _ in given.wordings]
    labels = [OTHER, *dict.fromkeys(facet for facet in facets if facet is not None)]
    number = np.array([-1 if facet is None else labels.index(facet) for facet in facets])
    own = np.flatnonzero(number[given.sources] >= 0)
    rows, sources, others = given.rows[own], given.sources[own], given.beside.shape[0]
    columns = np.unique(rows.indices)
    every = vstack([rows, given.beside]).tocsr()[:, columns]
    target_of = np.array([*number[sources], *[0] * others])
    held = np.concatenate([sources % PARTS, np.arange(others) % PARTS]) == 0
    some, lean = fit(every[~held], target_of[~held], len(labels), "balanced")
    weights, bias = fit(every, target_of, len(labels), "balanced")
    machine = Machine(labels, columns.astype(np.int32), weights, bias)
    return machine, every[held] @ some + lean, target_of[held]


def _factor(held: Sequence[Any], right: Sequence[Any]) -> float:
    """Returns the one factor on all machines' scores under which what was held out is likeliest."""
    from scipy.optimize import minimize_scalar

    def loss(factor: float) -> float:
        picked = [calibration.softmax(s, factor)[np.arange(len(t)), t] for s, t in zip(held, right, strict=True)]
        return float(-np.log(np.concatenate(picked) + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 30.0), method="bounded").x)
