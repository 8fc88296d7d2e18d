"""What people write stays text: markup in every field, on every page that shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.people import Store, Visitor
from tests.kit.waiting import until

pytestmark = pytest.mark.dear(10)

_RUN = "Object.assign(window,{hacked:1})"
_EVIL = f"""<img src=x onerror="{_RUN}"><script>{_RUN}</script>"'><b id="xss">x</b>{{{{7*7}}}}"""
_CHECK = "() => [window.hacked, document.querySelectorAll('#xss, img[src=x]').length]"


def harmless(page: Page, where: str) -> None:
    """Asserts that nothing on a page ran or became markup."""
    assert page.evaluate(_CHECK) == [None, 0], where


@pytest.mark.timeout(900)
def test_markup_in_every_field_is_shown_as_text(joined: Join, opened: Open, store: Store, node: Served) -> None:
    visitor, left = Visitor(node.url), Visitor(node.url)
    everything = ("agent", "content", "auditor", "admin")
    hoa = joined(*everything, shown=_EVIL[:80])
    nam = joined("agent", shown=f'</title>{_EVIL}"'[:80])
    left.ask("gặp nhân viên")
    left.ask("Để lại câu hỏi", payload="#leave_question", title=_EVIL)
    left.ask(f"Câu hỏi {_EVIL}")
    number = store.value("SELECT number FROM questions")
    store.do("INSERT INTO desk_presence (agent) VALUES ('somebody')")
    visitor.ask(_EVIL)
    visitor.ask("", payload=_EVIL, title=_EVIL)
    visitor.ask("gặp nhân viên")
    path = f"/console/desk/{visitor.conversation}"
    hoa.post(f"{path}/take")
    hoa.post(f"{path}/reply", text=f"Trả lời {_EVIL}")
    hoa.post(f"{path}/note", text=f"Ghi chú {_EVIL}")
    hoa.post("/console/canned", title=_EVIL[:80], text=_EVIL)
    nam.post("/console/desk/presence", here="yes")
    nam.post(f"/console/questions/{number}/assign")

    page = opened(hoa, "/console")
    paths = [
        "/console", "/console/desk", path, "/console/questions",
        f"/console/questions/{number}", "/console/canned", "/console/conversations",
        f"/console/conversations/{visitor.conversation}", "/console/people", "/console/me", "/console/audit",
        "/console/settings", "/console/undelivered",
        "/console/conversations?intent=%22%3E%3Cb%20id%3Dxss%3E&outcome=%3Cb%20id%3Dxss%3E&channel=%3Cb%20id%3Dxss%3E",
        "/console/audit?person=%22%3E%3Cb%20id%3Dxss%3E&event=%22%3E%3Cb%20id%3Dxss%3E&actor=%22%3E%3Cb%20id%3Dxss%3E",
    ]  # fmt: skip
    for where in paths:
        answer = page.goto(where)
        assert answer is not None
        assert answer.status == 200, where
        harmless(page, where)

    for fragment in (f"{path}/lines", "/console/desk/queue"):
        assert "<b id" not in hoa.get(fragment).text
    page.goto(path)
    visitor.send(f"Tin mới {_EVIL}")  # what comes in live is text, too
    expect(page.locator("#lines .line.person").last).to_contain_text("Tin mới")
    harmless(page, "live")
    page.locator("[data-insert]").first.click()
    assert page.get_by_label("Tin nhắn cho người dân").input_value() == _EVIL
    harmless(page, "prepared answer")

    nam.post(f"/console/questions/{number}/answer", answer=f"Đáp {_EVIL}")
    for where in (f"/console/questions/{number}", "/console/questions?state=answered"):
        page.goto(where)
        harmless(page, where)
    store.do("UPDATE outbox SET state = 'dead', error = '<b id=xss>x</b>' WHERE sender = 'agent'")
    for where in (path, "/console/undelivered"):
        page.goto(where)
        harmless(page, where)


def test_an_answer_of_the_desk_is_text_on_the_citizens_page(
    joined: Join, opened: Open, store: Store, node: Served
) -> None:
    store.do("INSERT INTO desk_presence (agent) VALUES ('somebody') ON CONFLICT DO NOTHING")
    hoa, citizen = joined("agent"), opened()
    citizen.locator("textarea").fill("gặp nhân viên")
    citizen.locator("textarea").press("Enter")
    query = "SELECT conversation FROM handovers WHERE state = 'waiting' ORDER BY id DESC LIMIT 1"
    conversation = until(lambda: (rows := store.rows(query)) and rows[0][0])
    hoa.post(f"/console/desk/{conversation}/take")
    hoa.post(f"/console/desk/{conversation}/reply", text=f"Trả lời {_EVIL}")
    citizen.get_by_text("Trả lời").first.wait_for()
    harmless(citizen, "citizen")
