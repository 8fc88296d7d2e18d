"""Which of the facets that one topic alone has a message asks for: a small linear machine a topic, read with numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assistant.nlu.calibration import softmax
from assistant.nlu.vectors import Array, Indices
from assistant.reading.model import OwnFacet

#: What a message asks that asks for none of a topic's own facets.
OTHER = ""


class Machine(NamedTuple):
    """Weights (the features that its examples have x labels) and bias of one topic's machine."""

    labels: list[str]
    columns: Indices  # the features, ascending
    weights: Array
    bias: Array


class OwnFacets:
    """The machines of all topics; one factor on their scores makes them probabilities."""

    def __init__(self, machines: Mapping[str, Machine], factor: float) -> None:
        self.machines = dict(machines)
        self._factor = factor

    def likeliest(self, topic: str, row: tuple[Indices, Array]) -> OwnFacet | None:
        """Returns the likeliest facet of a topic's own; None if it has none, or none of them is likelier."""
        machine = self.machines.get(topic)
        if machine is None:
            return None
        probable = softmax(scores(machine, row), self._factor)
        best = int(probable.argmax())
        if machine.labels[best] == OTHER:
            return None
        return OwnFacet(topic, machine.labels[best], float(probable[best]))

    def save(self, folder: Path) -> None:
        """Writes the machines."""
        head = {"factor": self._factor, "labels": {topic: m.labels for topic, m in self.machines.items()}}
        (folder / "own_facets.json").write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
        numbers: dict[str, npt.NDArray[np.generic]] = {}
        for topic, machine in self.machines.items():
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
                topic: Machine(
                    labels,
                    kept[f"{topic}:columns"],
                    kept[f"{topic}:weights"].astype(np.float32),
                    kept[f"{topic}:bias"],
                )
                for topic, labels in head["labels"].items()
            }
        return cls(machines, float(head["factor"]))


def scores(machine: Machine, row: tuple[Indices, Array]) -> Array:
    """Returns the decision values of a topic's labels for a sparse row."""
    indices, values = row
    places = np.searchsorted(machine.columns, indices)
    places[places == len(machine.columns)] = 0
    known = machine.columns[places] == indices
    return values[known] @ machine.weights[places[known]] + machine.bias  # type: ignore[no-any-return]
