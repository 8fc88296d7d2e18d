"""Nothing that could be somebody's gets into content, whichever way a text comes: folder, git, history are searched."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.content.facets import Facet, Step
from assistant.content.library import Library
from assistant.content.topics import Topic, read_topics
from assistant.editing import personal
from assistant.editing.personal import Personal
from assistant.editing.personal_cases import remarks_on_case
from assistant.editing.saving import Editor, Wanted
from assistant.editing.spreadsheet_files import as_xlsx, read_table
from assistant.editing.topic_text import written
from assistant.settings import ROOT
from tests.kit.content import HOTLINE, LAN, git, repository

Database = psycopg.Connection[Any]
#: What no sample and no answer has, in the ways that people write it.
IDENTIFIERS = (
    "gọi lại số 0987654321 giúp em", "mã của má em là 7916123456", "mail e là hoa.tran@gmail.com nha",
    "cccd 079183004455 tra giùm", "thẻ GD4797916123456 hết hạn", "số em không chín tám bảy sáu năm bốn ba hai một",
    "mật khẩu là hoahong99 mà không vô được",
)  # fmt: skip
#: What no search takes for an identifier: only that it is no number of ours tells.
NUMBERS = (
    "em sinh năm 1983 có được không", "sinh ngày 12/5/1983 thì sao", "mã em 7916 12 bị sao", "nhà số 47/12 ở quê",
    "mã em là ７９１６", "lương 4.680.000 một tháng", "số đuôi 456 của em",
)  # fmt: skip
CANARIES = ("0987654321", "7916123456", "hoa.tran", "079183004455", "hoahong99", "1983", "7916", "47/12", "456")
GOOD = ("rút sim ra quay vòng vòng", "gọi 1900 9068 hay 19009068", "mã 7900000123 của em bị gì", "bấm phím 8 rồi sao")
STORY = 'version: "3.1"\nstories:\n  - story: chuyện\n    steps:\n      - user: {said}\n      - action: utter_x\n'


def shows(text: str) -> bool:
    """Tells whether a canary stands in a text; three or four digits by themselves, as a digest has any by chance."""
    return any(
        re.search(rf"(?<![0-9a-f]){canary}(?![0-9a-f])", text) if len(canary) < 5 else canary in text
        for canary in CANARIES
    )


class Desk:
    """Somebody who edits, and what is kept of that."""

    def __init__(self, data: Path, connection: Database) -> None:
        self.editor, self.connection, self.data = Editor(Library(data)), connection, data

    def topic(self, *more: str) -> Wanted:
        held = self.editor.library.held("hotline")
        assert held is not None
        assert held.topic is not None
        return Wanted(dataclasses.replace(held.topic, questions=(*held.topic.questions, *more)), held.version)

    def everything(self) -> str:
        """Returns what is in the folder, in git's whole past and in the history."""
        files = "\n".join(path.read_text(encoding="utf-8") for path in sorted(self.data.rglob("*.yml")))
        rows = self.connection.execute("SELECT c::text FROM content_changes c").fetchall()
        return "\n".join([files, git(self.data, "log", "-p", "--all"), *(row[0] for row in rows)])

    def tries(self, act: Callable[[Editor], Any]) -> None:
        with self.connection.transaction():
            act(self.editor)


@pytest.fixture
def desk(tmp_path: Path, connection: Database) -> Desk:
    return Desk(repository(tmp_path), connection)


def ways(desk: Desk, text: str) -> dict[str, Callable[[Editor], Any]]:
    """Returns all ways by which a person's words get into the content."""
    of_inbox = {
        "assigned": lambda editor: editor.add_questions(desk.connection, "hotline", [text], LAN),
        "not ours": lambda editor: editor.add_examples(desk.connection, "out_of_scope", [text], LAN),
        "a story": lambda editor: editor.add_story(desk.connection, "chuyen", STORY.format(said=text), LAN),
        "a story's note": lambda editor: editor.add_story(
            desk.connection, "chuyen_hai", STORY.format(said=f"a  # {text}"), LAN
        ),
    }
    old = HOTLINE.replace("goi so nao", text)
    new = Topic("moi", "Mới", "Trả lời.", (text,), ("Nguồn",), datetime.date(2026, 11, 1))
    of_staff = {
        "typed or pasted": lambda editor: editor.save(desk.connection, desk.topic(text), LAN),
        "a new topic": lambda editor: editor.save(desk.connection, Wanted(new, ""), LAN),
        "imported": lambda editor: editor.save_all(desk.connection, [desk.topic(text)], LAN, "imported"),
        "brought back": lambda editor: editor.restore(
            desk.connection, "hotline", old, desk.topic().version, LAN
        ),
    }  # fmt: skip
    return of_inbox | of_staff


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_no_way_takes_an_identifier_into_the_content(desk: Desk, text: str) -> None:
    before = desk.everything()
    for way, act in ways(desk, text).items():
        with pytest.raises(Personal) as refused:
            desk.tries(act)
        assert not shows(str(refused.value)), way
    assert desk.everything() == before
    assert not shows(before)


