"""`assistant content check` finds what would go wrong, and says where and what to do."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.content.check import check, summary
from assistant.runtime import times
from assistant.settings import ROOT

TODAY = datetime.date(2026, 11, 22)
Tree = Callable[..., Path]
TOPIC = """topic: {name}
title: {title}
answer: |-
  {answer}
next: [{next}]
source: {source}
checked_on: {checked_on}
questions:
{questions}
{parts}
"""
SIDES = ["cost", "time", "where", "bring", "who", "next_step", "simpler", "again"]
PLAIN = {
    "name": "hotline",
    "title": "Tổng đài",
    "answer": "Bạn gọi 1900 9068, bấm phím 8.",
    "next": "",
    "parts": "facets:\n" + "\n".join(f"  {side}: Bạn hỏi cơ quan BHXH." for side in SIDES),
    "source": '["BHXH Việt Nam, 2026"]',
    "checked_on": "2026-11-01",
    "questions": "\n".join(f"  - câu hỏi số {n} về tổng đài {chr(97 + n % 26)}{n}" for n in range(60)),
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Builds a content tree of one topic, with what is given changed."""

    def build(**changed: str) -> Path:
        given = PLAIN | changed
        (tmp_path / "data/faq").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests/nlu").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"data/faq/{given['name']}.yml").write_text(TOPIC.format(**given), encoding="utf-8")
        return tmp_path

    return build


def _advice(root: Path) -> list[str]:
    return [finding.line_of_text(root) for finding in check(root, TODAY)]


def test_our_content_has_no_errors() -> None:
    assert [f.line_of_text(ROOT) for f in check(ROOT) if f.is_error] == []


@pytest.mark.parametrize(("checked_on", "errors"), [("2026-11-23", 0), ("2026-11-24", 1)])
def test_the_day_is_vietnams(tree: Tree, monkeypatch: pytest.MonkeyPatch, checked_on: str, errors: int) -> None:
    """After midnight in Vietnam, what was checked "today" is not in the future because it is yesterday elsewhere."""
    monkeypatch.setattr(times, "today", lambda: datetime.date(2026, 11, 23))
    assert sum(finding.is_error for finding in check(tree(checked_on=checked_on))) == errors


STEPS = "1. " + "a" * 250 + "\n  2. " + "b" * 250


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"answer": "a" * 401}, "answer dài 401 ký tự, mức của ta là 400 (600 nếu"),
        ({"answer": f"1. {'a' * 400}"}, "mức của ta là 400"),  # a single item is no list
        ({"answer": f"{STEPS}\n  {'c' * 100}"}, "mức của ta là 600; rút ngắn"),
        ({"parts": PLAIN["parts"] + f"\n  how: {'a' * 401}"}, "phần “how” dài 401"),
        ({"parts": PLAIN["parts"] + f"\nsteps:\n  - {{name: Mở, say: {'a' * 401}}}"}, "phần “Mở” dài 401"),
    ],
)
def test_a_reply_is_short_where_one_thing_is_asked(tree: Tree, changed: dict[str, str], said: str) -> None:
    (found,) = (finding.advice for finding in check(tree(**changed), TODAY) if finding.is_error)
    assert said in found


@pytest.mark.parametrize("answer", ["a" * 400, STEPS])
def test_and_longer_where_it_goes_step_by_step(tree: Tree, answer: str) -> None:
    assert check(tree(answer=answer), TODAY) == []


