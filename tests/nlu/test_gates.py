"""The understanding is good enough, on texts that nobody trained on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.evaluation import heads, measure, pages
from assistant.evaluation.measure import Outcome, Report
from assistant.settings import ROOT


def test_all_gates_are_passed(report: Report) -> None:
    assert measure.failures(report, measure.read_gates(ROOT)) == []


def test_each_gate_names_a_gold_file_that_is_there(report: Report) -> None:
    gated = set(measure.read_gates(ROOT)["accuracy"])
    assert gated - {"real_questions"} <= set(report.files)


def test_few_questions_get_a_neighbouring_subject(report: Report) -> None:
    texts = [one for one in report.outcomes if one.file == "subject_pairs"]
    wrong = [one.text for one in texts if one.answered and one.guess.startswith("subject/") and not one.right]
    assert len(texts) > 200
    assert len(wrong) <= 0.05 * len(texts), wrong


def test_first_questions_of_a_subject_find_their_side(parser: Any) -> None:
    """tests/nlu/gold_sides.jsonl: the subject, and the sides that answer; "" is the whole answer."""
    lines = (ROOT / "tests/nlu/gold_sides.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = []
    for row in map(json.loads, lines):
        found = parser.parse(row["text"], {"topic": ""})
        if found["topic"] != row["topic"] or (found["facet"] or "") not in row["facets"]:
            wrong.append((row["text"], found["topic"], found["facet"]))
    assert len(lines) > 50
    assert len(wrong) <= 0.25 * len(lines), wrong


def test_the_pages_show_the_numbers_and_name_nothing_outside(report: Report) -> None:
    page = pages.as_html(report, ["accented: 0.1 < 0.95"])
    assert "accented: 0.1 &lt; 0.95" in page
    assert "<svg" in page
    assert "src=" not in page
    assert "href=" not in page
    assert "macro-F1" in pages.as_text(report, [])
    assert pages.as_json(report)["files"].keys() == report.files.keys()


def test_a_long_story_keeps_its_question(parser: Any) -> None:
    story = (
        "Dạ em chào anh chị. Em tên Nguyễn Thị Hoa, sinh năm 1990, đang làm công nhân may ở Bình Dương. "
        "Mã số BHXH của em là 7900000123, số điện thoại 0901000123. Hôm trước em thay điện thoại nên phải đăng nhập "
        "lại mà em quên mất mật khẩu VssID rồi. Xin anh chị chỉ em cách lấy lại mật khẩu. Em cảm ơn nhiều ạ."
    )
    found = parser.parse(story)
    assert found["intent"] == "reset_password"
    named = {(e["entity"], e["value"]) for e in found["entities"]}
    assert {("bhxh_code", "7900000123"), ("phone", "0901000123"), ("province", "Thành phố Hồ Chí Minh")} <= named


@pytest.mark.parametrize("text", ["", "?", "…", "👍👍", "a" * 2000, "mật khẩu " * 222, "⟦phone:abc⟧", "\u200b"])
def test_odd_messages_are_read_without_harm(parser: Any, text: str) -> None:
    found = parser.parse(text)
    assert 0 <= found["confidence"] <= 1


def _outcome(intent: str, guess: str, confidence: float = 0.9, answered: bool = True) -> Outcome:
    return Outcome("f", "t", intent, guess, confidence, answered, 0.001)


def test_a_refusal_counts_as_wrong_for_a_person_and_as_right_for_a_foreign_question() -> None:
    outcomes = [_outcome("faq/hotline", "faq/hotline", 0.2, False), _outcome("other_bhxh", "faq/office", 0.2, False)]
    made = measure.report_of(outcomes)
    assert made.files["f"]["accuracy"] == 0
    assert made.foreign_kept_out == 1


def test_one_of_our_answers_to_a_foreign_question_is_counted() -> None:
    made = measure.report_of([_outcome("out_of_scope", "reset_password"), _outcome("out_of_scope", "greet")])
    assert made.foreign_kept_out == 0.5


def test_gates_say_what_failed() -> None:
    made = measure.report_of([_outcome("faq/hotline", "faq/office")])
    gates = {
        "accuracy": {"f": 0.9},
        "macro_f1": 0.9,
        "foreign_kept_out": 0.9,
        "calibration_error": 0.05,
        "parse_ms": 15,
    }
    assert len(measure.failures(made, gates)) == 3


def test_sides_and_facts_are_counted_by_name_and_by_whole_text() -> None:
    read = {"tốn tiền không": ("cost", []), "ở đâu": ("", []), "em mất sim": ("", ["no_phone", "no_email"])}

    def parse(text: str) -> dict[str, Any]:
        facet, facts = read.get(text, ("", []))
        return {"facet": facet, "facts": facts}

    facets, facts = heads.evaluate_heads(parse, ROOT)
    assert (facets.texts, facts.texts) == (270, 228)
    assert facets.right == sum(row.texts for row in facets.rows if row.name == "none")
    pairs = [({"no_phone"}, {"no_phone", "no_email"}), (set(), set())]
    report = heads._report("facts", pairs)
    assert (report.right, [(row.name, row.texts, row.read, row.right) for row in report.rows]) == (
        1, [("no_email", 0, 1, 0), ("no_phone", 1, 1, 1)],
    )  # fmt: skip
