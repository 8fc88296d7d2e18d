"""Two linear heads over one row of n-grams: which facet is asked (one of many), which facts are told (any number).

Read with numpy alone, like the topics' classifier; made by assistant.nlu.learning_heads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assistant.nlu.calibration import softmax
from assistant.nlu.classifier import Guess
from assistant.nlu.sentences import clauses
from assistant.nlu.vectors import Array, Indices, Vectors, widened
from assistant.nlu.views import VIETNAMESE, Views

#: The facet of a message that asks for none.
NONE = "none"


class Head(NamedTuple):
    """Weights (features x labels) and bias (labels) of a linear machine, one column a label."""

    labels: list[str]
    weights: Array
    bias: Array

    def scores(self, row: tuple[Indices, Array]) -> Array:
        """Returns the decision values of all labels for a sparse row."""
        indices, values = row
        return values @ widened(self.weights.take(indices, axis=0)) + self.bias  # type: ignore[no-any-return]


class FacetAndFactModel:
    """Reads facet and facts of a raw or tokenised message."""

    def __init__(self, vectors: Vectors, facets: Head, temperature: float, facts: Head, slopes: Array) -> None:
        self.vectors = vectors
        self._facets = facets
        self._temperature = temperature
        self._facts = facts
        self._slopes = slopes  # 2 x facts: probability = 1 / (1 + exp(-(a * score + b)))

    def row(self, text: str) -> tuple[Indices, Array]:
        """Returns the row of n-grams of a message."""
        return self.vectors.row_of(self.vectors.views.prepared(text))

    def read(self, text: str, row: tuple[Indices, Array] | None = None) -> tuple[list[Guess], dict[str, float]]:
        """Returns the facets, most probable first, and the probability of each fact.

        A long story is read as a whole and sentence by sentence: a fact counts where it is plainest.
        """
        whole = row if row is not None else self.row(text)
        rows = [whole, *(self.row(part) for part in clauses(text))]
        return self._ranked(whole), self._told(rows)

    def facet(self, row: tuple[Indices, Array]) -> Guess:
        """Returns the likeliest facet of a row of n-grams."""
        probable = softmax(self._facets.scores(row), self._temperature)
        likeliest = int(probable.argmax())
        return Guess(self._facets.labels[likeliest], float(probable[likeliest]))

    def _ranked(self, row: tuple[Indices, Array]) -> list[Guess]:
        probable = softmax(self._facets.scores(row), self._temperature)
        order = np.argsort(-probable, kind="stable")
        return [Guess(self._facets.labels[i], float(probable[i])) for i in order.tolist()]

    def _told(self, rows: Iterable[tuple[Indices, Array]]) -> dict[str, float]:
        scores = np.stack([self._facts.scores(row) for row in rows]).max(axis=0)
        probable = 1 / (1 + np.exp(-(self._slopes[0] * scores + self._slopes[1])))
        return dict(zip(self._facts.labels, probable.astype(float).tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        head = {
            "facets": self._facets.labels,
            "facts": self._facts.labels,
            "temperature": self._temperature,
            "features": list(self.vectors.names),
            "meant": self.vectors.meant,
        }
        (folder / "heads.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        np.savez_compressed(
            folder / "heads.npz",
            idf=self.vectors.idf,
            facets=self._facets.weights.astype(np.float16),
            facets_bias=self._facets.bias,
            facts=self._facts.weights.astype(np.float16),
            facts_bias=self._facts.bias,
            slopes=self._slopes,
        )

    @classmethod
    def load(cls, folder: Path, views: Views = VIETNAMESE) -> FacetAndFactModel:
        """Reads a model written by `save`.

        Raises:
            OSError: if a file is missing.
            ValueError: if the files hold anything but plain numbers and names.
        """
        head = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
        with np.load(folder / "heads.npz", allow_pickle=False) as numbers:
            return cls(
                Vectors(head["features"], numbers["idf"], views, head.get("meant", 0)),
                Head(head["facets"], numbers["facets"], numbers["facets_bias"]),
                float(head["temperature"]),
                Head(head["facts"], numbers["facts"], numbers["facts_bias"]),
                numbers["slopes"],
            )
