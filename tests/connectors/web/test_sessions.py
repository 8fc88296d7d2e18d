"""Attack: a cookie is planted in somebody's browser, guessed, or kept from before, to read along in their chat."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from connectors.web.session import Session, Sessions
from tests.conftest import Served
from tests.kit import people
from tests.kit.people import Store, Visitor, client, conversation_of, fresh_link, until

COOKIE = "chat"


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Closes every client of a test."""
    yield
    people.close_clients()


def with_cookie(node: Served, value: str) -> httpx.Client:
    """Returns a browser in which somebody put a cookie."""
    http = client(node.url)
    http.cookies.set(COOKIE, value, domain="127.0.0.1", path="/")
    return http


def seen_by(http: httpx.Client) -> list[dict[str, Any]]:
    """Returns what a browser is shown."""
    return list(http.get("/chat/history").json()["messages"])


def request_with(cookie: str, name: str = COOKIE) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{name}={cookie}".encode())]})


@pytest.mark.parametrize(
    "planted",
    [secrets.token_urlsafe(32), "a" * 43, f"{'a' * 22}.0.{'0' * 64}", f"{'a' * 22}.1.{'f' * 64}", "x" * 500],
    ids=["random", "old shape", "no mac", "next number", "long"],
)
def test_a_planted_cookie_is_replaced_and_shows_nothing(node: Served, planted: str) -> None:
    http = with_cookie(node, planted)
    assert http.post("/chat/messages", json={"id": "a1", "text": "chào"}).status_code == 403
    assert http.get("/chat/stream").status_code == 403
    answer = http.get("/chat/history")
    assert answer.json()["messages"] == []
    assert planted not in answer.headers["set-cookie"]
    assert with_cookie(node, planted).get("/").cookies[COOKIE] != planted


def test_a_cookie_made_with_another_key_or_another_number_is_nobodys() -> None:
    ours, other = Sessions([b"k" * 32], secure=False), Sessions([b"o" * 32], secure=False)
    made = Response()
    ours.give(made, Session("s" * 22, 1))
    value = made.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert ours.of(request_with(value)) == Session("s" * 22, 1)
    assert other.of(request_with(value)) is None
    secret, _, mac = value.split(".")
    for number in (0, 2, 10):
        assert ours.of(request_with(f"{secret}.{number}.{mac}")) is None


def test_two_keys_are_live_while_one_is_exchanged() -> None:
    made = Response()
    Sessions([b"o" * 32], secure=False).start(made)
    value = made.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert Sessions([b"n" * 32, b"o" * 32], secure=False).of(request_with(value))
    assert not Sessions([b"n" * 32], secure=False).of(request_with(value))


def test_behind_tls_no_other_site_of_the_domain_can_plant_one() -> None:
    made = Response()
    sessions = Sessions([b"k" * 32], secure=True)
    sessions.start(made)
    cookie = made.headers["set-cookie"]
    assert cookie.startswith("__Host-chat=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    value = cookie.partition("=")[2].partition(";")[0]
    assert sessions.of(request_with(value, COOKIE)) is None


def test_the_secret_changes_once_the_person_was_told_what_is_kept(node: Served, store: Store) -> None:
    visitor = Visitor(node.url)
    before = visitor.http.cookies[COOKIE]
    visitor.ask("chào bạn")
    assert visitor.http.cookies[COOKIE] == before
    visitor.ask("em quên mật khẩu vssid")
    assert store.value("SELECT count(*) FROM consents WHERE conversation = %s", visitor.conversation) == 1
    visitor.ask("thôi dừng lại")
    after = visitor.http.cookies[COOKIE]
    assert after != before
    assert conversation_of(after) == visitor.conversation
    assert len(seen_by(visitor.http)) >= 6
    planted = with_cookie(node, before)
    assert seen_by(planted) == []
    refused = with_cookie(node, before).post("/chat/messages", json={"id": "a2", "text": "chào"})
    assert refused.status_code == 403


def test_and_at_a_reset(node: Served) -> None:
    visitor, _ = fresh_link(node)
    before = visitor.http.cookies[COOKIE]
    visitor.ask("cảm ơn")
    assert visitor.http.cookies[COOKIE] != before
    assert seen_by(visitor.http)
    assert seen_by(with_cookie(node, before)) == []


def test_a_link_to_a_declaration_is_not_shown_to_the_cookie_before(node: Served) -> None:
    visitor = Visitor(node.url)
    visitor.ask("em quên mật khẩu vssid")
    before = visitor.http.cookies[COOKIE]
    visitor.ask("thôi dừng lại")
    visitor.ask("", payload="#declare_tk1", title="Điền tờ khai")
    assert any("/to-khai/" in message["text"] for message in seen_by(visitor.http))
    assert seen_by(with_cookie(node, before)) == []


def test_an_answer_lost_on_its_way_locks_nobody_out(node: Served) -> None:
    visitor = Visitor(node.url)
    visitor.ask("em quên mật khẩu vssid")
    before = visitor.http.cookies[COOKIE]
    lost = with_cookie(node, before)
    first = lost.post("/chat/messages", json={"id": "b1", "text": "thôi dừng lại"})
    assert first.cookies[COOKIE] != before
    again = with_cookie(node, before).post("/chat/messages", json={"id": "b1", "text": "thôi dừng lại"})
    assert again.status_code == 202
    assert again.cookies[COOKIE] == first.cookies[COOKIE]
    assert until(lambda: seen_by(with_cookie(node, first.cookies[COOKIE])))
    assert seen_by(with_cookie(node, before)) == []


def test_an_open_stream_of_the_old_cookie_ends(node: Served) -> None:
    visitor = Visitor(node.url)
    visitor.ask("em quên mật khẩu vssid")
    eavesdropper = with_cookie(node, visitor.http.cookies[COOKIE])
    with eavesdropper.stream("GET", "/chat/stream") as stream:
        lines = stream.iter_lines()
        next(lines)
        visitor.ask("thôi dừng lại")
        visitor.ask("mật khẩu gồm những gì")
        heard = "".join(lines)  # ends: the server closes it
    assert "event: idle" in heard
    assert eavesdropper.get("/chat/stream").status_code == 403


def test_who_erases_everything_still_reads_that_it_was_done(node: Served) -> None:
    visitor = Visitor(node.url)
    visitor.ask("em quên mật khẩu vssid")
    visitor.ask("thôi dừng lại")
    visitor.ask("", payload="#ask_erase", title="Xóa dữ liệu")
    assert "đã xóa" in " ".join(m["text"] for m in visitor.ask("", payload="#erase_now", title="Xóa")).lower()
