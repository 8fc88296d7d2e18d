"""What people wrote is searched again, shown and rewritten before it is kept; nothing of anybody's is, by no way."""

from __future__ import annotations

import re
import uuid

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.learning import backlog
from tests.conftest import Served
from tests.console.conftest import Open
from tests.console.content.conftest import Desk, serious
from tests.console.content.test_learning import asked
from tests.kit.colleagues import Colleague
from tests.kit.people import Visitor

pytestmark = pytest.mark.dear(40)

#: As it would stand in the inbox had the search of then missed it; nothing of it stands in the content.
MISSED = "mã 7916123456 của tui quay vòng vòng, gọi 0987654321"
ROOM = "em ở phòng 8473 quay vòng vòng"
CANARIES = ("7916123456", "0987654321", "0987000321", "hoahong99", "8473")


def canaries_in(text: str) -> list[str]:
    """Returns which stand in a text by themselves: within the digits of a digest one may by chance."""
    return [canary for canary in CANARIES if re.search(rf"(?<![0-9A-Za-z]){canary}(?![0-9A-Za-z])", text)]


@pytest.fixture(autouse=True)
def emptied(database: psycopg.Connection) -> None:
    for table in ("learning_decisions", "learning_groups", "learning_messages"):
        database.execute(f"DELETE FROM {table}")


def missed(node: Served, database: psycopg.Connection, text: str = MISSED) -> str:
    asked(node, database, f"câu {uuid.uuid4().hex[:4]} nào đó hoàn toàn khác")
    key = backlog.key_of(text)
    database.execute("UPDATE learning_messages SET text = %s, key = %s", (text, key))
    backlog.regroup(database)
    assert key is not None
    return key.hex()


def nothing_kept(database: psycopg.Connection, content: Desk) -> None:
    everything = [content.git("log", "-p", "--all", "-3"), content.git("status", "--short")]
    everything += [path.read_text(encoding="utf-8") for path in content.folder.rglob("*.yml")]
    for query in (
        "SELECT c::text FROM content_changes c", "SELECT a::text FROM audit a", "SELECT i::text FROM content_imports i",
    ):  # fmt: skip
        everything += [row[0] for row in database.execute(query).fetchall()]
    assert not canaries_in("\n".join(everything))


def test_a_number_that_was_missed_then_is_found_and_shown_as_taken_out(
    node: Served, database: psycopg.Connection, lan: Colleague, content: Desk
) -> None:
    key = missed(node, database)
    assert not canaries_in(lan.get("/console/learning").text)
    answer = lan.post("/console/learning/assign", learned=key, topic="lost_phone")
    page = lan.get(answer.headers["location"]).text
    assert "Đã lấy ra:" in page
    assert not canaries_in(page)
    answer = lan.post(
        "/console/learning/texts", learned=key, topic="lost_phone", what="assign"
    )  # nothing rewritten: as proposed
    assert answer.status_code == 303
    assert "mã 7900000123 của tui quay vòng vòng, gọi 0901000123" in content.text("faq/lost_phone")
    nothing_kept(database, content)


@pytest.mark.parametrize("topic", ["lost_phone", ""])
def test_what_still_holds_a_number_or_a_secret_is_refused_kindly_and_not_kept(
    node: Served, database: psycopg.Connection, lan: Colleague, content: Desk, topic: str
) -> None:
    key = missed(node, database)
    what = "assign" if topic else "not_ours"
    for typed in (MISSED, "mật khẩu là hoahong99 mà không vô được", ROOM):
        answer = lan.post(
            "/console/learning/texts", **{"learned": key, "topic": topic, "what": what, f"text-{key}": typed}
        )  # fmt: skip
        assert answer.status_code == 422
        assert "Câu này còn" in answer.text
    assert (
        lan.post("/console/learning/texts", **{"learned": key, "what": "not_ours", f"text-{key}": " "}).status_code
        == 400
    )
    nothing_kept(database, content)
    assert database.execute("SELECT count(*) FROM learning_decisions").fetchone() == (0,)


