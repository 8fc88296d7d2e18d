"""Measures which sides of a topic and which facts are read, on texts nobody trained on; apart from the topics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation.measure import Parse, gold_folder

NONE = "none"


@dataclass(frozen=True)
class NameRow:
    """A facet or fact: in how many texts it is, how often it was read, how often rightly."""

    name: str
    texts: int
    read: int
    right: int


@dataclass(frozen=True)
class HeadReport:
    """One head: texts, those read wholly right, and each name."""

    head: str
    texts: int
    right: int
    rows: list[NameRow]


def evaluate_heads(parse: Parse, root: Path) -> list[HeadReport]:
    """Measures facets (gold_facets.jsonl) and facts (gold_facts.jsonl), each text by itself."""
    facets = [({row["facet"]}, {parse(row["text"])["facet"] or NONE}) for row in _rows(root, "gold_facets")]
    facts = [(set(row["facts"]), set(parse(row["text"])["facts"])) for row in _rows(root, "gold_facts")]
    return [_report("facets", facets), _report("facts", facts)]


def _rows(root: Path, name: str) -> Iterable[dict[str, Any]]:
    text = (gold_folder(root) / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _report(head: str, pairs: Sequence[tuple[set[str], set[str]]]) -> HeadReport:
    meant = Counter(name for wanted, _ in pairs for name in wanted)
    read = Counter(name for _, found in pairs for name in found)
    right = Counter(name for wanted, found in pairs for name in wanted & found)
    rows = [NameRow(name, meant[name], read[name], right[name]) for name in sorted(meant | read)]
    return HeadReport(head, len(pairs), sum(wanted == found for wanted, found in pairs), rows)


def as_lines(reports: Sequence[HeadReport]) -> list[str]:
    """Returns the reports as tables of a terminal."""
    lines = []
    for report in reports:
        lines.append(f"{report.head}: {report.right} of {report.texts} texts wholly right")
        lines += [f"  {row.name:<20}{row.right:>4} of {row.texts:>3}, read {row.read:>3} times" for row in report.rows]
    return lines
