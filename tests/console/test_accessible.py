"""Every page for everybody: axe finds nothing serious, it fits a phone, it is strict about scripts."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import Served
from tests.console.conftest import Join, Open
from tests.kit.colleagues import Colleague, invite
from tests.kit.people import Store, Visitor

pytestmark = pytest.mark.dear(45)

_EVERYTHING = ("agent", "content", "auditor", "admin")


_ALL = {"resultTypes": ["violations"]}
#: What may differ in the dark: the page is the same, its colours are not.
_COLOURS = _ALL | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def serious(page: Page) -> list[str]:
    """Returns what axe calls serious or critical, in the light and in the dark."""
    return [*_serious(page, "light", _ALL), *_serious(page, "dark", _COLOURS)]


def _serious(page: Page, scheme: Literal["light", "dark"], options: dict[str, Any]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    found: list[Any] = Axe().run(page, options=options).response["violations"]
    return [
        f"{scheme}: {each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.fixture
def scene(joined: Join, store: Store, node: Served) -> tuple[Colleague, list[str]]:
    """Somebody with every role, and the pages with something on each."""
    hoa, left, visitor = joined(*_EVERYTHING, shown="Trần Thị Hoa"), Visitor(node.url), Visitor(node.url)
    store.do("DELETE FROM desk_presence")
    left.ask("gặp nhân viên")
    left.ask("Để lại câu hỏi", payload="#leave_question", title="Để lại câu hỏi")
    left.ask("Tôi đổi số điện thoại mới 0901000123 thì làm ở đâu?")
    number = store.value("SELECT number FROM questions WHERE conversation = %s", left.conversation)
    hoa.post("/console/desk/presence", here="yes")
    visitor.ask("mã của tôi là 7900000123, cho gặp nhân viên")
    visitor.ask("gặp nhân viên")
    path = f"/console/desk/{visitor.conversation}"
    for act, fields in (("take", {}), ("reply", {"text": "Chào bạn"}), ("note", {"text": "Đã chào"})):
        hoa.post(f"{path}/{act}", **fields)
    hoa.post(f"/console/questions/{number}/assign")
    hoa.post("/console/canned/start")
    joined("agent", shown="Lê Văn Nam").post("/console/desk/presence", here="yes")
    return hoa, [
        "/console", "/console/desk", path, "/console/questions", f"/console/questions/{number}", "/console/canned",
        "/console/pictures", "/console/hours", "/console/desk-ways", "/console/undelivered",
        "/console/conversations", f"/console/conversations/{visitor.conversation}",
        "/console/people", "/console/audit", "/console/settings", "/console/channels/zalo", "/console/me",
        "/console/release", "/console/khong-co",
    ]  # fmt: skip


@pytest.mark.timeout(900)
def test_axe_finds_nothing_serious(scene: tuple[Colleague, list[str]], opened: Open, node: Served) -> None:
    hoa, paths = scene
    page = opened(hoa, "/console")
    found = {}
    for path in paths:
        page.goto(path)
        found[path] = serious(page)
    page.goto(paths[2])
    page.keyboard.press("?")
    found["help"] = serious(page)
    page.keyboard.press("Escape")
    page.locator("#lines a.hidden-value").first.click()
    expect(page.locator("#reveal")).to_be_visible()
    found["reveal"] = serious(page)
    _, link = invite(node, ["agent"])
    stranger = opened(None, "/console/sign-in")
    found["sign-in"] = serious(stranger)
    stranger.goto(link)
    found["invitation"] = serious(stranger)
    stranger.get_by_label("Mật khẩu, ít nhất 8 ký tự").fill("ba con mèo nằm sưởi nắng")
    stranger.get_by_label("Nhập lại mật khẩu").fill("ba con mèo nằm sưởi nắng")
    stranger.get_by_role("button", name="Đặt mật khẩu").click()
    expect(stranger.get_by_role("heading", name="Gắn điện thoại của bạn")).to_be_visible()
    found["enrolment"] = serious(stranger)
    opened.complaints.clear()  # type: ignore[attr-defined] - the page that does not exist
    assert {path: what for path, what in found.items() if what} == {}


def test_axe_sees_what_cannot_be_read_in_either_scheme(joined: Join, opened: Open) -> None:
    page = opened(joined("agent"), "/console/me")
    for scheme in ("light", "dark"):
        page.evaluate(
            """scheme => { const sheet = new CSSStyleSheet();
            sheet.replaceSync(`@media (prefers-color-scheme: ${scheme}) { main * { color: #888; background: #999; } }`);
            document.adoptedStyleSheets = [sheet]; }""",
            scheme,
        )
        found = serious(page)
        assert found, scheme
        assert all(each.startswith(f"{scheme}: color-contrast") for each in found), found


def test_every_page_fits_a_phone(scene: tuple[Colleague, list[str]], opened: Open) -> None:
    hoa, paths = scene
    page = opened(hoa, "/console", width=360, height=700)
    wide = {}
    for path in paths:
        page.goto(path)
        over = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[path] = over
    opened.complaints.clear()  # type: ignore[attr-defined] - the page that does not exist
    assert wide == {}


def test_the_menu_opens_on_a_phone_with_and_without_scripts(joined: Join, opened: Open) -> None:
    hoa = joined(*_EVERYTHING)
    for scripts in (True, False):
        page = opened(hoa, "/console", width=360, height=700, java_script_enabled=scripts)
        desk = page.get_by_role("navigation", name="Các mục").get_by_role("link", name="Bàn trực")
        expect(desk).to_be_hidden()
        page.get_by_text("Menu", exact=True).click()
        desk.click()
        expect(page.get_by_role("heading", name="Bàn trực", level=1)).to_be_visible()


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(joined: Join, opened: Open) -> None:
    page = opened(joined(*_EVERYTHING), "/console/people")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Đến nội dung chính")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_no_page_has_scripts_or_styles_of_its_own(scene: tuple[Colleague, list[str]]) -> None:
    hoa, paths = scene
    for path in paths:
        answer = hoa.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", answer.text), path
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-frame-options"] == "DENY", path
