"""The gold texts stay gold: none of them is in the training text, and each has a label we know."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.content.check_examples import check_examples
from assistant.content.examples import Example, read_examples
from assistant.evaluation.measure import gold_files, read_gold
from assistant.settings import ROOT


def test_no_gold_text_is_in_the_training_text() -> None:
    findings = [f for f in check_examples(read_examples(ROOT / "data"), ROOT) if "bộ câu kiểm tra" in f.advice]
    assert [finding.line_of_text(ROOT) for finding in findings] == []


def test_a_gold_text_in_the_training_text_would_be_found() -> None:
    gold = next(row for row in read_gold(ROOT / "tests/nlu/accented.jsonl") if len(row.text.split()) > 8)
    copied = Example(gold.text.upper() + " ?!", "greet", Path("x.yml"), 3)
    assert any("bộ câu kiểm tra" in f.advice for f in check_examples([copied], ROOT))


@pytest.mark.parametrize("path", gold_files(ROOT), ids=lambda path: path.stem)
def test_gold_labels_are_ours(path: Path) -> None:
    labels = {example.intent for example in read_examples(ROOT / "data")}
    assert {row.intent for row in read_gold(path)} <= labels


def test_a_broken_gold_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "a", "intent": "greet"}\n{"text": 1}\n')
    with pytest.raises(ValueError, match=r"x\.jsonl:2"):
        read_gold(tmp_path / "x.jsonl")
