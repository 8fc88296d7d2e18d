"""The same way in a real browser on a small phone, JavaScript off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page

from assistant.declarations import new_link
from assistant.web.declarations import DECLARATION_PATH
from tests.declarations.conftest import CONVERSATION, TK1, application, served
from tests.kit.browsers import chromium

TAP = 44


@pytest.fixture
def server(database_url: str) -> Iterator[str]:
    """The pages on a port."""
    with served(application(database_url)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone of 360 points, without JavaScript."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=False, has_touch=True, locale="vi-VN"
    )
    yield context.new_page()
    context.close()


def fill_in(page: Page, typed: dict[str, str]) -> None:
    """Types into every field that is there."""
    for name, value in typed.items():
        if name in ("gender", "hand_in"):
            page.locator(f"#{name}-{value}").check()
        else:
            page.fill(f"#{name}", value)


def test_fills_in_is_corrected_and_downloads_both(
    server: str, phone: Page, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    phone.goto(f"{server}{DECLARATION_PATH}/{new_link(database, CONVERSATION, 'tk1_ts')}")
    for element in phone.locator("form .box, form .pick, form .main-button").all():
        box = element.bounding_box()
        assert box is not None
        assert box["height"] >= TAP
        assert box["x"] + box["width"] <= 360
    fill_in(phone, TK1 | {"citizen_id": "123456789"})
    phone.click("button[type=submit]")
    assert "Còn 1 ô cần xem lại" in phone.inner_text(".summary")
    assert "CMND cũ" in phone.inner_text("#citizen_id-wrong")
    phone.screenshot(path=tmp_path / "wrong.png", full_page=True)
    phone.fill("#citizen_id", TK1["citizen_id"])
    phone.click("button[type=submit]")
    assert phone.inner_text("h1").replace("\xa0", " ") == "Tờ khai của bạn đã xong"
    phone.screenshot(path=tmp_path / "ready.png", full_page=True)
    for button, start in (("Tải bản PDF để in", b"%PDF"), ("Tải bản Word (DOCX)", b"PK")):
        with phone.expect_download() as download:
            phone.click(f"text={button}")
        assert Path(download.value.path()).read_bytes().startswith(start)
    phone.reload()
    assert "Tải lại được đến" in phone.inner_text("main")
