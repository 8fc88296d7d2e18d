"""Trains the classifier: variants, features, a linear machine, and from held-out folds what to trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from assistant.nlu import calibration, processes
from assistant.nlu.classifier import IntentClassifier
from assistant.nlu.counts import Example, Numbers, count_variants
from assistant.nlu.labels import AROUND
from assistant.nlu.vectors import Array, Vectors
from assistant.nlu.views import VIETNAMESE, Views
from assistant.reading.signals import is_subject

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Inverse regularisation, folds of which one is held out, and where liblinear may stop.
C, FOLDS, TOLERANCE = 1.0, 3, 0.1


@dataclass(frozen=True)
class Widened:
    """The examples with their variants: a row per text, the example it came from, its label's number."""

    labels: list[str]
    vectors: Vectors
    rows: csr_matrix
    sources: Numbers
    targets: Numbers


def load_libraries() -> None:
    """Loads what fits machines, before processes are forked that would each load it anew (a second each)."""
    from importlib import import_module

    for name in ("scipy.optimize", "sklearn.linear_model", "sklearn.svm"):
        import_module(name)


def widen(examples: Sequence[tuple[str, str]], seed: int, views: Views = VIETNAMESE) -> Widened:
    """Makes accent-stripped and noisy variants of each (text, label) and counts their features."""
    labels = sorted({label for _, label in examples})
    number = {label: index for index, label in enumerate(labels)}
    counts = count_variants(
        [Example(text, seed + position, label not in AROUND) for position, (text, label) in enumerate(examples)],
        views,
    )
    targets = np.array([number[label] for _, label in examples])[counts.sources]
    vectors = Vectors.learn(counts, views)
    return Widened(labels, vectors, vectors.matrix(counts), counts.sources, targets)


def fit(rows: Any, targets: Numbers, labels: int, class_weight: str | None = None) -> tuple[Array, Array]:
    """Returns weights (features x labels) and bias (labels) of a linear machine, one against the rest.

    Args:
        rows: (texts x features).
        targets: each row's label by its number.
        labels: how many there are, seen in `targets` or not.
        class_weight: scikit-learn's.
    """
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=C, tol=TOLERANCE, random_state=0, class_weight=class_weight).fit(rows, targets)
    # A label that this fold has not seen gets no weight and a bias that never wins;
    # two labels share one column in scikit-learn.
    weights = np.zeros((rows.shape[1], labels), np.float32)
    bias = np.full(labels, -3.0, np.float32)
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    weights[:, machine.classes_] = coefficients.T
    bias[machine.classes_] = intercepts
    return weights, bias


def _by_family(probable: Array, labels: Sequence[str], targets: Numbers) -> tuple[Array, Numbers]:
    """Returns probabilities (rows x labels) and targets where all subjects of social insurance are one.

    Which of them it is may be asked back; that it is no question about an account is what has to be sure.
    """
    first = next((place for place, label in enumerate(labels) if is_subject(label)), 0)
    family = np.array([first if is_subject(label) else place for place, label in enumerate(labels)])
    together = np.zeros_like(probable)
    np.add.at(together.T, family, probable.T)
    return together, family[targets]


def _fit_part(data: Widened, inside: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    return fit(data.rows[inside], data.targets[inside], len(data.labels))


def _folds(data: Widened, seed: int, folds: int) -> Numbers:
    """Returns each row's fold; the variants of one example are in one fold."""
    examples = int(data.sources.max()) + 1
    return np.asarray(np.random.default_rng(seed).permutation(examples)[data.sources] % folds)


def held_out(data: Widened, seed: int, folds: int = FOLDS) -> Array:
    """Returns decision values (rows x labels) for each row by a machine that never saw its example."""
    load_libraries()
    fold_of = _folds(data, seed, folds)
    scores = np.zeros((len(data.sources), len(data.labels)), np.float32)
    machines = processes.each(_fit_part, data, [fold_of != fold for fold in range(folds)])
    for fold, (weights, bias) in enumerate(machines):
        scores[fold_of == fold] = data.rows[fold_of == fold] @ weights + bias
    return scores


def train(examples: Sequence[tuple[str, str]], seed: int = 7, views: Views = VIETNAMESE) -> IntentClassifier:
    """Trains on (text, label) pairs.

    Temperature and threshold are fitted on predictions for a third of the examples, held out of training: a
    confidence of 0.8 is to be right in eight of ten cases, and what is likelier wrong than right
    is not to be answered. Two numbers need no more than some ten thousand rows.

    Raises:
        ValueError: if there are fewer than two labels.
    """
    load_libraries()
    data = widen(examples, seed, views)
    held = _folds(data, seed, FOLDS) == 0
    (weights, bias), (some, lean) = processes.each(_fit_part, data, [np.ones(len(held), bool), ~held])
    scores = data.rows[held] @ some + lean
    factor = calibration.temperature(scores, data.targets[held])
    probable, targets = _by_family(calibration.softmax(scores, factor), data.labels, data.targets[held])
    threshold = calibration.implied_threshold(probable.max(axis=1), probable.argmax(axis=1) == targets)
    return IntentClassifier(data.labels, data.vectors, weights, bias, factor, threshold)
