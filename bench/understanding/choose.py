"""Compares the views of a message: cross-validation on the training text beside the gold files.

    .venv/bin/python bench/understanding/choose.py

Prints a Markdown table; docs/understanding.md keeps the one the choice was made from.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from assistant.content.examples import read_examples  # noqa: E402
from assistant.evaluation.measure import gold_files, read_gold  # noqa: E402
from assistant.nlu import fitting, vectors  # noqa: E402
from assistant.nlu.features import prepared  # noqa: E402

SETS = {
    "words": ("a:",),
    "words without accents": ("p:",),
    "letters": ("c:",),
    "words, both": ("a:", "p:"),
    "words, letters": ("a:", "p:", "c:"),
    "words, letters, concepts": ("a:", "p:", "c:", "k:", "K:"),
}
_count = vectors.count


def _only(prefixes: tuple[str, ...]) -> None:
    """Lets training and reading see the features of these views alone."""

    def count(text: str) -> Counter[str]:
        return Counter({n: c for n, c in _count(text).items() if n[1:2] != ":" or n[:2] in prefixes})

    fitting.count = count  # type: ignore[attr-defined]


def main() -> None:
    """Prints a line for each set of views."""
    examples = [(example.text, example.intent) for example in read_examples(ROOT / "data")]
    gold = {path.stem: read_gold(path) for path in gold_files(ROOT)}
    print("| views | features | CV as written | CV with variants |", " | ".join(gold), "| fit, CPU s |")
    print("|---" * (5 + len(gold)) + "|")
    for name, prefixes in SETS.items():
        _only(prefixes)
        data = fitting.widen(examples, 7)
        right = fitting.held_out(data, 7).argmax(axis=1) == data.targets
        written = np.r_[True, data.sources[1:] != data.sources[:-1]]
        started = time.process_time()
        weights, bias = fitting._fit(data.rows, data.targets, len(data.labels))
        spent = time.process_time() - started
        reached = []
        for rows in gold.values():
            matrix = data.vectors.matrix([fitting.count(prepared(row.text)) for row in rows])
            labels = (matrix @ weights + bias).argmax(axis=1)
            reached.append(np.mean([data.labels[n] == row.intent for n, row in zip(labels, rows, strict=True)]))
        cells = [f"{value * 100:.1f}" for value in (right[written].mean(), right.mean(), *reached)]
        print(f"| {name} | {len(data.vectors.names):,} |", " | ".join(cells), f"| {spent:.1f} |", flush=True)


if __name__ == "__main__":
    main()
