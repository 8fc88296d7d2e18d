"""Conversation tests are put together by clicking in a transcript, and may say what should become true."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import expect

from assistant.conversation_tests.scripts import read_script
from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.console.content.conftest import Desk, serious
from tests.kit.colleagues import Colleague
from tests.kit.people import Visitor

pytestmark = pytest.mark.dear(50)


@pytest.fixture
def talked(node: Served, database: psycopg.Connection) -> str:
    """The page of a conversation about the hotline and a lost phone."""
    visitor = Visitor(node.url)
    for text in ("chào bạn", "cho xin số tổng đài", "tôi bị mất điện thoại"):
        visitor.ask(text)
    row = database.execute("SELECT max(id) FROM turns").fetchone()
    assert row is not None
    return f"/console/learning/turns/{row[0]}"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_test_is_clicked_together_without_any_format(
    lan: Colleague, opened: Open, content: Desk, talked: str, width: int
) -> None:
    page = opened(lan, talked, width=width)
    cases = page.locator("[data-case]")
    expect(cases).to_have_count(3)
    cases.nth(0).locator("input[name=turn]").uncheck()
    cases.nth(2).locator("input[name=turn]").uncheck()
    hotline = cases.nth(1)
    hotline.get_by_label("Trả lời phải có").fill("")
    piece = hotline.locator(".case-piece", has_text="1900 9068").first
    words = piece.get_attribute("data-piece") or ""
    piece.click()
    expect(hotline.get_by_label("Trả lời phải có")).to_have_value(words)
    expect(piece).to_have_attribute("aria-pressed", "true")
    other = hotline.locator(".case-piece").nth(0)
    unwanted = other.get_attribute("data-piece") or ""
    other.click()
    other.click()
    expect(hotline.get_by_label("Trả lời không được có")).to_have_value(unwanted)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    name = "màn rộng" if width > 1000 else "màn hẹp"
    page.fill("#name", f"hỏi số tổng đài {name}")
    page.get_by_role("button", name="Tạo kịch bản kiểm thử").click()
    expect(page.locator(".note.bad")).to_contain_text("Lượt 1", timeout=100_000)
    expect(page.locator(".note.bad")).to_contain_text("không được có")
    expect(page.locator(".case-steps > li")).to_have_count(1)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    # back: what was chosen is there, and now it may fail today
    page.get_by_role("link", name="Sửa").click()
    expect(page.locator("[data-case]").nth(0).locator("input[name=turn]")).not_to_be_checked()
    expect(page.locator("[data-case]").nth(1).get_by_label("Trả lời không được có")).to_have_value(unwanted)
    page.get_by_label("Điều nên có").check()
    page.get_by_role("button", name="Tạo kịch bản kiểm thử").click()
    expect(page.locator(".note.warn")).to_contain_text("Đây là điều nên có", timeout=100_000)
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".note.good")).to_contain_text("Đã lưu kịch bản")
    script = read_script(
        content.scripts / f"happy_path/hoi_so_tong_dai_{'man_rong' if width > 1000 else 'man_hep'}.yml"
    )
    assert script.wanted
    assert [step.act.values for step in script.steps] == [("cho xin số tổng đài",)]
    assert (script.steps[0].expected.bot, script.steps[0].expected.not_) == ((words,), (unwanted,))


def test_what_is_asked_for_is_no_way_around_the_rules(lan: Colleague, content: Desk, talked: str) -> None:
    turn = talked.rpartition("/")[2]
    given = {"kind": "script", "name": "thử", "turn": turn}
    for field in (f"must-{turn}", f"not-{turn}"):
        assert lan.post(talked, **given | {field: "gọi anh Nam 0987654321"}).status_code == 400
    strange = "a: [b\n- 'x' # {y}\n" + "“" * 500
    answer = lan.post(talked, **given | {f"must-{turn}": strange, "wanted": "1"})
    assert answer.status_code == 303
    page = lan.get(answer.headers["location"]).text
    assert "không đọc được YAML" not in page
    assert (
        "<script>"
        not in lan.get(
            lan.post(talked, **given | {f"must-{turn}": "<script>alert(1)</script>"}).headers["location"]
        ).text.partition("<main")[2]
    )
    assert lan.post(talked, **given | {"turn": "999999"}).status_code == 400
    assert lan.post(talked, csrf="x", **given).status_code == 403


def test_only_who_writes_content_builds_tests(joined: Join, talked: str) -> None:
    for role in ("agent", "auditor", "admin"):
        assert joined(role).get(talked).status_code == 403
        assert joined(role).post(talked, kind="script", name="x").status_code == 403