def test_responses_situations_and_guides_are_no_longer_either(tree: Tree) -> None:
    root = tree()
    long = "a" * 401
    files = {
        "domain.yml": f"responses:\n  utter_x:\n    - text: ngắn\n    - text: {long}\n",
        "data/dialogue_responses/x.yml": f"responses:\n  utter_y:\n    - text: {long}\n",
        "data/guides/g.yml": f"guide: g\nsteps:\n  - id: login\n    say: {long}\n",
        "data/situations/reset.yml": f"situation: reset\ntitle: T\nanswer: {long}\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    found = [finding for finding in check(root, TODAY) if "dài 401" in finding.advice]
    assert [(str(f.path.relative_to(root)), f.line) for f in found] == [
        ("data/dialogue_responses/x.yml", 2), ("data/guides/g.yml", 3), ("data/situations/reset.yml", 3),
        ("domain.yml", 2),
    ]  # fmt: skip


def test_missing_sides_are_named_in_a_note(tree: Tree) -> None:
    sides = "facets_not_needed:\n  bring: làm trong ứng dụng\nfacets:\n  cost: Miễn phí.\n  who: Chính bạn."
    (note,) = check(tree(parts=sides), TODAY)
    assert not note.is_error
    assert "time, where, next_step, simpler, again;" in note.advice
    assert note.path.read_text(encoding="utf-8").splitlines()[note.line - 1] == "facets:"
    steps = sides + "\nsteps:\n  - {name: Một, say: Mở ứng dụng.}"
    assert "next_step" not in check(tree(parts=steps), TODAY)[0].advice
    assert "chưa có câu trả lời ngắn" in check(tree(parts=""), TODAY)[0].advice


@pytest.mark.parametrize(
    ("parts", "said"),
    [("facets_not_needed: {bring: ''}", "lý do"), ("facets_not_needed: {mua: vì}", "mua"),
     ("facets_not_needed: [bring]", "danh sách")],
)  # fmt: skip
def test_a_side_is_left_out_for_a_reason_only(tree: Tree, parts: str, said: str) -> None:
    assert any(said in finding.advice for finding in check(tree(parts=parts), TODAY) if finding.is_error)


def test_a_side_is_not_answered_and_left_out_at_once(tree: Tree) -> None:
    parts = PLAIN["parts"] + "\nfacets_not_needed: {cost: miễn phí}"
    assert [finding.is_error for finding in check(tree(parts=parts), TODAY)] == [True]


def test_our_topics_have_every_side_or_a_reason() -> None:
    assert [f.advice for f in check(ROOT) if "chưa có câu trả lời ngắn" in f.advice] == []


def test_a_good_topic_gives_no_finding(tree: Tree) -> None:
    assert _advice(tree()) == []
    assert "không có gì phải sửa" in summary([])


@pytest.mark.parametrize(
    ("changed", "line", "part"),
    [
        ({"source": '[""]'}, 6, "chưa có nguồn"),
        ({"checked_on": "2025-10-01"}, 7, "quá 12 tháng"),
        ({"checked_on": "2027-01-01"}, 7, "tương lai"),
        ({"title": "Một cái tên dài hơn hai mươi ký tự"}, 2, "rút ngắn"),
        ({"next": "nowhere"}, 5, "nowhere"),
        ({"answer": "Bạn {tên} gọi 1900 9068."}, 4, "{"),
        ({"answer": "Soạn BH MK gửi 8079 là có mật khẩu."}, 4, "8079"),
        ({"answer": "Bạn đến BHXH huyện để nộp."}, 4, "BHXH cơ sở"),
        ({"answer": "Theo Nghị định 13/2023, dữ liệu được giữ kín."}, 4, "356/2025"),
        ({"answer": "Theo Quyết định 595 thì nộp ở quầy."}, 4, "366"),
        ({"answer": "Bạn gọi 1900 25 25 10 để hỏi."}, 4, "1900 25 25 10"),
        ({"answer": "Bạn gọi 024 3789 9999 để hỏi."}, 4, "024 3789 9999"),
        ({"answer": "Bạn vào https://vssid-hotro.com/dang-nhap."}, 4, "vssid-hotro.com"),
        ({"answer": "Bạn vào bhxh.gov.vn.co nhé."}, 4, "gov.vn"),
        ({"answer": "dài " * 200}, 3, "600"),
        ({"parts": PLAIN["parts"] + "\nmore: " + "dài " * 520}, 78, "Zalo"),
        ({"questions": "  - chỉ một câu"}, 9, "ít nhất 5"),
    ],
)
def test_each_fault_is_found_at_its_line(tree: Tree, changed: dict[str, str], line: int, part: str) -> None:
    found = _advice(tree(**changed))
    assert any(part in text and text.startswith(f"data/faq/hotline.yml:{line}: LỖI") for text in found), found


@pytest.mark.parametrize(
    "answer",
    [
        "Cách nhắn tin 8079 đã được thay thế, bạn đừng nhắn.",
        "Số 1900 25 25 10 không phải của BHXH, đừng gọi.",
        "Trang giả: vssidgov.com, bạn đừng mở.",
        "Bạn vào https://dichvucong.baohiemxahoi.gov.vn hoặc https://facebook.com/baohiemxahoi.gov.vn.",
    ],
)
def test_a_warning_may_name_what_it_warns_of(tree: Tree, answer: str) -> None:
    assert _advice(tree(answer=answer)) == []


def test_near_duplicates_under_two_intents_are_found(tree: Tree) -> None:
    root = tree()
    alike = "\n  - Câu hỏi số 7 về tổng đài H7 ạ\n  - câu hỏi số 8 về tổng đài i8"
    tree(name="office", title="Địa chỉ", questions=PLAIN["questions"].replace("tổng đài", "văn phòng") + alike)
    found = _advice(root)
    assert any("gần như trùng" in text and "hotline.yml:17" in text for text in found), found


def test_a_title_used_twice_is_found(tree: Tree) -> None:
    root = tree()
    tree(name="office", questions=PLAIN["questions"].replace("tổng đài", "văn phòng làm việc"))
    assert any("người đọc không phân biệt" in text for text in _advice(root))


def test_a_gold_text_among_the_questions_is_found(tree: Tree) -> None:
    root = tree()
    gold = '{"text": "Câu hỏi số 9 về TỔNG ĐÀI j9", "intent": "faq/hotline"}\n'
    (root / "tests/nlu/gold.jsonl").write_text(gold, encoding="utf-8")
    assert any("bộ câu kiểm tra" in text for text in _advice(root))


def test_a_broken_file_is_named_and_the_others_are_still_read(tree: Tree) -> None:
    root = tree()
    (root / "data/faq/office.yml").write_text("topic: office\ntitle: Địa chỉ\n", encoding="utf-8")
    shutil.copy(root / "data/faq/hotline.yml", root / "data/faq/other.yml")
    found = _advice(root)
    assert any("office.yml" in text and "thiếu mục" in text for text in found)
    assert any("other.yml" in text and "hai tên phải giống nhau" in text for text in found)