def test_no_other_way_of_the_console_keeps_it(
    node: Served, database: psycopg.Connection, lan: Colleague, content: Desk
) -> None:
    """A new topic of the inbox; the same words pasted into the editor, insisted on; a table."""
    said = ROOM
    key = missed(node, database, said)
    fields = {"title": "Quay vòng", "answer": "Bạn tắt máy.", "source": "Nhà mạng", "checked_on": "22/11/2026"}
    for questions in (said, MISSED):
        for learned in (key, ""):
            given = fields | {"questions": questions, "learned": learned}
            answer = lan.post("/console/faq/new", **given)
            assert answer.status_code == 422
            assert 'id="remarks-questions"' in answer.text
    for question in (said, MISSED.replace("0987654321", "0987000321")):
        table = f"Mã chủ đề,Tên nút,Câu hỏi,Câu trả lời,Nguồn,Ngày kiểm tra\nhotline,,{question.replace(',', ' ')},,,\n"
        sent = lan.post("/console/faq/files", files={"file": ("x.csv", table.encode())})
        assert sent.status_code == 422
        assert "bỏ đi" in sent.text or "viết lại" in sent.text
    nothing_kept(database, content)


@pytest.mark.parametrize("field", ["title", "answer", "more", "source", "supersedes", "facets", "steps"])
def test_insisting_saves_no_number_whichever_field_it_is_in(
    node: Served, database: psycopg.Connection, lan: Colleague, content: Desk, field: str
) -> None:
    """As staff would save what is not finished: with errors, and in spite of them."""
    fields = {"title": "Quay vòng", "answer": "Bạn tắt máy.", "source": "Nhà mạng", "checked_on": "22/11/2026",
              "questions": "máy quay", "parts": "1"}  # fmt: skip
    said = "gọi anh Nam 0987654321"
    given = {
        "facets": {"facet_name": "cost", "facet_say": said}, "steps": {"step_name": "Gọi", "step_say": said}
    }.get(field, {field: said})  # fmt: skip
    answer = lan.post("/console/faq/new", **fields | given)
    assert answer.status_code == 422
    assert re.search(rf'id="remarks-{field}"[^>]*>\s*<li class="is-error">Câu', answer.text)
    nothing_kept(database, content)


def test_a_conversation_with_a_number_in_it_is_no_test_case_and_no_story(
    node: Served, database: psycopg.Connection, lan: Colleague, content: Desk
) -> None:
    visitor = Visitor(node.url)
    visitor.ask("chào bạn")
    turn = database.execute("SELECT max(id) FROM turns").fetchone()[0]  # type: ignore[index]
    database.execute("UPDATE inbox SET body = '{\"text\": \"chào, em ở phòng 8473\"}' WHERE id = (SELECT inbox_id"
                     " FROM turns WHERE id = %s)", (turn,))  # fmt: skip
    for kind in ("script", "story"):
        assert lan.post(f"/console/learning/turns/{turn}", kind=kind, name="em ở 8473").status_code == 400
        draft = lan.post(f"/console/learning/turns/{turn}", kind=kind, name="chào hỏi").headers["location"]
        text = f"# phòng 8473\n{'turns: []' if kind == 'script' else 'stories: []'}\n"
        shown = lan.post(draft, act="check", text=text)
        assert (shown.status_code, "còn chỗ phải sửa" in shown.text) == (422, True)
        assert database.execute("SELECT count(*) FROM learning_drafts WHERE text LIKE '# %'").fetchone() == (0,)
        lan.post(draft, act="save", text=text)
    assert not content.scripts.exists() or not list(content.scripts.rglob("*.yml"))
    nothing_kept(database, content)


def test_the_page_is_in_the_trail_for_each_person(node: Served, database: psycopg.Connection, lan: Colleague) -> None:
    key = missed(node, database)
    query = "SELECT count(*) FROM audit WHERE event = 'staff.viewed' AND details->>'view' = 'learning texts'"
    before = database.execute(query).fetchone()
    lan.get(f"/console/learning/texts?topic=lost_phone&learned={key}")
    after = database.execute(query).fetchone()
    assert after[0] - before[0] == 1  # type: ignore[index]


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_keeps_nobody_out_and_fits(
    node: Served, database: psycopg.Connection, lan: Colleague, opened: Open, width: int
) -> None:
    key = missed(node, database)
    page = opened(lan, f"/console/learning/texts?topic=lost_phone&learned={key}", width=width)
    page.locator("textarea").fill(ROOM)
    page.get_by_role("button", name="Lưu vào").click()
    expect(page.locator(".note.warn")).to_contain_text("cần viết lại")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
