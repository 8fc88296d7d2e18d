"""Staff see in which language a conversation is held, and have prepared answers in it."""

from __future__ import annotations

import datetime

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.reports import insight
from tests.conftest import Served
from tests.connectors.web.browsing import shot
from tests.console.conftest import Join, Open
from tests.console.test_accessible import serious
from tests.console.test_desk import held, waits
from tests.console.test_insight import DAY, NOON, WAYS, write
from tests.kit.people import Store, Visitor


@pytest.fixture(autouse=True)
def empty_desk(store: Store) -> None:
    """Nobody waits and nobody is there."""
    store.do(
        "UPDATE handovers SET state = 'closed', closed_at = now() WHERE state <> 'closed'", "DELETE FROM desk_presence"
    )


def speaks(store: Store, visitor: Visitor, language: str) -> None:
    """Sets what a conversation is held in."""
    store.rows("UPDATE conversations SET language = %s WHERE id = %s RETURNING id", language, visitor.conversation)


def test_the_queue_the_header_and_the_lists_name_english_and_nothing_else(
    node: Served, store: Store, joined: Join, opened: Open
) -> None:
    hoa = joined("agent", "content")
    foreigner, local = Visitor(node.url), Visitor(node.url)
    paths = [waits(store, visitor) for visitor in (foreigner, local)]
    speaks(store, foreigner, "en")
    desk = opened(hoa, paths[0])
    expect(desk.locator("#queue .chip.spoken")).to_have_count(1)
    expect(desk.locator("#queue li", has=desk.locator(".chip.spoken"))).to_have_attribute("class", "queued here")
    expect(desk.locator("#h-talk .chip.spoken")).to_have_text("tiếng Anh")
    expect(desk.locator(".desk-side .facts")).to_contain_text("Ngôn ngữtiếng Anh")
    assert serious(desk) == []
    shot(desk, "30-desk")
    desk.goto(paths[1])
    expect(desk.locator("#h-talk .chip.spoken")).to_have_count(0)
    expect(desk.locator(".desk-side .facts")).to_contain_text("Ngôn ngữtiếng Việt")
    found = hoa.get("/console/conversations").text
    assert found.count('class="chip spoken"') == 1
    shown = hoa.get(f"/console/conversations/{foreigner.conversation}").text
    assert "<dt>Ngôn ngữ</dt><dd>tiếng Anh</dd>" in shown


def test_questions_that_were_left_name_it_too(node: Served, store: Store, joined: Join) -> None:
    hoa, visitor = joined("agent"), Visitor(node.url)
    visitor.ask("chào")
    speaks(store, visitor, "en")
    store.rows(
        "INSERT INTO questions (number, conversation, question) VALUES ('HG-ENG1', %s, 'when?') RETURNING number",
        visitor.conversation,
    )
    for path in ("/console/questions", "/console/questions/HG-ENG1"):
        assert "chip spoken" in hoa.get(path).text, path


def test_prepared_answers_come_in_the_persons_language_where_they_have_it(
    node: Served, store: Store, joined: Join, opened: Open
) -> None:
    store.do("DELETE FROM canned_answers")
    hoa, visitor = joined("agent"), Visitor(node.url)
    assert hoa.post("/console/canned/start").status_code == 303
    assert hoa.post("/console/canned", title="Chỉ tiếng Việt", text="Bạn chờ nhé.", english=" ").status_code == 303
    assert store.value("SELECT count(*) FROM canned_answers WHERE english IS NULL") == 1
    assert hoa.post("/console/canned", title="x", text="y", english="z" * 2001).status_code == 400
    assert hoa.post("/console/canned", title="x", text="y", english="call 0901000123").status_code == 400
    path = held(store, visitor, hoa)
    speaks(store, visitor, "en")
    desk = opened(hoa, path)
    desk.get_by_role("button", name="Chèn: Đang kiểm tra").click()
    expect(desk.locator("#text")).to_have_value(
        "Please wait a moment while I check. I will answer you in about 2 to 3 minutes."
    )
    desk.locator("#text").fill("")
    desk.get_by_role("button", name="Chèn: Chỉ tiếng Việt").click()
    expect(desk.locator("#text")).to_have_value("Bạn chờ nhé.")
    speaks(store, visitor, "vi")
    desk.reload()
    desk.locator("#text").fill("")
    desk.get_by_role("button", name="Chèn: Đang kiểm tra").click()
    expect(desk.locator("#text")).to_have_value(
        "Bạn chờ mình kiểm tra một chút nhé, khoảng 2 đến 3 phút mình trả lời bạn ngay."
    )


def test_people_are_counted_by_language(connection: psycopg.Connection) -> None:
    hour = datetime.timedelta(hours=1)
    for who, language in (("web:1", "en"), ("zalo:2", None), ("zalo:3", "vi"), ("messenger:4", "en")):
        write(connection, who, NOON, "greet")
        write(connection, who, NOON + hour, "greet")
        connection.execute("UPDATE conversations SET language = %s WHERE id = %s", (language, who))
    insight.count_day(connection, DAY, WAYS)
    found = insight.read(connection, DAY, DAY)
    assert found.parts["language"] == {"en": 2, "vi": 2}
    assert found.english == 0.5
    assert insight.read(connection, DAY, DAY, "zalo").english == 0
    assert insight.read(connection, DAY - datetime.timedelta(days=1), DAY - datetime.timedelta(days=1)).english is None


def test_the_numbers_show_the_share(node: Served, store: Store, joined: Join, opened: Open) -> None:
    visitor = Visitor(node.url)
    visitor.ask("chào")
    speaks(store, visitor, "en")
    insight.count(lambda: psycopg.connect(node.database_url), WAYS, datetime.datetime.now(datetime.UTC))
    page = opened(joined("auditor"), "/console/insight")
    expect(page.locator(".stats")).to_contain_text("dùng tiếng Anh")
    shot(page, "31-insight")
    table = page.locator("section", has=page.get_by_role("heading", name="Nói chuyện bằng tiếng nào"))
    expect(table.get_by_role("row", name="Tiếng Anh")).to_be_visible()
