"""A calibrated linear classifier over n-gram features; trained with scikit-learn, read with numpy.

The model is two files, a JSON of names and an .npz of numbers: nothing in it can execute.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.nlu.features import features, prepared
from assistant.nlu.noise import variants

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Guess:
    """One label with its probability."""

    label: str
    confidence: float


def _row(vocabulary: dict[str, int], idf: Array, text: str) -> tuple[npt.NDArray[np.int32], Array]:
    """Returns indices and l2-normalised tf-idf values of the known features of a prepared text."""
    counts = Counter(features(text))
    pairs = sorted((vocabulary[name], count) for name, count in counts.items() if name in vocabulary)
    indices = np.fromiter((index for index, _ in pairs), np.int32, len(pairs))
    values = (1 + np.log(np.fromiter((count for _, count in pairs), np.float32, len(pairs)))) * idf[indices]
    norm = float(np.sqrt(np.dot(values, values)))
    return indices, (values / norm if norm else values).astype(np.float32)


class IntentClassifier:
    """Predicts the intent of a message with a probability that means what it says."""

    def __init__(
        self,
        labels: Sequence[str],
        vocabulary: dict[str, int],
        idf: Array,
        weights: Array,
        bias: Array,
        temperature: float,
    ) -> None:
        self.labels = list(labels)
        self._vocabulary = vocabulary
        self._idf = idf
        self._weights = weights  # features x labels
        self._bias = bias
        self.temperature = temperature

    def scores(self, text: str) -> Array:
        """Returns the decision values of all labels for a raw or tokenised message."""
        indices, values = _row(self._vocabulary, self._idf, prepared(text))
        return values @ self._weights[indices] + self._bias  # type: ignore[no-any-return]

    def rank(self, text: str) -> list[Guess]:
        """Returns all labels, most probable first; the probabilities add up to 1."""
        logits = self.scores(text) * self.temperature
        exponent = np.exp(logits - logits.max())
        probabilities = exponent / exponent.sum()
        return [Guess(self.labels[i], float(probabilities[i])) for i in np.argsort(-probabilities)]

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        names = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
        (folder / "classifier.json").write_text(
            json.dumps({"labels": self.labels, "temperature": self.temperature, "features": names}, ensure_ascii=False)
        )
        np.savez_compressed(
            folder / "classifier.npz", idf=self._idf, weights=self._weights.astype(np.float16), bias=self._bias
        )

    @classmethod
    def load(cls, folder: Path) -> IntentClassifier:
        """Reads a model written by `save`."""
        names = json.loads((folder / "classifier.json").read_text())
        with np.load(folder / "classifier.npz", allow_pickle=False) as numbers:
            return cls(
                names["labels"],
                {name: index for index, name in enumerate(names["features"])},
                numbers["idf"],
                numbers["weights"].astype(np.float32),
                numbers["bias"],
                names["temperature"],
            )


#: Inverse regularisation and the number of folds for the calibration.
C = 1.0
FOLDS = 3
MIN_DF = 2


def _vectorise(texts: Sequence[str], vocabulary: dict[str, int], idf: Array) -> object:
    from scipy.sparse import csr_matrix

    rows = [_row(vocabulary, idf, text) for text in texts]
    pointers = np.concatenate([[0], np.cumsum([len(indices) for indices, _ in rows])])
    return csr_matrix(
        (np.concatenate([v for _, v in rows]), np.concatenate([i for i, _ in rows]), pointers),
        shape=(len(texts), len(vocabulary)),
    )


def _vocabulary(texts: Iterable[str]) -> tuple[dict[str, int], Array]:
    frequency: Counter[str] = Counter()
    total = 0
    for text in texts:
        frequency.update(set(features(text)))
        total += 1
    kept = sorted(name for name, count in frequency.items() if count >= MIN_DF)
    idf = np.array([1 + np.log((1 + total) / (1 + frequency[name])) for name in kept], np.float32)
    return {name: index for index, name in enumerate(kept)}, idf


def _fit(matrix: object, targets: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=C, class_weight="balanced", max_iter=2000)
    machine.fit(matrix, targets)
    return machine.coef_.T.astype(np.float32), machine.intercept_.astype(np.float32)


def _temperature(scores: Array, targets: npt.NDArray[np.int64]) -> float:
    """Returns the factor on the decision values under which the held-out labels are likeliest."""
    from scipy.optimize import minimize_scalar

    def loss(factor: float) -> float:
        logits = scores * factor
        logits = logits - logits.max(axis=1, keepdims=True)
        log_probability = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return float(-log_probability[np.arange(len(targets)), targets].mean())

    return float(minimize_scalar(loss, bounds=(0.2, 30.0), method="bounded").x)


def train(examples: Sequence[tuple[str, str]], seed: int = 7) -> IntentClassifier:
    """Trains on (text, label) pairs; accent-stripped and noisy variants are made here.

    The temperature is fitted on predictions for examples held out of training, so that a
    confidence of 0.8 is right in eight of ten cases.
    """
    labels = sorted({label for _, label in examples})
    index = {label: number for number, label in enumerate(labels)}
    targets = np.array([index[label] for _, label in examples])
    widened: list[str] = []
    source: list[int] = []
    for position, (text, _) in enumerate(examples):
        for variant in variants(text, seed + position):
            widened.append(prepared(variant))
            source.append(position)
    sources = np.array(source)
    vocabulary, idf = _vocabulary(widened)
    matrix = _vectorise(widened, vocabulary, idf)

    order = np.random.default_rng(seed).permutation(len(examples))
    fold_of = np.empty(len(examples), int)
    fold_of[order] = np.arange(len(examples)) % FOLDS
    held_scores, held_targets = [], []
    for fold in range(FOLDS):
        inside = fold_of[sources] != fold
        weights, bias = _fit(matrix[inside], targets[sources[inside]])  # type: ignore[index]
        held_scores.append(matrix[~inside] @ weights + bias)  # type: ignore[index]
        held_targets.append(targets[sources[~inside]])
    temperature = _temperature(np.concatenate(held_scores), np.concatenate(held_targets))
    weights, bias = _fit(matrix, targets[sources])
    return IntentClassifier(labels, vocabulary, idf, weights, bias, temperature)
