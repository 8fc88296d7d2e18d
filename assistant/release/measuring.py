"""How good a candidate is, beside what is live: the gates of `assistant evaluate`, and example by example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.evaluation.measure import FALLBACK, Outcome, Report

#: Examples that are kept of each kind.
MOST = 200


def numbers(report: Report) -> dict[str, Any]:
    """Returns the numbers that the gates look at."""
    return {
        "files": {name: {"texts": row["texts"], "accuracy": row["accuracy"]} for name, row in report.files.items()},
        "macro_f1": report.macro_f1,
        "foreign_kept_out": report.foreign_kept_out,
        "calibration_error": report.calibration_error,
        "parse_ms": report.parse_ms,
        "texts": len(report.outcomes),
        "right": sum(is_right(outcome) for outcome in report.outcomes),
    }


def is_right(outcome: Outcome) -> bool:
    """Tells whether a text got the right answer."""
    return outcome.right and outcome.answered


def said(outcome: Outcome) -> str:
    """Returns what a text was answered with."""
    return outcome.guess if outcome.answered else FALLBACK


def compared(before: Sequence[Outcome], after: Sequence[Outcome]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns the texts that are understood now and were not before, and the other way round."""
    old = {(outcome.file, outcome.text): outcome for outcome in before}
    better: list[dict[str, Any]] = []
    worse: list[dict[str, Any]] = []
    for new in after:
        was = old.get((new.file, new.text))
        if was is None or is_right(was) == is_right(new):
            continue
        row = {
            "file": new.file, "text": new.text, "intent": new.intent, "before": said(was), "after": said(new),
            "confidence": round(new.confidence, 3),
        }  # fmt: skip
        (better if is_right(new) else worse).append(row)
    return better[:MOST], worse[:MOST]
