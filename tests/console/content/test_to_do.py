"""The first page says what waits, for each role, and nothing that does not."""

from __future__ import annotations

import datetime

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.runtime.times import today
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious


@pytest.mark.parametrize("width", [390, 1280])
def test_an_editor_finds_what_is_to_be_done(
    joined: Join, opened: Open, content: Desk, database: psycopg.Connection, width: int
) -> None:
    lan = joined("content")
    page = opened(lan, "/console", width=width)
    to_do = page.locator(".to-do")
    expect(page.locator("main")).not_to_contain_text("quá một năm")
    old = (today() - datetime.timedelta(days=400)).isoformat()
    path = content.data / "faq/scam.yml"
    path.write_text(path.read_text().replace("checked_on: 2026-11-22", f"checked_on: {old}"), encoding="utf-8")
    lan.post("/console/faq/drafts", draft="hotline", title="Nháp")
    database.execute("INSERT INTO conversations (id, channel) VALUES ('web:todo', 'web') ON CONFLICT DO NOTHING")
    for number in range(2):
        database.execute(
            "WITH i AS (INSERT INTO inbox (channel, event_id, conversation, kind, body, done_at) VALUES"
            " ('web', gen_random_uuid()::text, 'web:todo', 'text', '{}', now()) RETURNING id),"
            " t AS (INSERT INTO turns (conversation, inbox_id, intent, actions) SELECT 'web:todo', id, 'nlu_fallback',"
            " '[]' FROM i RETURNING id)"
            " INSERT INTO learning_messages (turn_id, conversation, key, text, reason, at)"
            " SELECT id, 'web:todo', %s, 'x', 'fallback', now() FROM t",
            (f"todo {number} {width}".encode(),),
        )
    page.reload()
    expect(to_do).to_contain_text("1 câu trả lời quá một năm chưa kiểm tra lại")
    expect(to_do).to_contain_text("2 câu trợ lý chưa hiểu")
    expect(to_do).to_contain_text("1 bản nháp của bạn chưa lưu")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    to_do.get_by_role("link", name="quá một năm").click()
    expect(page.locator(".faq-table tbody tr").first).to_contain_text("quá hạn")
    database.execute("DELETE FROM conversations WHERE id = 'web:todo'")
    database.execute("DELETE FROM content_drafts")


def test_others_are_told_of_nothing_that_is_not_theirs(joined: Join, database: psycopg.Connection) -> None:
    assert "to-do" not in joined("auditor").get("/console").text
    agent = joined("agent")
    assert "Không có việc gì đang chờ bạn." in agent.get("/console").text
    database.execute("INSERT INTO conversations (id, channel) VALUES ('web:waits', 'web')")
    database.execute("INSERT INTO handovers (conversation, state, reason) VALUES ('web:waits', 'waiting', 'asked')")
    said = agent.get("/console").text
    assert "người đang chờ nhân viên" in said
    assert "bản nháp" not in said
    database.execute("DELETE FROM conversations WHERE id = 'web:waits'")
