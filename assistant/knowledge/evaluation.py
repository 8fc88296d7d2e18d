"""Measures the understanding on gold texts; imports no engine, it is handed a `parse`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Gold:
    """A text that nobody trained on, and the intent it should get."""

    text: str
    intent: str


def gold_files(root: Path) -> list[Path]:
    """Returns tests/nlu/*.jsonl and, where it is there, the shared real questions."""
    real = root.parent / "shared/data/real_questions.jsonl"
    return [*sorted((root / "tests/nlu").glob("*.jsonl")), *([real] if real.exists() else [])]


def read_gold(path: Path) -> list[Gold]:
    """Reads a gold file.

    Raises:
        ValueError: if a line is no JSON object with `text` and `intent`.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                raw = json.loads(line)
                found.append(Gold(str(raw["text"]), str(raw["intent"])))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: cần một đối tượng JSON có text và intent") from error
    return found
