"""Turns prepared texts into rows of tf-idf numbers; the same arithmetic in training and serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from assistant.nlu.features import features

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]
#: A feature must occur in so many different examples (their variants count once).
MIN_EXAMPLES = 2
#: What a named concept weighs beside a word (chosen by cross-validation).
CONCEPT_WEIGHT = 1.5


class Vectors:
    """The known features, their weights, and how a text becomes a row of unit length."""

    def __init__(self, names: Sequence[str], idf: Array) -> None:
        self.names = list(names)
        self.idf = idf
        self._index = {name: number for number, name in enumerate(self.names)}

    @classmethod
    def learn(cls, counted: Sequence[Counter[str]], sources: npt.NDArray[np.integer]) -> Vectors:
        """Chooses the features from counted texts; texts with the same source are one example."""
        frequency: Counter[str] = Counter()
        examples: Counter[str] = Counter()
        seen: set[str] = set()
        previous = -1
        for counts, source in zip(counted, sources, strict=True):
            if source != previous:
                examples.update(seen)
                seen, previous = set(), int(source)
            seen.update(counts)
            frequency.update(counts.keys())
        examples.update(seen)
        kept = sorted(name for name, count in examples.items() if count >= MIN_EXAMPLES)
        total = len(counted)
        weight = [CONCEPT_WEIGHT if name[:2] in {"k:", "K:"} else 1.0 for name in kept]
        rarity = [1 + np.log((1 + total) / (1 + frequency[name])) for name in kept]
        return cls(kept, np.array(rarity, np.float32) * np.array(weight, np.float32))

    def row(self, counts: Counter[str]) -> tuple[Indices, Array]:
        """Returns the indices and the values of the known features; empty where none is known."""
        index = self._index
        pairs = sorted((index[name], count) for name, count in counts.items() if name in index)
        indices = np.array([i for i, _ in pairs], np.int32)
        values = (1 + np.log(np.array([count for _, count in pairs], np.float32))) * self.idf[indices]
        norm = float(np.sqrt(np.dot(values, values)))
        return indices, (values / norm if norm else values).astype(np.float32)

    def matrix(self, counted: Iterable[Counter[str]]) -> csr_matrix:
        """Returns the rows of many texts (texts x features, float32)."""
        from scipy.sparse import csr_matrix

        rows = [self.row(counts) for counts in counted]
        pointers = np.concatenate([[0], np.cumsum([len(indices) for indices, _ in rows])]).astype(np.int32)
        indices = np.concatenate([i for i, _ in rows]) if rows else np.zeros(0, np.int32)
        values = np.concatenate([v for _, v in rows]) if rows else np.zeros(0, np.float32)
        return csr_matrix((values, indices, pointers), shape=(len(rows), len(self.names)))


def count(text: str) -> Counter[str]:
    """Returns the features of a prepared text with their counts."""
    return Counter(features(text))
