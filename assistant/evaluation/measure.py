"""Measures the understanding on gold texts; imports no engine, it is handed a `parse`.

`parse` takes a text and returns what `assistant parse` writes: intent (or nlu_fallback),
confidence, ranking. Gates (tests/nlu/gates.yml) say what is good enough.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.nlu import calibration
from assistant.nlu.calibration import Point
from assistant.reading.signals import OTHER, is_subject
from assistant.settings import yaml_files

Parse = Callable[[str], dict[str, Any]]
FALLBACK = "nlu_fallback"
#: What is not our subject, and must not be answered with one of our answers.
FOREIGN = frozenset({OTHER, "out_of_scope"})


@dataclass(frozen=True)
class Gold:
    """A text that nobody trained on, and the intent it should get."""

    text: str
    intent: str


@dataclass(frozen=True)
class Outcome:
    """What became of a gold text: `guess` is the best label, `answered` False if it fell back."""

    file: str
    text: str
    intent: str
    guess: str
    confidence: float
    answered: bool
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the best label is the right one, answered or not."""
        return self.guess == self.intent


@dataclass(frozen=True)
class IntentRow:
    """One line of the table per intent."""

    intent: str
    texts: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Report:
    """All that `assistant evaluate` says."""

    files: dict[str, dict[str, float]]
    macro_f1: float
    intents: list[IntentRow]
    confusions: list[tuple[str, str, list[str]]]
    curve: list[Point]
    threshold: float
    calibration_error: float
    foreign_kept_out: float
    parse_ms: float
    outcomes: list[Outcome]


def gold_folder(root: Path) -> Path:
    """Returns where the gold texts and their gates lie: in a checkout, or as they are installed."""
    found = root / "tests/nlu"
    return found if found.is_dir() else root / "evaluation"


def gold_files(root: Path) -> list[Path]:
    """Returns the files of tests/nlu that name intents (gold_* name facets, facts) and, where there, real questions."""
    real = root.parent / "shared/data/real_questions.jsonl"
    intents = [path for path in sorted(gold_folder(root).glob("*.jsonl")) if not path.stem.startswith("gold_")]
    return [*intents, *([real] if real.exists() else [])]


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


def run(parse: Parse, gold: dict[str, list[Gold]]) -> list[Outcome]:
    """Parses all gold texts."""
    outcomes = []
    for file, rows in gold.items():
        for row in rows:
            started = time.thread_time()  # of the processor: what else a machine has to do is no fault of a model
            found = parse(row.text)
            seconds = time.thread_time() - started
            best = found["ranking"][0]["name"] if found.get("ranking") else found["intent"]
            if is_subject(best) and OTHER in (row.intent, found["intent"]):  # older gold texts know one word for all
                best = OTHER  # or several subjects are offered
            answered = found["intent"] != FALLBACK
            outcomes.append(Outcome(file, row.text, row.intent, best, float(found["confidence"]), answered, seconds))
    return outcomes


def _file_rows(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    rows = {}
    for file in dict.fromkeys(outcome.file for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.file == file]
        rows[file] = {
            "texts": len(own),
            "accuracy": sum(o.right and o.answered for o in own) / len(own),
            "best_label": sum(o.right for o in own) / len(own),
            "coverage": sum(o.answered for o in own) / len(own),
        }
    return rows


def _intent_rows(outcomes: Sequence[Outcome]) -> list[IntentRow]:
    meant = Counter(o.intent for o in outcomes)
    said = Counter(o.guess for o in outcomes if o.answered)
    right = Counter(o.intent for o in outcomes if o.right and o.answered)
    rows = []
    for intent in sorted(meant):
        precision = right[intent] / said[intent] if said[intent] else 0.0
        recall = right[intent] / meant[intent]
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        rows.append(IntentRow(intent, meant[intent], precision, recall, f1))
    return rows


def _confusions(outcomes: Sequence[Outcome], most: int = 15) -> list[tuple[str, str, list[str]]]:
    texts: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        said = outcome.guess if outcome.answered else FALLBACK
        if said != outcome.intent:
            texts.setdefault((outcome.intent, said), []).append(outcome.text)
    worst = sorted(texts.items(), key=lambda item: -len(item[1]))[:most]
    return [(meant, said, examples) for (meant, said), examples in worst]


def _kept_out(outcomes: Sequence[Outcome]) -> float:
    """Returns the share of foreign questions that did not get one of our answers."""
    foreign = [o for o in outcomes if o.intent in FOREIGN or is_subject(o.intent)]
    taken = [o for o in foreign if o.answered and o.guess.startswith(("faq/", "reset_"))]
    return 1 - len(taken) / len(foreign) if foreign else 1.0


def report_of(outcomes: Sequence[Outcome]) -> Report:
    """Returns the measurements over all outcomes."""
    confidence = np.array([o.confidence for o in outcomes], float)
    right = np.array([o.right for o in outcomes], bool)
    intents = _intent_rows(outcomes)
    return Report(
        files=_file_rows(outcomes),
        macro_f1=float(np.mean([row.f1 for row in intents])) if intents else 0.0,
        intents=intents,
        confusions=_confusions(outcomes),
        curve=calibration.curve(confidence, right),
        threshold=calibration.implied_threshold(confidence, right),
        calibration_error=calibration.calibration_error(confidence, right),
        foreign_kept_out=_kept_out(outcomes),
        parse_ms=float(np.median([o.seconds for o in outcomes]) * 1000) if outcomes else 0.0,
        outcomes=list(outcomes),
    )


def evaluate(parse: Parse, root: Path) -> Report:
    """Measures `parse` on all gold files of the tree."""
    return report_of(run(parse, {path.stem: read_gold(path) for path in gold_files(root)}))


def read_gates(root: Path) -> dict[str, Any]:
    """Returns gates.yml."""
    return dict(yaml_files.read(gold_folder(root) / "gates.yml"))


def failures(report: Report, gates: dict[str, Any]) -> list[str]:
    """Returns what is not good enough, in words; [] if all gates are passed."""
    found = []
    for file, least in gates["accuracy"].items():
        reached = report.files.get(file, {}).get("accuracy")
        if reached is not None and reached < least:
            found.append(f"{file}: accuracy {reached:.3f} < {least}")
    for name, reached in (("macro_f1", report.macro_f1), ("foreign_kept_out", report.foreign_kept_out)):
        if reached < gates[name]:
            found.append(f"{name}: {reached:.3f} < {gates[name]}")
    for name, reached in (("calibration_error", report.calibration_error), ("parse_ms", report.parse_ms)):
        if reached > gates[name]:
            found.append(f"{name}: {reached:.3f} > {gates[name]}")
    return found
