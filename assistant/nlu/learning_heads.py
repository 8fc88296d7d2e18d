"""Trains the heads for facets and facts on the examples of data/reading and the wordings of topics' own facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.nlu import calibration, processes
from assistant.nlu.counts import Counts, Example, count_variants
from assistant.nlu.fitting import load_libraries
from assistant.nlu.heads import NONE, FacetAndFactModel, Head
from assistant.nlu.vectors import Array, Vectors
from assistant.nlu.views import VIETNAMESE, Views

#: Inverse regularisation, folds for what is held out, and where liblinear may stop.
C, FOLDS, TOLERANCE = 0.7, 3, 0.1
#: A message that tells a fact is so much rarer among examples of others than its own.
_RARE = 4.0


@dataclass(frozen=True)
class Examples:
    """What the heads learn from; texts are raw or tokenised messages.

    `facets`: (text, facet). `facts`: (text, facts it tells); a text may tell none. `vocabulary`: what is
    counted of texts whose words are to be known although they teach neither head.
    """

    facets: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, frozenset[str]]]
    vocabulary: Sequence[Example] = ()


def train_heads(examples: Examples, seed: int = 11, views: Views = VIETNAMESE) -> tuple[FacetAndFactModel, Counts]:
    """Trains both heads; temperature and slopes come from predictions for examples held out.

    Returns:
        The heads, and the counts of the vocabulary.

    Raises:
        ValueError: if there are fewer than two facets or no fact.
    """
    load_libraries()
    taught = [text for text, _ in (*examples.facets, *examples.facts)]
    counts = count_variants(
        [*(Example(text, seed + place) for place, text in enumerate(taught)), *examples.vocabulary], views
    )
    vectors = Vectors.learn(counts, views, meant=True)
    taught_alone = counts.of(counts.sources < len(taught))
    rows, source_of = vectors.matrix(taught_alone), taught_alone.sources
    fold_of = np.asarray(np.random.default_rng(seed).permutation(len(taught))[source_of] % FOLDS)
    facets, temperature = _facet_head(examples, rows, source_of, fold_of)
    # A story's many words hide in their meaning the few that tell a fact: facts are read by name alone.
    facts, slopes = _fact_head(examples, rows[:, : len(vectors.names)], source_of, fold_of, vectors.meant)
    return FacetAndFactModel(vectors, facets, temperature, facts, slopes), counts.after(len(taught))


def _machine(rows: Any, targets: Any, weights: Mapping[int, float] | None = None) -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(C=C, tol=TOLERANCE, random_state=0, class_weight=weights).fit(rows, targets)


def _facet_head(examples: Examples, rows: Any, source_of: Any, fold_of: Any) -> tuple[Head, float]:
    """Trains on the facets' own examples; what only tells a fact asks for no facet."""
    labels = sorted({facet for _, facet in examples.facets} | {NONE})
    number = {label: index for index, label in enumerate(labels)}
    target_of = np.array([number[facet] for _, facet in examples.facets])
    used = np.flatnonzero(source_of < len(examples.facets))
    rows, targets, fold_of = rows[used], target_of[source_of[used]], fold_of[used]
    parts = [np.ones(len(used), bool), *(fold_of != fold for fold in range(FOLDS))]
    head, *machines = processes.each(_facet_machine, (rows, targets, labels), parts)
    scores = np.zeros((len(used), len(labels)), np.float32)
    for fold, machine in enumerate(machines):
        scores[fold_of == fold] = rows[fold_of == fold] @ machine.weights + machine.bias
    return head, calibration.temperature(scores, targets)


def _facet_machine(given: tuple[Any, Any, list[str]], inside: Any) -> Head:
    rows, targets, labels = given
    machine = _machine(rows[inside], targets[inside])
    return Head(labels, machine.coef_.T.astype(np.float32), machine.intercept_.astype(np.float32))


def _fact_head(examples: Examples, rows: Any, source_of: Any, fold_of: Any, unread: int) -> tuple[Head, Array]:
    """Trains one machine a fact, on all examples: whoever asks what it costs tells no fact.

    `unread` is how many columns a row ends with that weigh nothing here.
    """
    told = [frozenset[str]() for _ in examples.facets] + [facts for _, facts in examples.facts]
    labels = sorted(set().union(*told))
    tells = [np.array([label in facts for facts in told])[source_of] for label in labels]
    machines = processes.each(_fact_machine, (rows, fold_of), tells)
    weights, bias, slopes = zip(*machines, strict=True)
    read = np.stack(weights, axis=1).astype(np.float32)
    head = Head(labels, np.pad(read, ((0, unread), (0, 0))), np.array(bias, np.float32))
    return head, np.array(slopes, np.float32).T


def _fact_machine(given: tuple[Any, Any], tells: Any) -> tuple[Array, float, tuple[float, float]]:
    """Returns weights and bias of one fact's machine, and the slope of its scores."""
    rows, fold_of = given
    held = np.zeros(len(tells), np.float32)
    for fold in range(FOLDS):
        machine = _machine(rows[fold_of != fold], tells[fold_of != fold], {1: _RARE})
        held[fold_of == fold] = machine.decision_function(rows[fold_of == fold])
    machine = _machine(rows, tells, {1: _RARE})
    return machine.coef_[0], float(machine.intercept_[0]), _slope(held, tells)


def _slope(scores: Array, tells: Any) -> tuple[float, float]:
    """Returns a and b of Platt's sigmoid, fitted on scores of examples held out."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=10.0).fit(scores.reshape(-1, 1), tells)
    return float(fitted.coef_[0][0]), float(fitted.intercept_[0])
