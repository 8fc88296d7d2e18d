"""Says where new questions belong by machines that never saw them: what training on them would hide.

A question that was learned is understood as what it was learned as, wherever it was put. So each one is judged
twice: without any of the new ones (where the topics as they were would take it), and with the others of its own
kind (whether they teach it). Only the labels that come into question get a machine anew; that takes seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.nlu import processes
from assistant.nlu.counts import Example, count_variants
from assistant.nlu.fitting import fit, load_libraries
from assistant.nlu.vectors import Array, Vectors

#: Variants of each example (as written, without accents), folds, and rivals that are asked.
_VARIANTS, _FOLDS, _RIVALS = 2, 3, 12
_NOBODY = ""


@dataclass(frozen=True)
class Judged:
    """A new question, and the label that each machine gives it; "" where none of the labels asked for wants it.

    `without` knows none of the new questions, `with_others` all that are not in this one's fold.
    """

    text: str
    label: str
    without: str
    with_others: str

    @property
    def learned(self) -> bool:
        """Whether the others teach it."""
        return self.with_others == self.label

    @property
    def elsewhere(self) -> str:
        """The other label that both machines take it for; "" where they doubt, or it is learned."""
        return self.without if self.without == self.with_others != self.label else _NOBODY


def judge(
    examples: Sequence[tuple[str, str]], new: Collection[int], rivals: Sequence[Sequence[str]], seed: int = 7
) -> list[Judged]:
    """Judges new examples.

    Args:
        examples: all (text, label), the new ones among them.
        new: the new ones' places.
        rivals: for each new one, in the order of places, the labels that the trained model finds likeliest.
        seed: of the folds.
    """
    places = sorted(new)
    if not places:
        return []
    load_libraries()
    labels = _labels([examples[place][1] for place in places], rivals)
    number = {label: index for index, label in enumerate(labels)}
    counts = count_variants([Example(text, seed, False, _VARIANTS) for text, _ in examples])
    rows = Vectors.learn(counts).matrix(counts)
    targets = np.array([number.get(label, 0) for _, label in examples])[counts.sources]
    fold_of = np.full(len(examples), -1)
    fold_of[places] = np.random.default_rng(seed).permutation(len(places)) % _FOLDS
    row_folds = fold_of[counts.sources]
    inside = [row_folds < 0, *(row_folds != fold for fold in range(_FOLDS))]
    machines = processes.each(_fit_part, (rows, targets, len(labels)), inside)
    first = {int(source): row for row, source in reversed(list(enumerate(counts.sources)))}
    found = []
    for place in places:
        text, label = examples[place]
        row = rows[first[place]]
        alone, taught = (_scores(row, machines[n]) for n in (0, 1 + int(fold_of[place])))
        found.append(Judged(text, label, labels[int(alone.argmax())], labels[int(taught.argmax())]))
    return found


def _labels(own: Sequence[str], rivals: Sequence[Sequence[str]]) -> list[str]:
    """Returns the labels that get a machine; the first stands for all others."""
    asked = Counter(label for each in rivals for label in each)
    often = [label for label, _ in asked.most_common() if label not in own]
    return [_NOBODY, *sorted(set(own)), *often[:_RIVALS]]


def _fit_part(shared: tuple[object, npt.NDArray[np.int64], int], inside: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    rows, targets, labels = shared
    return fit(rows[inside], targets[inside], labels)  # type: ignore[index]


def _scores(row: object, machine: tuple[Array, Array]) -> Array:
    weights, bias = machine
    return np.asarray(row @ weights + bias).ravel()  # type: ignore[operator]
