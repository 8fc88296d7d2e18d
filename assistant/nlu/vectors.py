"""Turns prepared texts into rows of tf-idf numbers; the same arithmetic in training and serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from assistant.nlu import features, meanings
from assistant.nlu.feature_index import FeatureIndex, Names
from assistant.nlu.features import letters
from assistant.nlu.views import VIETNAMESE, Views

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from assistant.nlu.counts import Counts

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]
#: A feature must occur in so many different examples (their variants count once).
MIN_EXAMPLES = 2
#: What a named concept weighs beside a word (chosen by cross-validation).
CONCEPT_WEIGHT = 1.5
#: What the meaning of all words weighs beside the features by name (length one).
MEANING_WEIGHT = 1.0
#: Features of words as typed, alone and in pairs: these have a meaning.
_AS_TYPED = "a:"


def _is_as_typed(name: str) -> bool:
    return name.startswith(_AS_TYPED)


@lru_cache(features.RECENT)
def _apart(apart: Callable[[str], tuple[list[str], list[str]]], text: str) -> tuple[list[str], list[str]]:
    """Returns what a text is made of; all readers of a language make the same of it."""
    return apart(text)


#: What each float16 is as a float32.
_WIDE = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)


def widened(numbers: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Returns float16 numbers as float32, the same and in half of the time that numpy's conversion takes."""
    return _WIDE.take(numbers.view(np.uint16)) if numbers.dtype == np.float16 else numbers


def _counted(places: list[int]) -> tuple[Indices, Indices]:
    """Returns the places in order, each once, and how often each is there."""
    found = np.array(places, np.int32)
    found.sort()
    first = np.ones(len(found) + 1, bool)
    np.not_equal(found[1:], found[:-1], out=first[1:-1])
    begins = np.flatnonzero(first)
    return found[begins[:-1]], (begins[1:] - begins[:-1]).astype(np.int32)


class Vectors:
    """The known features, their weights, and how a text becomes a row: features by name, then what the words mean.

    `meant` is how many numbers the meaning has: none in English, nor for machines that do better without.
    """

    def __init__(self, names: Sequence[str], idf: Array, views: Views = VIETNAMESE, meant: int = 0) -> None:
        self.views = views
        self.names = Names(names)
        self.meant = meant
        self.idf = idf
        self._index = FeatureIndex(names)
        self._letters = lru_cache(20_000)(self._places)
        if meant:
            meanings.table()  # read before engines are forked, so that they share it
        self._meant_at = np.arange(len(self.names), len(self.names) + meant, dtype=np.int32)

    @classmethod
    def learn(cls, counts: Counts, views: Views = VIETNAMESE, meant: bool = False) -> Vectors:
        """Chooses the features from counted texts; the variants of an example are one example.

        With `meant`, rows end with what the words mean, where the language's words are known.
        """
        from scipy.sparse import csr_matrix

        examples, example_of = np.unique(counts.sources, return_inverse=True)
        table = counts.table
        present = csr_matrix((np.ones_like(table.data), table.indices, table.indptr), shape=table.shape)
        whose = csr_matrix((np.ones(len(example_of), np.float32), (example_of, np.arange(len(example_of)))))
        occurs = (whose @ present).getnnz(axis=0)
        kept = sorted(counts.names[place] for place in np.flatnonzero(occurs >= MIN_EXAMPLES))
        number = dict(zip(counts.names, occurs.tolist(), strict=True))
        weight = [CONCEPT_WEIGHT if name[:2] in {"k:", "K:"} else 1.0 for name in kept]
        rarity = [1 + np.log((1 + len(examples)) / (1 + number[name])) for name in kept]
        idf = np.array(rarity, np.float32) * np.array(weight, np.float32)
        return cls(kept, idf, views, meanings.SIZE if meant and views.has_meanings else 0)

    def row_of(self, text: str) -> tuple[Indices, Array]:
        """Returns the indices and the values of a prepared text's known features; empty where none is known."""
        names, words = _apart(self.views.apart, text)
        places = self._index.places(names)
        for word in words:
            places += self._letters(word)
        indices, values = self._row(places)
        if not self.meant:
            return indices, values
        typed = takewhile(_is_as_typed, names)  # they come first (`features.apart`)
        _, numbers = meanings.meanings([name[2:] for name in typed])
        meant = _of_length(numbers.sum(axis=0)[None, :])[0]
        return np.concatenate([indices, self._meant_at]), np.concatenate([values, meant])

    def _places(self, word: str) -> tuple[int, ...]:
        return tuple(self._index.places(letters(word)))

    def _row(self, places: list[int]) -> tuple[Indices, Array]:
        indices, numbers = _counted(places)
        values = (1 + np.log(numbers.astype(np.float32))) * self.idf[indices]
        norm = float(np.sqrt(np.dot(values, values)))
        return indices, (values / norm if norm else values).astype(np.float32)

    def matrix(self, counts: Counts) -> csr_matrix:
        """Returns the rows of many texts (texts x features, float32); the arithmetic of `row_of`, in one sweep."""
        from scipy.sparse import csr_matrix

        number = {name: place for place, name in enumerate(self.names)}
        place_of = np.array([number.get(name, -1) for name in counts.names], np.int32)
        table = counts.table
        places = place_of[table.indices]
        known = places >= 0
        begins = np.concatenate([[0], np.cumsum(known)])[table.indptr]
        places = places[known]
        values = ((1 + np.log(table.data[known])) * self.idf[places]).astype(np.float32)
        matrix = csr_matrix((values, places, begins), shape=(table.shape[0], len(self.names)))
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.where(norms > 0, norms, 1), np.diff(matrix.indptr)).astype(np.float32)
        matrix.sort_indices()
        return self._with_meanings(matrix, counts) if self.meant else matrix

    def _with_meanings(self, matrix: csr_matrix, counts: Counts) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        typed = [place for place, name in enumerate(counts.names) if name.startswith(_AS_TYPED)]
        found, numbers = meanings.meanings([counts.names[place][2:] for place in typed])
        meant = counts.table[:, np.array(typed, np.int32)[found]] @ numbers
        return hstack([matrix, csr_matrix(_of_length(np.asarray(meant)))], format="csr", dtype=np.float32)


def _of_length(numbers: Array) -> Array:
    """Returns rows (texts x numbers) of the length of `MEANING_WEIGHT`; where nothing is known, of none."""
    norms = np.sqrt((numbers * numbers).sum(axis=1, keepdims=True))
    return np.asarray(MEANING_WEIGHT * numbers / np.where(norms > 0, norms, 1), np.float32)
