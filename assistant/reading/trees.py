"""Boosted regression trees, read with numpy alone; grown by bench/understanding/learn_choice.py."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trees:
    """Nodes of all trees one after the other.

    `roots` (trees) are places of first nodes; `features`, `thresholds`, `left`, `right`, `values` (nodes) say by
    what a node parts, where its two branches begin (a leaf's lead to itself), and what a leaf adds; `start` is
    what all leaves are added to.
    """

    roots: NDArray[Any]
    features: NDArray[Any]
    thresholds: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]
    values: NDArray[Any]
    depth: int
    start: float

    def probabilities(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Returns the probability of each row (rows x features) that it is right."""
        features, branches = self._places
        flat = rows.ravel()
        begins = np.arange(0, rows.size, rows.shape[1])[:, None]
        at = np.broadcast_to(self.roots.astype(np.intp), (len(rows), len(self.roots)))
        for _ in range(self.depth):
            goes_left = flat.take(begins + features.take(at)) <= self.thresholds.take(at)
            at = branches.take(2 * at + goes_left)
        return 1 / (1 + np.exp(-(self.start + self.values.take(at).sum(axis=1))))  # type: ignore[no-any-return]

    @cached_property
    def _places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """By what each node parts, and where its two branches begin, the right one first: as numpy looks them up."""
        branches = np.stack([self.right, self.left], axis=1).ravel()
        return self.features.astype(np.intp), branches.astype(np.intp)

    def save(self, path: Path) -> None:
        """Writes the trees as plain numbers."""
        with path.open("wb") as file:
            np.savez_compressed(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Trees:
        """Reads what `save` wrote.

        Raises:
            OSError: if there is no such file.
            ValueError: if it holds anything but plain numbers.
        """
        with np.load(path, allow_pickle=False) as kept:
            numbers = {field.name: kept[field.name] for field in fields(cls)}
        return cls(**numbers | {"depth": int(numbers["depth"]), "start": float(numbers["start"])})
