"""Compares the views of a message: cross-validation on the training text beside the gold files.

    .venv/bin/python bench/understanding/choose.py

Prints a Markdown table; docs/understanding.md keeps the one the choice was made from.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from assistant.content.examples import read_examples  # noqa: E402
from assistant.evaluation.measure import gold_files, read_gold  # noqa: E402
from assistant.nlu import counts, fitting  # noqa: E402

SETS = {
    "words": ("a:",),
    "words without accents": ("p:",),
    "letters": ("c:",),
    "words, both": ("a:", "p:"),
    "words, letters": ("a:", "p:", "c:"),
    "words, letters, concepts": ("a:", "p:", "c:", "k:", "K:"),
}
_features = counts.features


def _only(prefixes: tuple[str, ...]) -> None:
    """Lets training and reading see the features of these views alone."""

    def features(text: str) -> list[str]:
        return [name for name in _features(text) if name[1:2] != ":" or name[:2] in prefixes]

    counts.features = features  # type: ignore[attr-defined]


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
        weights, bias = fitting.fit(data.rows, data.targets, len(data.labels))
        spent = time.process_time() - started
        reached = []
        for rows in gold.values():
            matrix = data.vectors.matrix(counts.count_texts(row.text for row in rows))
            labels = (matrix @ weights + bias).argmax(axis=1)
            reached.append(np.mean([data.labels[n] == row.intent for n, row in zip(labels, rows, strict=True)]))
        cells = [f"{value * 100:.1f}" for value in (right[written].mean(), right.mean(), *reached)]
        print(f"| {name} | {len(data.vectors.names):,} |", " | ".join(cells), f"| {spent:.1f} |", flush=True)


if __name__ == "__main__":
    main()
