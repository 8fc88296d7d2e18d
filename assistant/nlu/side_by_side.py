"""Many small linear machines in one table, a row a feature and a column a label, so that one sweep reads them all.

Most features of a message are known to most machines, and most features that there are to one or two: rows of the
former are kept whole, of the latter only what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assistant.nlu.vectors import Array, Indices, widened

#: A row that has so great a share of all labels is kept whole: that takes no more room, and is read at once.
_WHOLE = 0.5


class Machine(NamedTuple):
    """Weights (the features that its examples have x labels) and bias of one machine."""

    labels: list[str]
    columns: Indices  # the features, ascending
    weights: npt.NDArray[np.floating]
    bias: Array


class SideBySide:
    """The weights of all machines.

    `_row_of` (features) says which of the rows of `_whole` (rows x labels) a feature is, -1: none. The others'
    weights stand one feature after the other: from `_begins` (features + 1) on, `_label` (whose column) and `_part`.
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._names = [machine.labels for machine in machines]
        self._sizes = np.array([len(machine.labels) for machine in machines], np.int32)
        self._firsts = np.concatenate([[0], np.cumsum(self._sizes)])
        self._bias = np.concatenate([[], *(machine.bias for machine in machines)]).astype(np.float32)
        features = max((int(machine.columns[-1]) + 1 for machine in machines if len(machine.columns)), default=0)
        known = np.zeros(features, np.int32)
        for machine in machines:
            known[machine.columns] += len(machine.labels)
        whole = known > _WHOLE * len(self._bias)
        self._row_of = np.where(whole, np.cumsum(whole) - 1, -1).astype(np.int32)
        self._whole = np.zeros((int(whole.sum()), len(self._bias)), np.float32)
        self._begins = np.concatenate([[0], np.cumsum(np.where(whole, 0, known))]).astype(np.int32)
        self._label = np.empty(self._begins[-1], np.uint16 if len(self._bias) < 2**16 else np.int32)
        self._part = np.empty(self._begins[-1], np.float16)
        self._fill(machines)

    def _fill(self, machines: Sequence[Machine]) -> None:
        free = self._begins[:-1].copy()
        for machine, first in zip(machines, self._firsts.tolist(), strict=False):
            size, rows = len(machine.labels), self._row_of[machine.columns]
            whole = rows >= 0
            self._whole[rows[whole], first : first + size] = machine.weights[whole]
            others = machine.columns[~whole]
            places = free[others][:, None] + np.arange(size)
            self._label[places] = np.arange(first, first + size)
            self._part[places] = machine.weights[~whole]
            free[others] += size

    def machine(self, number: int) -> Machine:
        """Returns one of the machines; features that it knows nothing of are left out."""
        first, last = self._firsts[number : number + 2].tolist()
        weights = np.zeros((len(self._row_of), last - first), np.float32)
        weights[self._row_of >= 0] = self._whole[:, first:last]
        places = np.flatnonzero((self._label >= first) & (self._label < last))
        features = np.searchsorted(self._begins, places, side="right") - 1
        weights[features, self._label[places].astype(np.int32) - first] = self._part[places]
        columns = np.flatnonzero(weights.any(axis=1)).astype(np.int32)
        return Machine(self._names[number], columns, weights[columns], self._bias[first:last])

    def scores(self, row: tuple[Indices, Array]) -> Array:
        """Returns the decision values of all labels of all machines for a sparse row (features ascending)."""
        known = int(np.searchsorted(row[0], len(self._row_of)))
        indices, values = row[0][:known], row[1][:known]
        rows = self._row_of[indices]
        whole = rows >= 0
        found = values[whole] @ self._whole.take(rows[whole], axis=0) + self._bias
        others = indices[~whole]
        begins = self._begins[others]
        sizes = self._begins[others + 1] - begins
        if total := int(sizes.sum()):
            places = np.arange(total) + np.repeat(begins - np.cumsum(sizes) + sizes, sizes)
            parts = widened(self._part.take(places)) * np.repeat(values[~whole], sizes)
            found += np.bincount(self._label.take(places), parts, len(found)).astype(np.float32)
        return found  # type: ignore[no-any-return]

    def likeliest(self, row: tuple[Indices, Array], factor: float) -> tuple[list[int], list[float]]:
        """Returns the place of each machine's likeliest label among its own, and its probability.

        Args:
            row: a message's features, ascending, and their values.
            factor: what scores are multiplied by before they become probabilities.
        """
        if not self._names:
            return [], []
        scores, firsts = self.scores(row) * factor, self._firsts[:-1]
        highest = np.maximum.reduceat(scores, firsts)
        exponents = np.exp(scores - np.repeat(highest, self._sizes))
        places = np.flatnonzero(scores == np.repeat(highest, self._sizes))
        best = places[np.searchsorted(places, firsts)] - firsts  # the first of equals
        return best.tolist(), (1 / np.add.reduceat(exponents, firsts)).tolist()