@pytest.mark.parametrize("text", NUMBERS)
def test_no_number_of_a_persons_words_gets_into_the_content(desk: Desk, text: str) -> None:
    before = desk.everything()
    for way in ("assigned", "not ours", "a story", "a story's note"):
        with pytest.raises(Personal, match="còn"):
            desk.tries(ways(desk, text)[way])
    assert desk.everything() == before


@pytest.mark.parametrize("text", GOOD)
def test_samples_and_the_numbers_of_our_answers_are_everybodys(desk: Desk, text: str) -> None:
    for way in ("brought back", "a new topic", "typed or pasted", "not ours", "a story", "a story's note"):
        desk.tries(ways(desk, text)[way])
    desk.tries(lambda editor: editor.add_questions(desk.connection, "office", [text], LAN))
    assert sum(text in path.read_text(encoding="utf-8") for path in desk.data.rglob("*.yml")) == 6


def test_what_the_content_has_may_move_and_be_brought_back(desk: Desk) -> None:
    """An invented number of an example that stands in the shipped content comes back with its table."""
    desk.tries(lambda editor: editor.save(desk.connection, desk.topic("tk 0116000045 bị khóa"), LAN))
    assert "0116000045" in desk.everything()


#: What staff might paste into an answer out of a case before them.
ANSWERS = (
    *IDENTIFIERS, "liên hệ zalo 0987 654 321 của anh Nam", "mã 7916123456 đã được cấp lại", "hoa.tran@gmail.com báo",
    "xem https://dichvucong.gov.vn/tra-cuu?ma=7916123456", "chuyển khoản vào 079183004455", "MK mới là hoahong99",
    "Công văn 0987654321", "Luật 7916123456/2025/QH15",
)  # fmt: skip
#: What answers, sources and steps name every day.
PUBLIC = (
    "Bạn gọi 1900 9068 hoặc 1900 9095, 1800 599 920.", "Gọi (028) 3829 2671, 024.37758888.", "Thư về hotro@vss.gov.vn.",
    "Luật 41/2024/QH15, Điều 29; Nghị định 158/2025/NĐ-CP ngày 25/6/2025", "mật khẩu theo Công văn 2191/CNTT-PM",
    "OTP theo Công văn 1705/BHXH-CNTT", "Lương cơ sở 2.340.000 đồng từ 1/7/2024, mức 95 %", "từ năm 2021 không cần",
    "Xem https://baohiemxahoi.gov.vn/tin/Pages/35024.aspx?ItemID=35024", "mật khẩu mới có từ 8 ký tự, có chữ hoa và số",
    "apps.apple.com/vn/app/vssid/id1521647264", "mã số của bạn, ví dụ 7900000123", "Nghị định 158, 159, 188",
)  # fmt: skip


def placed(topic: Topic, field: str, text: str) -> Topic:
    """Returns a topic with a text in one of its fields."""
    facet, step = Facet("cost", "Không mất phí."), Step("Mở máy", "Bạn bấm nút nguồn.")
    parts: dict[str, dict[str, Any]] = {
        "title": {"title": text}, "answer": {"answer": text}, "more": {"more": text}, "source": {"source": (text,)},
        "supersedes": {"supersedes": text}, "a facet": {"facets": {"cost": dataclasses.replace(facet, say=text)}},
        "a facet's source": {"facets": {"cost": dataclasses.replace(facet, source=(text,))}},
        "why a facet is not needed": {"facets_not_needed": {"cost": text}},
        "a step's name": {"steps": (dataclasses.replace(step, name=text),)},
        "a step": {"steps": (dataclasses.replace(step, say=text),)},
        "a step's place": {"steps": (dataclasses.replace(step, where=text),)},
    }  # fmt: skip
    return dataclasses.replace(topic, **parts[field])


