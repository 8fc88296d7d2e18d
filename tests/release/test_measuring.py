"""A candidate is judged by the gates of `make test`, and beside what is live."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.evaluation import measure
from assistant.evaluation.measure import Outcome
from assistant.release import content, measuring, reporting
from assistant.settings import ROOT

MARKS = measure.read_gates(ROOT)


def outcome(text: str, intent: str, guess: str, answered: bool = True) -> Outcome:
    return Outcome("accented", text, intent, guess, 0.9, answered, 0.001)


def numbers(**changed: float) -> dict[str, Any]:
    good = {"macro_f1": 0.99, "foreign_kept_out": 0.99, "calibration_error": 0.01, "parse_ms": 1.0}
    files = {name: {"texts": 10, "accuracy": changed.get(name, 0.99)} for name in MARKS["accuracy"]}
    return good | {name: value for name, value in changed.items() if name in good} | {"files": files}


def test_a_candidate_that_reaches_all_marks_has_no_trouble() -> None:
    assert reporting.trouble(numbers(), MARKS) is None


@pytest.mark.parametrize("name", [*MARKS["accuracy"], "macro_f1", "foreign_kept_out"])
def test_each_mark_that_is_missed_is_named(name: str) -> None:
    said = reporting.trouble(numbers(**{name: 0.5}), MARKS)
    assert said is not None
    assert "50,0%" in said
    assert (reporting.FILES | reporting.OTHERS)[name] in said


@pytest.mark.parametrize(("name", "value"), [("calibration_error", 0.2), ("parse_ms", 99.0)])
def test_too_much_is_missed_too(name: str, value: float) -> None:
    assert "không quá" in (reporting.trouble(numbers(**{name: value}), MARKS) or "")


def test_the_gates_are_those_of_evaluate() -> None:
    report = measure.report_of([outcome("a", "greet", "thank"), outcome("b", "greet", "greet")])
    ours = reporting.trouble(measuring.numbers(report), MARKS)
    assert bool(ours) == bool(measure.failures(report, MARKS))
    assert len((ours or "").split("; ")) == len(measure.failures(report, MARKS))


def test_what_got_better_and_worse_is_told_example_by_example() -> None:
    before = [outcome("a", "greet", "greet"), outcome("b", "greet", "thank"), outcome("c", "thank", "thank", False)]
    after = [outcome("a", "greet", "greet", False), outcome("b", "greet", "greet"), outcome("c", "thank", "deny")]
    better, worse = measuring.compared(before, after)
    assert [(row["text"], row["before"], row["after"]) for row in better] == [("b", "thank", "greet")]
    assert [(row["text"], row["before"], row["after"]) for row in worse] == [("a", "greet", "nlu_fallback")]


def test_files_that_differ_are_named_by_topic() -> None:
    before = {"faq/a.yml": "1", "faq/b.yml": "1", "rules/x.yml": "1"}
    after = {"faq/a.yml": "2", "faq/c.yml": "1", "rules/x.yml": "2"}
    assert [(row["topic"], row["kind"]) for row in content.differences(before, after)] == [
        ("a", "changed"), ("b", "removed"), ("c", "added"), ("", "changed"),
    ]  # fmt: skip


def test_more_lost_than_won_is_told_in_the_words_of_an_editor() -> None:
    loss = {"meant": "faq/otp", "now": "faq/hotline", "texts": ["a", "b", "c", "d"], "causes": []}
    said = reporting.trouble(
        numbers() | {"losses": [loss], "taken": 4, "texts": 100}, MARKS, {"faq/otp": "OTP", "faq/hotline": "Tổng đài"}
    )
    assert said == "Bộ câu hỏi mới làm 4 câu về “OTP” bị hiểu nhầm thành “Tổng đài”."
    assert reporting.trouble(numbers() | {"losses": [loss], "taken": 1, "texts": 1000}, MARKS) is None


def test_misplaced_questions_alone_only_ask() -> None:
    row = {"from": "faq/a", "to": "faq/b", "number": 6, "new": 10, "texts": []}
    metrics = numbers() | {"misplaced": [row]}
    assert reporting.trouble(metrics, MARKS) == "6 trong 10 câu mới của “faq/a” giống câu về “faq/b” hơn."
    assert reporting.asks_only(metrics, MARKS)
    assert not reporting.asks_only(metrics | numbers(macro_f1=0.5) | {"misplaced": [row]}, MARKS)
    assert not reporting.asks_only(numbers(), MARKS)


def test_a_calibration_error_is_no_word_for_an_editor() -> None:
    said = reporting.trouble(numbers(calibration_error=0.2), MARKS) or ""
    assert said.startswith("Trợ lý chắc chắn cả khi hiểu nhầm")
