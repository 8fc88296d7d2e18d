"""What a check of everything finds is told as the editor's page names things, with numbers that are right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.content.check_examples import check_examples
from assistant.content.examples import read_examples
from assistant.content.findings import Finding
from assistant.editing.findings_shown import place, shown
from assistant.settings import ROOT


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "faq").mkdir()
    for name in ("hotline", "lost_phone"):
        shutil.copy(ROOT / f"data/faq/{name}.yml", tmp_path / "faq")
    return tmp_path


def line_with(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def test_a_line_is_named_by_its_field_and_its_place_in_the_list(data: Path) -> None:
    path = data / "faq/hotline.yml"
    lines = path.read_text(encoding="utf-8").splitlines()
    first = line_with(path, "questions:")
    assert place(path, first + 1) == ("questions", 1)
    assert place(path, first + 3) == ("questions", 3)
    assert place(path, line_with(path, "checked_on:")) == ("checked_on", None)
    assert lines[first].strip().startswith("- ")


def test_topics_are_called_by_their_titles(data: Path) -> None:
    path, other = data / "faq/hotline.yml", data / "faq/lost_phone.yml"
    at = line_with(other, "questions:") + 2
    advice = f"câu “a” (faq/hotline) gần như trùng câu ở lost_phone.yml:{at} (faq/lost_phone); giữ ở một nơi."
    row = shown([Finding(path, line_with(path, "questions:") + 1, advice)], data)[0]
    assert (row["topic"], row["field"], row["row"]) == ("hotline", "Câu hỏi", 1)
    assert ".yml" not in row["advice"]
    assert "faq/" not in row["advice"]
    assert f"“{row['title']}”" in row["advice"]
    assert "ô Câu hỏi, dòng 2" in row["advice"]


def test_a_field_has_the_name_of_the_page(data: Path) -> None:
    path = data / "faq/hotline.yml"
    row = shown([Finding(path, line_with(path, "title:"), "title dài 30 ký tự.")], data)[0]
    assert row["advice"] == "Tên nút dài 30 ký tự."
    assert shown([Finding(data / "buttons.yml", 3, "tên nút dài.")], data)[0]["file"] == "buttons.yml"


def test_so_many_questions_are_asked_for_as_are_needed(data: Path) -> None:
    path = data / "faq/hotline.yml"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition("questions:\n")
    tail = rest.partition("\nen:")[2]
    path.write_text(f"{head}questions:\n  - số tổng đài\n  - gọi số nào\nen:{tail}", encoding="utf-8")
    found = [f for f in check_examples(read_examples(data), ROOT) if f.path == path and "faq/hotline" in f.advice]
    assert [f.is_error for f in found if "chỉ có 2 câu" in f.advice] == [True]
    assert "ít nhất 5" in found[0].advice


def test_facets_and_the_work_of_others_are_in_words_too(data: Path) -> None:
    path = data / "faq/hotline.yml"
    said = [
        "chưa có câu trả lời ngắn cho: cost, where, next_step; thêm vào facets, hoặc ghi lý do vào facets_not_needed.",
        "chưa có câu nói qua điện thoại; thêm “hotline: …” vào channels/phone_answers.yml, tối đa 25 chữ.",
        "faq/hotline chỉ có 6 câu mẫu.",
    ]
    facets, telephone, few = (row["advice"] for row in shown([Finding(path, 1, one) for one in said], data))
    assert not any(code in facets for code in ("cost", "where", "next_step", "facets"))
    assert "“Mục không cần”" in facets
    assert "“Câu hỏi tiếp”" in facets
    assert "nhờ kỹ thuật viên ghi vào channels/phone_answers.yml, tối đa 25 chữ" in telephone
    assert few == "“Tổng đài 1900 9068” chỉ có 6 câu mẫu."
