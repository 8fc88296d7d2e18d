"""Which of the facets that one topic alone has a message asks for: a small linear machine a topic, read with numpy.

A message is held against all machines at once (`assistant.nlu.side_by_side`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.nlu.side_by_side import Machine, SideBySide
from assistant.nlu.vectors import Array, Indices
from assistant.reading.model import OwnFacet

#: What a message asks that asks for none of a topic's own facets.
OTHER = ""


class OwnFacets:
    """The machines of all topics; one factor on their scores makes them probabilities."""

    def __init__(self, machines: Mapping[str, Machine], factor: float) -> None:
        self.labels = {topic: machine.labels for topic, machine in machines.items()}
        self._all = SideBySide(list(machines.values()))
        self._factor = factor

    def asked_in(self, row: tuple[Indices, Array]) -> Callable[[str], OwnFacet | None]:
        """Returns what finds the likeliest facet of a topic's own in a message; it is read when the first is asked.

        None is found where a topic has no facets of its own, or where none of them is the likeliest.
        """
        found: dict[str, OwnFacet] = {}
        is_read = False

        def likeliest(topic: str) -> OwnFacet | None:
            nonlocal is_read
            if not is_read:
                found.update(self._read(row))
                is_read = True
            return found.get(topic)

        return likeliest

    def _read(self, row: tuple[Indices, Array]) -> dict[str, OwnFacet]:
        best, probable = self._all.likeliest(row, self._factor)
        return {
            topic: OwnFacet(topic, labels[label], likeness)
            for (topic, labels), label, likeness in zip(self.labels.items(), best, probable, strict=True)
            if labels[label] != OTHER
        }

    def save(self, folder: Path) -> None:
        """Writes the machines."""
        head = {"factor": self._factor, "labels": self.labels}
        (folder / "own_facets.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        numbers: dict[str, npt.NDArray[np.generic]] = {}
        for number, topic in enumerate(self.labels):
            machine = self._all.machine(number)
            numbers |= {
                f"{topic}:columns": machine.columns,
                f"{topic}:weights": machine.weights.astype(np.float16),
                f"{topic}:bias": machine.bias,
            }
        with (folder / "own_facets.npz").open("wb") as file:
            np.savez_compressed(file, **numbers)  # type: ignore[arg-type]  # names hold slashes, which is fine here

    @classmethod
    def load(cls, folder: Path) -> OwnFacets:
        """Reads machines written by `save`.

        Raises:
            OSError: if a file is missing.
            ValueError: if the files hold anything but plain numbers and names.
        """
        head = json.loads((folder / "own_facets.json").read_text(encoding="utf-8"))
        with np.load(folder / "own_facets.npz", allow_pickle=False) as kept:
            machines = {
                topic: Machine(labels, kept[f"{topic}:columns"], kept[f"{topic}:weights"], kept[f"{topic}:bias"])
                for topic, labels in head["labels"].items()
            }
        return cls(machines, float(head["factor"]))
