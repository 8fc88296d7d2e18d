"""What differs between two states of a topic, and what becomes of two people's changes."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.content.facets import Facet, Step
from assistant.content.library import Library
from assistant.content.likeness import Index, LiveIndex, uniform
from assistant.content.topics import Topic, parse_topic
from assistant.editing.diffs import fields, lines, words
from assistant.editing.live_check import check_draft
from assistant.editing.merging import merge
from tests.kit.content import HOTLINE, content_in

BASE = parse_topic(HOTLINE, Path("hotline.yml"))
TODAY = datetime.date(2026, 11, 22)
LINES = st.lists(st.text("abc ", min_size=1, max_size=8), max_size=6, unique=True).map(tuple)


def changed(**fields: Any) -> Topic:
    return dataclasses.replace(BASE, **fields)


class TestDiffs:
    @given(LINES, LINES)
    def test_both_sides_can_be_put_together_again(self, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        rows = list(lines(before, after))
        assert tuple("".join(p.text for p in row.left) for row in rows if row.left is not None) == before
        assert tuple("".join(p.text for p in row.right) for row in rows if row.right is not None) == after

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_of_words_too(self, before: str, after: str) -> None:
        left, right = words(before, after)
        assert "".join(piece.text for piece in left) == before
        assert "".join(piece.text for piece in right) == after

    def test_marks_the_words_that_differ(self) -> None:
        left, right = words("Bạn gọi 1900 9068 nhé", "Bạn gọi 1900 9068 bấm phím 8 nhé")
        assert [piece.text for piece in left if piece.differs] == []
        assert "".join(piece.text for piece in right if piece.differs).strip() == "bấm phím 8"

    def test_shows_the_fields_that_differ_only(self) -> None:
        found = fields(BASE, changed(title="Gọi", questions=(*BASE.questions, "câu mới")))
        assert [(diff.field, len(diff.rows), diff.same) for diff in found] == [("title", 1, 0), ("questions", 1, 3)]
        assert fields(BASE, BASE) == []
        assert [diff.field for diff in fields(None, BASE)][:2] == ["name", "title"]


class TestMerging:
    def test_takes_both_where_each_changed_something_else(self) -> None:
        found = merge(BASE, changed(title="Gọi"), changed(answer="Khác."))
        assert (found.proposal.title, found.proposal.answer) == ("Gọi", "Khác.")
        assert found.clashes == ()

    def test_leaves_the_choice_where_both_changed_the_same(self) -> None:
        found = merge(BASE, changed(title="Của Lan"), changed(title="Của Hòa"))
        assert found.proposal.title == "Của Hòa"
        (clash,) = found.clashes
        assert (clash.base, clash.theirs, clash.mine) == ("Tổng đài", "Của Lan", "Của Hòa")

    def test_joins_the_questions_of_both(self) -> None:
        first, *rest = BASE.questions
        theirs, mine = changed(questions=(*BASE.questions, "của Lan")), changed(questions=(first, "của Hòa", rest[1]))
        found = merge(BASE, theirs, mine)
        assert found.proposal.questions == (first, "của Hòa", rest[1], "của Lan")
        assert found.clashes == ()

    def test_joins_the_facets_and_steps_of_both(self) -> None:
        cost, time = Facet("cost", "Miễn phí."), Facet("time", "Vài phút.")
        base = changed(facets={"cost": cost}, steps=(Step("Mở", "Mở ra."),))
        theirs = dataclasses.replace(base, facets={"cost": cost, "time": time})
        mine = dataclasses.replace(base, facets={"cost": Facet("cost", "1.000 đồng.")}, steps=(Step("Gọi", "Gọi đi."),))
        found = merge(base, theirs, mine)
        assert found.proposal.facets == {"cost": mine.facets["cost"], "time": time}
        assert found.proposal.steps == mine.steps
        assert found.clashes == ()

    def test_says_when_both_changed_the_same_facet_and_drops_none_that_was_changed(self) -> None:
        base, theirs = (changed(facets={"cost": Facet("cost", text)}) for text in ("Cũ.", "Của Lan."))
        (clash,) = merge(base, theirs, changed(facets={"cost": Facet("cost", "Của Hòa.")})).clashes
        assert (clash.field, clash.theirs, clash.mine) == (
            "facets", ("chi phí: Của Lan.",), ("chi phí: Của Hòa.",),
        )  # fmt: skip
        assert merge(base, theirs, changed()).proposal.facets == theirs.facets, "taken out by one, changed by the other"
        assert merge(base, base, changed()).proposal.facets == {}

    def test_without_what_both_started_from_keeps_everything(self) -> None:
        found = merge(None, changed(title="A", questions=("a",)), changed(title="B", questions=("b",)))
        assert set(found.proposal.questions) == {"a", "b"}
        assert [clash.field for clash in found.clashes] == ["title"]

    @given(LINES, LINES, LINES)
    def test_never_loses_a_line_somebody_added(self, base: Any, theirs: Any, mine: Any) -> None:
        found = merge(changed(questions=base), changed(questions=theirs), changed(questions=mine)).proposal.questions
        assert (set(theirs) | set(mine)) - set(base) <= set(found)
        assert len(found) == len(set(found))
        assert set(found).isdisjoint(set(base) - (set(theirs) & set(mine)))


class TestTheCheckWhileSomebodyWrites:
    @pytest.fixture
    def library(self, tmp_path: Path) -> Library:
        return Library(content_in(tmp_path))

    def checked(self, library: Library, topic: Topic, **more: Any) -> list[str]:
        index = LiveIndex(library.data).get(60)
        assert isinstance(index, Index)
        found = check_draft(topic, library, index, TODAY, **more)
        return [f"{remark.field}: {remark.advice}" for remark in found.remarks]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"title": "Một cái tên dài hơn hai mươi ký tự"}, "title: Tên nút dài 34 ký tự"),
            ({"title": "Lừa đảo"}, "title: Tên nút “Lừa đảo” đã dùng ở chủ đề scam"),
            ({"title": "Dừng lại"}, "title: Tên nút “Dừng lại” đã dùng ở nút “cancel”"),
            ({"answer": "dài " * 200}, "answer: Câu trả lời dài"),
            ({"answer": "Gọi 1900 25 25 10."}, "answer: Số 1900 25 25 10 không phải số chính thức"),
            ({"more": "Vào vssid-hotro.com."}, "more: Địa chỉ vssid-hotro.com"),
            ({"next": ("mat_tich",)}, "next: Nút tiếp theo gọi “mat_tich”"),
            ({"source": ()}, "source: Chưa có nguồn"),
            ({"checked_on": datetime.date(2025, 1, 1)}, "checked_on: Kiểm tra lần cuối"),
            ({"questions": ("bị lừa", "gọi ai")}, "questions: Câu “bị lừa” gần như trùng câu “bị lừa” ở scam"),
            ({"questions": ("Bị  LỪA!", "gọi ai")}, "questions: Câu “Bị  LỪA!” gần như trùng câu “bị lừa” ở scam"),
            ({"questions": ("gọi ai", "Gọi ai?")}, "questions: Câu “Gọi ai?” giống hệt câu ở dòng 1"),
            ({"questions": ("mã 0123456789 bị khóa",)}, "questions: Câu “mã 0123456789 bị khóa” có dãy số"),
        ],
    )
    def test_says_at_each_field_what_is_wrong(self, library: Library, fields: dict[str, Any], said: str) -> None:
        found = self.checked(library, changed(**fields), before=BASE)
        assert any(remark.startswith(said) for remark in found), found

    def test_says_when_a_text_is_kept_for_measuring(self, library: Library) -> None:
        topic = changed(questions=("gọi cho ai bây giờ hả trời ơi",))
        gold = {uniform("Gọi cho ai bây giờ, hả trời ơi?")}
        assert any("chấm điểm" in remark for remark in self.checked(library, topic, gold=gold))

    def test_takes_a_topic_as_no_rival_of_itself(self, library: Library) -> None:
        assert [remark for remark in self.checked(library, BASE, before=BASE) if "trùng" in remark] == []

    def test_shows_new_questions_that_are_asked_alike_elsewhere(self, library: Library) -> None:
        topic = changed(questions=(*BASE.questions, "tôi nộp ở đâu"))
        index = LiveIndex(library.data).get(60)
        found = check_draft(topic, library, index, TODAY, BASE)
        assert [(match.text, match.example.text) for match in found.alike] == [("tôi nộp ở đâu", "nộp ở đâu")]

    def test_the_index_follows_the_folder(self, library: Library) -> None:
        live = LiveIndex(library.data)
        assert live.get(60).similar(["quyền lợi của tôi"]) == []  # type: ignore[union-attr]
        text = (library.folder / "scam.yml").read_text().replace("bị lừa", "quyền lợi của tôi")
        (library.folder / "scam.yml").write_text(text)
        (match,) = live.get(60).similar(["quyen loi cua toi"])  # type: ignore[union-attr]
        assert (match.example.intent, match.same) == ("faq/scam", True)
