"""Colleagues who sign in over HTTP or in a browser, on a served node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.conftest import Served, serve
from tests.kit import people, postgres
from tests.kit.browsers import chromium
from tests.kit.colleagues import Colleague, seat
from tests.kit.people import Store
from tests.kit.waiting import BROWSER_MS

_WATCH = """
document.addEventListener('securitypolicyviolation',
  (e) => window.cspViolated(e.violatedDirective + ' ' + e.blockedURI));
"""
Join = Callable[..., Colleague]
Open = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all modules here; pages are opened in contexts of their own."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def store(node: Served) -> Store:
    """The database of the module's node."""
    return Store(node.database_url)


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Closes every client of a test."""
    yield
    people.close_clients()


@pytest.fixture
def joined(node: Served) -> Join:
    """Makes colleagues who are signed in: joined("agent"), joined("content", "admin", shown="Lan")."""

    def make(*roles: str, name: str = "", shown: str = "") -> Colleague:
        return seat(node, roles, name, shown)

    return make


@pytest.fixture
def opened(node: Served, browser: Browser) -> Iterator[Open]:
    """Opens pages as somebody: opened(colleague, "/console/people", width=360); without anybody, a citizen's.

    Afterwards no page may have complained: no error in a script, nothing against the CSP, no failed request.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(who: Colleague | None = None, path: str = "/", width: int = 1280, height: int = 800, **more: Any) -> Page:
        context = browser.new_context(
            base_url=node.url, locale="vi-VN", viewport={"width": width, "height": height}, **more
        )
        context.set_default_timeout(BROWSER_MS)
        context.expose_binding("cspViolated", lambda source, words: complaints.append(f"CSP: {words}"))
        context.add_init_script(_WATCH)
        contexts.append(context)
        if who:
            context.add_cookies([{"name": "console", "value": who.cookie, "url": node.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("console", lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None)
        page.goto(path)
        return page

    make.complaints = complaints  # type: ignore[attr-defined]
    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def database(node: Served) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit to the node's database."""
    with psycopg.connect(node.database_url, autocommit=True) as connection:
        yield connection


_ALWAYS_OPEN = """
hours: {monday: 00:00-23:59, tuesday: 00:00-23:59, wednesday: 00:00-23:59, thursday: 00:00-23:59,
        friday: 00:00-23:59, saturday: 00:00-23:59, sunday: 00:00-23:59}
hours_said: mọi lúc
holidays: []
patience_minutes: 10
present_minutes: 15
absent_minutes: 0.5
minutes_each: 5
undo_seconds: 0
"""


def always_open(folder: Path) -> str:
    """Writes the settings of a desk that is open at any hour; returns the file's name for DESK_FILE."""
    hours = folder / "desk.yml"
    hours.write_text(_ALWAYS_OPEN, encoding="utf-8")
    return str(hours)


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running demo node whose desk is open at any hour, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("console")
    served = serve(postgres.create(server_url), model_path, folder, DESK_FILE=always_open(folder))
    served.start()
    yield served
    served.stop()
