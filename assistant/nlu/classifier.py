"""A calibrated linear classifier over n-gram features, read with numpy alone.

The model is two files, a JSON of names and an .npz of numbers: nothing in it can execute.
It is made by assistant.nlu.fitting.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assistant.nlu.calibration import softmax
from assistant.nlu.vectors import Array, Vectors, widened
from assistant.nlu.views import VIETNAMESE, Views


class Guess(NamedTuple):
    """One label with its probability."""

    label: str
    confidence: float


class IntentClassifier:
    """Predicts the intent of a message with a probability that means what it says."""

    def __init__(
        self, labels: list[str], vectors: Vectors, weights: Array, bias: Array, temperature: float, threshold: float
    ) -> None:
        self.labels = labels
        self._vectors = vectors
        self._weights = weights  # features x labels
        self._bias = bias
        self.temperature = temperature
        #: Below this confidence a guess is not worth answering (from cross-validation).
        self.threshold = threshold

    @property
    def views(self) -> Views:
        """What its texts are made of."""
        return self._vectors.views

    def scores(self, text: str) -> Array:
        """Returns the decision values of all labels for a raw or tokenised message."""
        indices, values = self._vectors.row_of(self.views.prepared(text))
        return values @ widened(self._weights.take(indices, axis=0)) + self._bias  # type: ignore[no-any-return]

    def probabilities(self, text: str) -> Array:
        """Returns the probability of each label, in the order of `labels`."""
        return softmax(self.scores(text), self.temperature).astype(np.float32)

    def ranked(self, probabilities: Array) -> list[Guess]:
        """Returns all labels, most probable first."""
        order = np.argsort(-probabilities, kind="stable")
        labels = self.labels
        return [Guess(labels[i], p) for i, p in zip(order.tolist(), probabilities[order].tolist(), strict=True)]

    def best(self, text: str) -> Guess:
        """Returns the most probable label."""
        probabilities = self.probabilities(text)
        place = int(probabilities.argmax())
        return Guess(self.labels[place], float(probabilities[place]))

    def rank(self, text: str) -> list[Guess]:
        """Returns all labels, most probable first; the probabilities add up to 1."""
        return self.ranked(self.probabilities(text))

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {
            "labels": self.labels,
            "temperature": self.temperature,
            "threshold": self.threshold,
            "features": list(self._vectors.names),
        }
        (folder / "classifier.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        np.savez_compressed(
            folder / "classifier.npz", idf=self._vectors.idf, weights=self._weights.astype(np.float16), bias=self._bias
        )

    @classmethod
    def load(cls, folder: Path, views: Views = VIETNAMESE) -> IntentClassifier:
        """Reads a model written by `save`.

        Raises:
            OSError: if a file is missing.
            ValueError: if the files hold anything but plain numbers and names.
        """
        head = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
        with np.load(folder / "classifier.npz", allow_pickle=False) as numbers:
            return cls(
                head["labels"],
                Vectors(head["features"], numbers["idf"], views),
                numbers["weights"],
                numbers["bias"],
                float(head["temperature"]),
                float(head["threshold"]),
            )
