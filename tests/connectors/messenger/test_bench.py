"""/sandbox in a real browser: as a Messenger user to a new password, with quick replies, menu, colleague."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served
from tests.connectors.web.browsing import browser
from tests.kit.people import CODE, GOOD_PASSWORD, MASKED, PHONE, Store

__all__ = ["browser"]


@pytest.fixture
def bench(browser: Browser, node: Served) -> Iterator[Page]:
    """The bench, on a wide screen; afterwards it may not have complained."""
    complaints: list[str] = []
    context = browser.new_context(base_url=node.url, locale="vi-VN", viewport={"width": 1400, "height": 1000})
    context.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto("/sandbox")
    expect(page.locator("#m-user option")).not_to_have_count(0)
    page.locator("#m-new").click()  # somebody who never wrote
    yield page
    context.close()
    assert complaints == []


def _shot(page: Page, name: str, what: str = "#messenger") -> None:
    if folder := os.environ.get("SHOTS"):
        page.wait_for_timeout(400)
        place: Any = page.locator(what) if what else page
        place.screenshot(path=Path(folder) / f"messenger-{name}.png")


def _says(page: Page, words: str) -> None:
    page.locator("#m-text").fill(words)
    page.locator("#m-send").click()


def _last(page: Page) -> Any:
    return page.locator("#m-log .z.oa").last


def test_the_whole_way_as_a_messenger_user(bench: Page, node: Served) -> None:
    Store(node.database_url).forget_resets()
    expect(bench.locator(".m-hello")).to_contain_text("trợ lý tự động")
    expect(bench.locator(".m-hello button")).to_have_count(4)
    _shot(bench, "1-hello")
    bench.locator(".m-hello button", has_text="Tôi quên mật khẩu VssID").click()
    expect(_last(bench)).to_contain_text("mã số BHXH")
    expect(bench.locator("#m-log .z.user").last).to_contain_text("Tôi quên mật khẩu VssID")
    quick = bench.locator("#m-quick button")
    expect(quick).to_have_text(["Không nhớ mã số", "Dừng lại"])
    _shot(bench, "2-quick-replies")
    _says(bench, CODE)
    expect(_last(bench)).to_contain_text("số điện thoại hoặc e-mail")
    _says(bench, PHONE)
    expect(_last(bench)).to_contain_text(MASKED)
    expect(bench.locator("#m-log .z.user").last).to_contain_text(PHONE)
    bench.locator("#mail-list button").first.click()
    _shot(bench, "3-mail", "")
    with bench.context.expect_page() as opened:
        bench.locator("#mail-text a").first.click()
    reset = opened.value
    reset.get_by_label("Mật khẩu mới", exact=True).fill(GOOD_PASSWORD)
    reset.get_by_label("Nhập lại mật khẩu mới", exact=True).fill(GOOD_PASSWORD)
    reset.get_by_role("button", name="Lưu mật khẩu mới").click()
    expect(_last(bench)).to_contain_text("đặt lại thành công")
    bench.locator("#l-code").fill(CODE)
    bench.locator("#l-pass").fill(GOOD_PASSWORD)
    bench.get_by_role("button", name="Đăng nhập").click()
    expect(bench.locator("#l-answer")).to_contain_text("Đăng nhập thành công")
    _shot(bench, "4-done")


def test_quick_replies_go_with_the_next_message_and_buttons_stay(bench: Page) -> None:
    _says(bench, "chào bạn")
    expect(bench.locator("#m-quick button")).to_have_count(3)
    bench.locator("#m-quick button", has_text="Mình giúp được gì").click()
    expect(_last(bench)).to_contain_text("Mình giúp bạn những việc này")
    expect(bench.locator("#m-quick button", has_text="Mất số điện thoại")).to_have_count(0)
    bench.locator("#m-menu-open").click()
    expect(bench.locator("#m-menu li")).to_have_count(5)
    _shot(bench, "5-menu")
    bench.locator("#m-menu button", has_text="Gặp nhân viên").click()
    expect(bench.locator("#m-menu")).to_be_hidden()
    _says(bench, "điền tờ khai tk1")
    _says(bench, "#declare_tk1")
    link = bench.locator("#m-log .z-choices a").last
    expect(link).to_have_text(re.compile("Mở trang"))
    expect(link).to_have_attribute("href", re.compile("^http"))
    _shot(bench, "6-link-button")


def test_the_thumb_a_picture_and_a_colleague(bench: Page, node: Served) -> None:
    expect(bench.locator("#m-send")).to_have_text("👍")
    bench.locator("#m-send").click()
    expect(bench.locator("#m-log .m-thumb")).to_have_count(1)
    expect(_last(bench)).not_to_contain_text("chỉ đọc được chữ")
    bench.locator(".m-more summary").click()
    bench.locator('#m-acts [data-m-act="image"]').click()
    expect(_last(bench)).to_contain_text("chỉ đọc được chữ")
    Store(node.database_url).do(  # a colleague needs longer than an automation to read and type
        "UPDATE inbox SET sent_at = sent_at - interval '1 min', accepted_at = accepted_at - interval '1 min'"
    )
    bench.locator("#m-desk-text").fill("Chào chị, em là Lan, em xem giúp chị nhé")
    bench.locator("#m-desk-text").press("Enter")
    expect(bench.locator("#m-log .z.person")).to_contain_text("em là Lan")
    answers = bench.locator("#m-log .z.oa").count()
    _says(bench, "em quên mật khẩu")
    bench.wait_for_timeout(2500)
    assert bench.locator("#m-log .z.oa").count() == answers
    _shot(bench, "7-colleague")
    bench.locator('#m-acts [data-m-act="give_back"]').click()
    _says(bench, "em quên mật khẩu")
    expect(_last(bench)).to_contain_text("mã số BHXH")


def test_on_a_telephone(browser: Browser, node: Served) -> None:
    context = browser.new_context(base_url=node.url, locale="vi-VN", viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto("/sandbox")
    page.locator('.jumps a[href="#messenger"]').click()
    expect(page.locator("#messenger-h")).to_be_in_viewport()
    _says(page, "em quên mật khẩu")
    expect(_last(page)).to_contain_text("mã số BHXH")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    for box in page.locator("#messenger button:visible, #messenger select, #messenger input:visible").all():
        assert (size := box.bounding_box()) is None or size["height"] >= 43.5
    _shot(page, "8-telephone")
    context.close()
