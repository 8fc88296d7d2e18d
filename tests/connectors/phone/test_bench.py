"""The telephone of /sandbox in a real browser: a call, the call back, the code on its page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served
from tests.connectors.phone.test_whole_way import code_in, node
from tests.connectors.web.browsing import browser
from tests.kit.people import CODE

__all__ = ["browser", "node"]
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def bench(browser: Browser, node: Served) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(base_url=node.url, locale="vi-VN", viewport={"width": 1400, "height": 1000})
    context.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto("/sandbox")
    expect(page.locator("#telephone")).to_be_visible()
    yield page
    context.close()
    assert [said for said in complaints if "400 (Bad Request)" not in said] == []  # the form that is sent wrong


def _shot(page: Page, name: str, what: str = "#telephone") -> None:
    if folder := os.environ.get("SHOTS"):
        page.wait_for_timeout(300)
        page.locator(what).screenshot(path=Path(folder) / f"phone-{name}.png")


def _press(page: Page, keys: str) -> None:
    for key in keys:
        page.locator(f'.p-key[data-key="{key}"]').click()


def test_a_call_is_heard_rung_back_and_ends_on_the_page_for_the_code(bench: Page) -> None:
    heard = bench.locator("#p-log")
    bench.locator("#p-call").click()
    expect(heard).to_contain_text("Đây là trợ lý tự động về tài khoản VssID.")
    _shot(bench, "1-menu")
    _press(bench, "1")
    expect(bench.locator("#p-form")).to_be_visible()
    bench.locator("#p-words").fill("mất sim rồi thì làm sao")
    bench.locator("#p-form button").click()
    expect(heard).to_contain_text("đăng nhập bằng VNeID mức hai")
    _shot(bench, "1b-question")
    _press(bench, "*")
    expect(heard.locator("p").last).to_contain_text("bấm phím 8")
    _press(bench, "8")
    expect(heard).to_contain_text("Hoặc bạn đọc từng số.")
    _press(bench, f"{CODE}#")
    expect(heard).to_contain_text("Mã số là: Bảy, chín, không.")
    _shot(bench, "2-read-back")
    _press(bench, "1")
    expect(heard).to_contain_text("gọi lại vào chính số này")
    expect(bench.locator("#p-state")).to_have_text("Đã gác máy")
    expect(bench.locator("#p-rings")).to_be_visible()
    _shot(bench, "3-rings")
    bench.locator("#p-take").click()
    expect(heard).to_contain_text("Nếu bạn vừa yêu cầu, bấm phím 1.")
    _press(bench, "1")
    secret = heard.locator(".told")
    expect(secret).to_contain_text("Xin nhắc lại")
    _shot(bench, "4-code")
    code = code_in(secret.inner_text())
    bench.locator("#p-end").click()
    bench.goto("/ma")
    _shot(bench, "5-page", "main")
    bench.locator("#number").fill("123")
    bench.locator("#code").fill(code)
    bench.locator("button[type=submit]").click()
    expect(bench.locator("#error")).to_contain_text("10 số")
    _shot(bench, "6-page-error", "main")
    bench.locator("#number").fill(CODE)
    bench.locator("#code").fill(code)
    bench.locator("button[type=submit]").click()
    expect(bench.locator("h1")).to_contain_text("Đặt mật")
