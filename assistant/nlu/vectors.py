"""Turns prepared texts into rows of tf-idf numbers; the same arithmetic in training and serving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from assistant.nlu.features import apart, features, letters

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
        self._letters = lru_cache(20_000)(self._places)

    @classmethod
    def learn(cls, counted: Sequence[Counter[str]], sources: npt.NDArray[np.integer]) -> Vectors:
        """Chooses the features from counted texts; neighbours with the same source are one example."""
        examples: Counter[str] = Counter()
        for _, group in groupby(zip(sources, counted, strict=True), key=lambda pair: int(pair[0])):
            examples.update(set().union(*(counts for _, counts in group)))
        kept = sorted(name for name, number in examples.items() if number >= MIN_EXAMPLES)
        total = len(set(sources.tolist()))
        weight = [CONCEPT_WEIGHT if name[:2] in {"k:", "K:"} else 1.0 for name in kept]
        rarity = [1 + np.log((1 + total) / (1 + examples[name])) for name in kept]
        return cls(kept, np.array(rarity, np.float32) * np.array(weight, np.float32))

    def row(self, counts: Counter[str]) -> tuple[Indices, Array]:
        """Returns the indices and the values of the known features; empty where none is known."""
        index = self._index
        return self._row([place for name in counts.elements() if (place := index.get(name)) is not None])

    def row_of(self, text: str) -> tuple[Indices, Array]:
        """Returns the row of a prepared text: `row(count(text))`, with the letters of each word looked up once."""
        names, words = apart(text)
        places = [place for name in names if (place := self._index.get(name)) is not None]
        for word in words:
            places += self._letters(word)
        return self._row(places)

    def _places(self, word: str) -> tuple[int, ...]:
        return tuple(place for name in letters(word) if (place := self._index.get(name)) is not None)

    def _row(self, places: list[int]) -> tuple[Indices, Array]:
        indices, numbers = np.unique(np.array(places, np.int32), return_counts=True)
        values = (1 + np.log(numbers.astype(np.float32))) * self.idf[indices]
        norm = float(np.sqrt(np.dot(values, values)))
        return indices, (values / norm if norm else values).astype(np.float32)

    def matrix(self, counted: Iterable[Counter[str]]) -> csr_matrix:
        """Returns the rows of many texts (texts x features, float32); the arithmetic of `row`, in one sweep."""
        from scipy.sparse import csr_matrix

        index, pointers = self._index, [0]
        indices: list[int] = []
        counts: list[int] = []
        for features_of_text in counted:
            for name, number in features_of_text.items():
                if (place := index.get(name)) is not None:
                    indices.append(place)
                    counts.append(number)
            pointers.append(len(indices))
        places = np.array(indices, np.int32)
        values = ((1 + np.log(np.array(counts, np.float32))) * self.idf[places]).astype(np.float32)
        matrix = csr_matrix((values, places, np.array(pointers, np.int32)), shape=(len(pointers) - 1, len(self.names)))
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.where(norms > 0, norms, 1), np.diff(matrix.indptr)).astype(np.float32)
        return matrix


def count(text: str) -> Counter[str]:
    """Returns the features of a prepared text with their counts."""
    return Counter(features(text))
