"""Trains the machines of topics' own facets, each against what is asked of any topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.nlu import calibration
from assistant.nlu.features import prepared
from assistant.nlu.noise import variants
from assistant.nlu.own_facets import OTHER, Machine, OwnFacets
from assistant.nlu.vectors import Vectors, count

C, FOLDS, TOLERANCE = 1.0, 2, 0.1
#: So many examples that ask none of a topic's own facets stand beside its own.
_OTHERS = 400


def train_own_facets(
    wordings: Sequence[tuple[str, str, str]], others: Sequence[str], vectors: Vectors, seed: int = 13
) -> OwnFacets:
    """Trains on (topic, facet, wording), with `others` as what asks for none of them."""
    chance = np.random.default_rng(seed)
    some = [others[i] for i in chance.permutation(len(others))[:_OTHERS]]
    beside = vectors.matrix([count(prepared(text)) for text in some])
    machines, held, right = {}, [], []
    for topic in dict.fromkeys(topic for topic, _, _ in wordings):
        examples = [(facet, text) for name, facet, text in wordings if name == topic]
        machine, scores, targets = _machine(examples, beside, vectors, seed)
        machines[topic] = machine
        held.append(scores)
        right.append(targets)
    return OwnFacets(machines, _factor(held, right) if machines else 1.0)


def _machine(examples: Sequence[tuple[str, str]], beside: Any, vectors: Vectors, seed: int) -> tuple[Machine, Any, Any]:
    """Returns the machine of one topic, with scores and targets of examples held out."""
    from scipy.sparse import vstack

    labels = [OTHER, *dict.fromkeys(facet for facet, _ in examples)]
    counted, sources, targets = [], [], []
    for position, (facet, text) in enumerate(examples):
        for variant in dict.fromkeys(prepared(v) for v in variants(text, seed + position)):
            counted.append(count(variant))
            sources.append(position)
            targets.append(labels.index(facet))
    rows = vectors.matrix(counted)
    columns = np.unique(rows.indices)
    every = vstack([rows, beside]).tocsr()[:, columns]
    target_of = np.array([*targets, *[0] * beside.shape[0]])
    fold_of = np.concatenate([np.array(sources) % FOLDS, np.arange(beside.shape[0]) % FOLDS])
    held = np.zeros((len(target_of), len(labels)), np.float32)
    for fold in range(FOLDS):
        weights, bias = _fit(every[fold_of != fold], target_of[fold_of != fold], len(labels))
        held[fold_of == fold] = every[fold_of == fold] @ weights + bias
    weights, bias = _fit(every, target_of, len(labels))
    return Machine(labels, columns.astype(np.int32), weights, bias), held, target_of


def _fit(rows: Any, targets: Any, labels: int) -> tuple[Any, Any]:
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=C, tol=TOLERANCE, random_state=0, class_weight="balanced").fit(rows, targets)
    weights = np.zeros((rows.shape[1], labels), np.float32)
    bias = np.full(labels, -3.0, np.float32)
    found, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        found, intercepts = np.vstack([-found, found]), np.concatenate([-intercepts, intercepts])
    weights[:, machine.classes_] = found.T
    bias[machine.classes_] = intercepts
    return weights, bias


def _factor(held: Sequence[Any], right: Sequence[Any]) -> float:
    """Returns the one factor on all machines' scores under which what was held out is likeliest."""
    from scipy.optimize import minimize_scalar

    def loss(factor: float) -> float:
        picked = [calibration.softmax(s, factor)[np.arange(len(t)), t] for s, t in zip(held, right, strict=True)]
        return float(-np.log(np.concatenate(picked) + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 30.0), method="bounded").x)
