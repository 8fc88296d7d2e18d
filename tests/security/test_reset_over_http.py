"""The reset over real HTTP: the page is used once, by its own form only, on any phone; owners hear of attacks."""

from __future__ import annotations

import os
import secrets
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import Served
from tests.kit import people
from tests.kit.browsers import chromium
from tests.kit.people import CODE, EMAIL, PHONE, Store, Visitor, client, csrf_of, fresh_link
from tests.kit.waiting import BROWSER_MS, CLIENT, until

pytestmark = pytest.mark.dear(35)

DIRECTIVES = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "form-action 'self'",
    "base-uri 'none'", "frame-ancestors 'none'",
}  # fmt: skip
#: An inexpensive phone of ten years ago.
OLD_PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 560}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    yield
    people.close_clients()


@pytest.fixture
def store(node: Served) -> Store:
    return Store(node.database_url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def good() -> str:
    """Returns a password worth having."""
    return f"bà ngoại {secrets.token_hex(3)}"


def fields(csrf: str, password: str) -> dict[str, str]:
    return {"csrf": csrf, "password": password, "password_again": password}


def logs_in(node: Served, password: str, code: str = CODE) -> bool:
    return bool(client(node.url).post("/sandbox/api/login", json={"code": code, "password": password}).json()["ok"])


class TestTheLink:
    def test_a_used_link_replayed_fifty_times_at_once_is_refused_fifty_times(self, node: Served) -> None:
        _, link = fresh_link(node)
        csrf, password = csrf_of(client(node.url).get(link).text), good()
        assert client(node.url).post(link, data=fields(csrf, password)).status_code == 200
        with ThreadPoolExecutor(50) as many:
            again = list(many.map(lambda n: httpx.post(link, data=fields(csrf, good()), timeout=CLIENT), range(50)))
        assert {answer.status_code for answer in again} == {404}
        assert logs_in(node, password)

    def test_an_earlier_link_dies_when_a_newer_one_is_used(self, node: Served, store: Store) -> None:
        _, earlier = fresh_link(node)
        before = len(node.mails())
        assert "Mình đã gửi thư" in Visitor(node.url).text("quên mật khẩu", CODE, PHONE)
        mails = until(lambda: (found := node.mails()) and len(found) > before and found)
        newer = people.LINK.findall(mails[0]["text"])[0]
        stale = csrf_of(client(node.url).get(earlier).text)
        password = good()
        form = fields(csrf_of(client(node.url).get(newer).text), password)
        assert client(node.url).post(newer, data=form).status_code == 200
        for refused in (client(node.url).get(earlier), client(node.url).post(earlier, data=fields(stale, good()))):
            assert refused.status_code == 404
            assert "bằng một đường dẫn khác" in refused.text
        assert logs_in(node, password)

    def test_the_token_is_in_no_log_and_no_table(self, node: Served, store: Store) -> None:
        _, link = fresh_link(node)
        token = link.rpartition("/")[2]
        client(node.url).get(link)
        client(node.url).post(link, data=fields("x", "y"))
        assert token not in node.log.read_text(encoding="utf-8", errors="replace")
        tables = store.rows("SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")
        for (table,) in tables:
            assert not store.rows(f"SELECT 1 FROM {table} t WHERE strpos(t::text, %s) > 0", token), table

    def test_a_password_typed_on_a_phone_that_sends_letters_apart_logs_in(self, node: Served) -> None:
        _, link = fresh_link(node)
        password = f"mật khẩu của bé Ổi {secrets.token_hex(2)}"
        sent = fields(csrf_of(client(node.url).get(link).text), unicodedata.normalize("NFD", password))
        assert client(node.url).post(link, data=sent).status_code == 200
        assert logs_in(node, password)


class TestTheOwner:
    def test_an_owner_hears_of_five_failures_within_a_minute_and_is_not_locked_out(
        self, node: Served, store: Store
    ) -> None:
        store.forget_resets()
        store.do("DELETE FROM owner_notices")
        for number in range(5):
            said = Visitor(node.url).text(f"quên mật khẩu, mã {CODE}, sđt 090100099{number}")
            assert "không khớp" in said
        started = time.monotonic()
        letter = until(lambda: next((m for m in node.mails() if "Có người đang thử" in m["subject"]), None))
        assert time.monotonic() - started < 60
        assert letter["to"] == EMAIL
        assert "Mình đã gửi thư" in Visitor(node.url).text("quên mật khẩu", CODE, PHONE)

    def test_an_owner_hears_of_a_new_password_within_a_minute(self, node: Served) -> None:
        _, link = fresh_link(node)
        known = {mail["id"] for mail in node.mails()}
        csrf = csrf_of(client(node.url).get(link).text)
        assert client(node.url).post(link, data=fields(csrf, good())).status_code == 200
        fresh = until(lambda: [mail for mail in node.mails() if mail["id"] not in known])
        assert [(mail["to"], mail["subject"]) for mail in fresh] == [
            (EMAIL, "Mật khẩu VssID của bạn vừa được thay đổi")
        ]


class TestAFlood:
    def test_an_open_breaker_sends_people_to_the_hotline_and_shows_in_the_metrics(
        self, node: Served, store: Store
    ) -> None:
        store.forget_resets()
        store.do(
            "INSERT INTO resets (id, member_ref, person, event, masked_code, expires_at)"
            " SELECT gen_random_uuid(), 'nobody' || n, 'zalo:' || n, 'flood' || n, 'x', now()"
            " FROM generate_series(1, 120) n"
        )
        answer = Visitor(node.url).text("quên mật khẩu", CODE, PHONE)
        assert "1900 9068" in answer
        assert "cơ quan BHXH" in answer
        assert "không bị khóa" in answer
        assert "•••" not in answer
        assert "assistant_reset_breaker_open 1.0" in client(node.url).get("/metrics").text
        store.do("UPDATE resets SET started_at = started_at - interval '61 seconds'")
        until(lambda: "assistant_reset_breaker_open 0.0" in client(node.url).get("/metrics").text)
        assert "Mình đã gửi thư" in Visitor(node.url).text("quên mật khẩu", CODE, PHONE)
        assert store.value("SELECT count(*) FROM audit WHERE starts_with(event, 'reset.breaker_')") == 2
        store.forget_resets()


class TestTheForm:
    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_another_site_cannot_submit_it_even_with_a_good_mark(self, node: Served, site: str) -> None:
        _, link = fresh_link(node)
        csrf = csrf_of(client(node.url).get(link).text)
        refused = client(node.url).post(link, data=fields(csrf, good()), headers={"sec-fetch-site": site})
        assert refused.status_code == 400
        password = good()
        own = client(node.url).post(link, data=fields(csrf, password), headers={"sec-fetch-site": "same-origin"})
        assert own.status_code == 200, "and the link is still good for its owner"

    @pytest.mark.parametrize(
        "named",
        [{"origin": "https://evil.example"}, {"referer": "https://evil.example/a"}, {"referer": "about:blank"},
         {"origin": "null", "referer": "https://evil.example/"}],
    )  # fmt: skip
    def test_a_browser_that_only_names_the_page_before_cannot_be_used_either(
        self, node: Served, named: dict[str, str]
    ) -> None:
        """Browsers from before Sec-Fetch-Site; of a page that hides its address they say "null" as well."""
        _, link = fresh_link(node)
        csrf = csrf_of(client(node.url).get(link).text)
        assert client(node.url).post(link, data=fields(csrf, good()), headers=named).status_code == 400
        password = good()
        assert client(node.url).post(link, data=fields(csrf, password), headers={"origin": "null"}).status_code == 200

    def test_every_answer_is_strict_private_and_unkept(self, node: Served) -> None:
        _, link = fresh_link(node)
        browser = client(node.url)
        csrf = csrf_of(browser.get(link).text)
        answers = [
            browser.get(link), browser.post(link, data={}), browser.post(link, data=fields(csrf, "ngắn")),
            browser.post(link, data=fields(csrf, "x" * 9000)), browser.post(link, data=fields(csrf, good())),
            browser.get(link), browser.get(f"{link}x"),
        ]  # fmt: skip
        assert [answer.status_code for answer in answers] == [200, 400, 400, 413, 200, 404, 404]
        for answer in answers:
            policy = answer.headers["content-security-policy"]
            assert {directive.strip() for directive in policy.split(";")} == DIRECTIVES
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "noindex" in answer.headers["x-robots-tag"]
            assert "set-cookie" not in answer.headers

    def test_a_password_that_is_too_long_says_so_and_keeps_the_form(self, node: Served) -> None:
        _, link = fresh_link(node)
        refused = client(node.url).post(link, data=fields("x", "x" * 9000))
        assert "tối đa 128 ký tự" in refused.text
        assert '<form method="post"' in refused.text


def on_an_old_phone(browser: Browser, node: Served, script: bool) -> BrowserContext:
    context = browser.new_context(base_url=node.url, locale="vi-VN", java_script_enabled=script, **OLD_PHONE)
    context.set_default_timeout(BROWSER_MS)
    return context


def shot(page: Page, name: str) -> None:
    """Keeps a picture where SHOTS says, for people to look at."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("script", [False, True], ids=["without JavaScript", "with JavaScript"])
def test_an_old_phone_sets_a_password_with_and_without_javascript(browser: Browser, node: Served, script: bool) -> None:
    _, link = fresh_link(node)
    context = on_an_old_phone(browser, node, script)
    asked: list[tuple[str, str]] = []
    complaints: list[str] = []
    context.on("request", lambda request: asked.append((request.url, request.headers.get("referer", ""))))
    page = context.new_page()
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.goto(link)
    first = page.get_by_label("Mật khẩu mới", exact=True)
    again = page.get_by_label("Nhập lại mật khẩu mới", exact=True)
    button = page.get_by_role("button", name="Lưu mật khẩu mới")
    expect(first).to_have_attribute("autocomplete", "new-password")
    shot(page, f"reset-360-{script}")
    for field in (first, again, button):
        box = field.bounding_box()
        assert box is not None
        assert box["height"] >= 44, "a thumb hits it"
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360, "nothing sticks out"
    assert page.locator("html").bounding_box()["width"] <= 360  # type: ignore[index]
    # The browser's own check would keep a short password from being sent.
    first.fill("password1")
    again.fill("password1")
    button.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("quá dễ đoán")
    expect(first).to_have_attribute("aria-invalid", "true")
    described = first.get_attribute("aria-describedby") or ""
    assert "error" in described.split(), "a screen reader reads the reason with the field"
    shot(page, f"reset-360-refused-{script}")
    password = good()
    first.fill(password)
    again.fill(password)
    button.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("thành")
    shot(page, f"reset-360-done-{script}")
    page.get_by_role("link", name="Về trang trò chuyện").click()
    page.wait_for_url("**/")
    assert logs_in(node, password)
    token = link.rpartition("/")[2]
    assert not any(token in referrer for _, referrer in asked), "the address went nowhere"
    assert not any(token in url for url, _ in asked if not url.startswith(f"{node.url}/dat-lai-mat-khau/"))
    assert [said for said in complaints if "status of 400" not in said] == []
    context.close()


def test_the_words_of_every_refusal_are_read_out_and_in_vietnamese(browser: Browser, node: Served) -> None:
    _, link = fresh_link(node)
    context = on_an_old_phone(browser, node, script=False)
    page = context.new_page()
    for password, reason in (
        ("12345678", "quá dễ đoán"), (f"{CODE}!", "không được chứa"), ("Nguyen An 1990", "không được chứa"),
        (f"+84{PHONE[1:]}", "không được chứa"), ("30041975", "quá dễ đoán"),
    ):  # fmt: skip
        page.goto(link)
        page.get_by_label("Mật khẩu mới", exact=True).fill(password)
        page.get_by_label("Nhập lại mật khẩu mới", exact=True).fill(password)
        page.get_by_role("button", name="Lưu mật khẩu mới").click()
        expect(page.get_by_role("alert")).to_contain_text(reason)
        assert password not in page.content(), "what was typed is not sent back"
    context.close()
