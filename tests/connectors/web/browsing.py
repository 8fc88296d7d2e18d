"""What tests of the web page in a real browser share: people with their own cookies, and what they do there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import Served
from tests.kit import people
from tests.kit.browsers import chromium
from tests.kit.waiting import BROWSER_MS

_WATCH = """
document.addEventListener('securitypolicyviolation',
  (e) => window.cspViolated(e.violatedDirective + ' ' + e.blockedURI));
"""
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


class Troubles:
    """What a browser complains about; a test that takes the line away expects some of it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.line_is_cut = False
        self.answers_may_refuse = False

    def complaints(self) -> list[str]:
        """Returns what must not be."""
        return [words for words in self.found if not (self.answers_may_refuse and "status of 4" in words)]

    def add(self, kind: str, words: str) -> None:
        """Notes a complaint."""
        if not (self.line_is_cut and "net::ERR_" in words):
            self.found.append(f"{kind}: {words}")


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def new_context(browser: Browser, node: Served, troubles: Troubles) -> Iterator[NewContext]:
    """Opens contexts (people with their own cookies); afterwards no page may have complained."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=node.url, locale="vi-VN", **options)
        context.set_default_timeout(BROWSER_MS)
        context.expose_binding("cspViolated", lambda source, words: troubles.add("CSP", words))
        context.add_init_script(_WATCH)
        context.on("console", lambda said: said.type in ("error", "warning") and troubles.add("console", said.text))
        context.on("weberror", lambda error: troubles.add("script", str(error.error)))
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert troubles.complaints() == []


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return chat(new_context())


def chat(context: BrowserContext) -> Page:
    """Opens the chat and waits until it listens."""
    page = context.new_page()
    with page.expect_response("**/chat/stream*"):
        page.goto("/")
    return page


def conversation_of(context: BrowserContext) -> str:
    (cookie,) = [c for c in context.cookies() if c["name"] == "chat"]
    return people.conversation_of(cookie["value"])


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")


def said(page: Page, side: str = "bot") -> list[str]:
    """Returns the bubbles of one side, without the greeting that is part of the page."""
    return page.locator(f"#log .msg.{side}[data-from] .bubble").all_inner_texts()


def asks(page: Page, text: str, answer: str) -> None:
    """Says something and waits for the answer."""
    before = len(said(page))
    say(page, text)
    expect(page.locator("#log .msg.bot[data-from] .bubble")).not_to_have_count(before)
    expect(page.locator("#log .msg.bot[data-from] .bubble").last).to_contain_text(answer, ignore_case=True)


def shot(page: Page, name: str) -> None:
    """Keeps a picture where SHOTS says, for people to look at."""
    if folder := os.environ.get("SHOTS"):
        page.wait_for_timeout(400)
        page.screenshot(path=Path(folder) / f"{name}.png")