FIELDS = (
    "title", "answer", "more", "source", "supersedes", "a facet", "a facet's source", "why a facet is not needed",
    "a step's name", "a step", "a step's place",
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_no_number_of_a_person_is_hidden_in_what_is_no_question(desk: Desk, field: str) -> None:
    before, seen = desk.everything(), desk.topic()
    for text in ANSWERS:
        topic = placed(seen.topic, field, text)
        for act in (
            lambda editor, topic=topic: editor.save(desk.connection, Wanted(topic, seen.version), LAN),
            lambda editor, topic=topic: editor.save_all(
                desk.connection, [Wanted(topic, seen.version)], LAN, "imported"
            ),
            lambda editor, topic=topic: editor.restore(desk.connection, "hotline", written(topic), seen.version, LAN),
        ):
            with pytest.raises(Personal) as refused:
                desk.tries(act)
            of_parts = next((f"{part}s" for part in ("facet", "step") if part in field), field)
            assert refused.value.field == of_parts
            assert not shows(str(refused.value))
    assert desk.everything() == before


def test_the_name_of_a_topic_is_searched_too(desk: Desk) -> None:
    before, seen = desk.everything(), desk.topic()
    new = dataclasses.replace(seen.topic, name="goi_0987654321")
    for act in (
        lambda editor: editor.save(desk.connection, Wanted(new, ""), LAN),
        lambda editor: editor.rename(desk.connection, "hotline", "goi_0987654321", seen.version, LAN),
        lambda editor: editor.add_story(desk.connection, "goi_0987654321", STORY.format(said="chào"), LAN),
    ):
        with pytest.raises(Personal):
            desk.tries(act)
    assert desk.everything() == before


@pytest.mark.parametrize("field", ["answer", "source", "a step"])
def test_hotlines_offices_pages_and_laws_are_everybodys(desk: Desk, field: str) -> None:
    for text in PUBLIC:
        wanted = desk.topic()
        topic = placed(wanted.topic, field, text)
        desk.tries(lambda editor, topic=topic, wanted=wanted: editor.save(
            desk.connection, Wanted(topic, wanted.version), LAN
        ))  # fmt: skip
        assert text in str(desk.topic().topic)


def test_all_of_the_content_may_come_back_in_a_table() -> None:
    library = Library(ROOT / "data")
    Editor(library).refuse_table(read_table(as_xlsx(library.topics())))


def test_no_answer_of_ours_would_be_refused_if_it_were_new() -> None:
    """But for the number of the app in its shop, which stands there without the address of the page."""
    refused = {
        topic.name
        for topic in read_topics(ROOT / "data/faq")
        for _, text in personal.told_by(topic)
        if personal.private_in_answer(text.replace("id1521647264", ""), lambda piece: False)
    }
    assert refused == set()


def test_an_answer_may_name_any_number_and_makes_it_everybodys(desk: Desk) -> None:
    with pytest.raises(Personal):
        desk.tries(lambda editor: editor.add_questions(desk.connection, "office", ["mẫu C47 là gì"], LAN))
    wanted = desk.topic()
    answer = dataclasses.replace(wanted.topic, answer="Bạn gọi 028 3829 2671, xin mẫu C47.")
    desk.tries(lambda editor: editor.save(desk.connection, Wanted(answer, wanted.version), LAN))
    desk.tries(lambda editor: editor.add_questions(desk.connection, "office", ["mẫu C47 là gì"], LAN))


def test_numbers_beside_each_other_are_one_number() -> None:
    public = frozenset({"7", "9", "1", "6", "12", "5", "1900", "9068", "19009068"})
    assert personal.numbers_in("mã 7 9 1 6", public) == ["7 9 1 6"]
    assert personal.numbers_in("ngày 12/5", public) == ["12/5"]
    assert personal.numbers_in("số 1900 9068, 7 lần", public) == []


def test_a_case_whose_lines_hold_numbers_is_told_where() -> None:
    text = "name: a\nturns:\n  - user: em sinh 1983\n    bot: Mình nghe\n  - user: >\n      mã\n      7916123456\n"
    remarks = personal_remarks(text)
    assert [remark.partition(":")[0] for remark in remarks] == ["dòng 3", "dòng 5"]
    assert "số “1983”" in remarks[0]
    assert personal_remarks("a: [") == ["Tệp này không đọc được nên chưa kiểm tra được; bạn sửa chỗ sai mẫu trước."]


def personal_remarks(text: str) -> list[str]:
    return remarks_on_case(text, frozenset(), lambda piece: False)
