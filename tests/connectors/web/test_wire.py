"""The web chat and the password page on the wire: what browsers, scripts and attackers send."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import Served
from tests.kit.people import (
    CODE,
    EMAIL,
    GOOD_PASSWORD,
    MASKED,
    PHONE,
    Store,
    Visitor,
    client,
    csrf_of,
    fresh_link,
    is_vietnamese,
)
from tests.kit.waiting import CLIENT, until

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def visitor(node: Served) -> Visitor:
    return Visitor(node.url)


# ---- messages in


def test_conversation_to_the_mail(node: Served) -> None:
    visitor, link = fresh_link(node)
    assert link.startswith(node.url)
    said = json.dumps(visitor.history(), ensure_ascii=False)
    assert MASKED in said
    assert "[mã số BHXH]" in said
    assert not any(own in said for own in (CODE, PHONE, EMAIL, "⟦"))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"{}", b"\xff\xfe", b'{"text": "hi"}', b'{"id": "", "text": "hi"}',
     b'{"id": 5, "text": "hi"}', b'{"id": "a b", "text": "hi"}', b'{"id": "../..", "text": "hi"}', b'{"id": "a1"}',
     b'{"id": "a2", "text": 5}', b'{"id": "a3", "text": null}', b'{"id": "a4", "text": ["hi"]}', b"[" * 60_000,
     b'{"id": "a5", "payload": {}}', b'{"id": "a6", "text": "\\ud800"}', b'{"id":"' + b"x" * 65 + b'","text":"hi"}'],
)  # fmt: skip
def test_unreadable_bodies_are_refused_in_words(visitor: Visitor, body: bytes) -> None:
    answer = visitor.http.post("/chat/messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert is_vietnamese(answer.json()["error"])
    assert visitor.history()["messages"] == []


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_content_types_are_refused(visitor: Visitor, kind: str) -> None:
    answer = visitor.http.post("/chat/messages", content=b'{"id": "a", "text": "hi"}', headers={"content-type": kind})
    assert answer.status_code == 400
    assert is_vietnamese(answer.json()["error"])


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1", "null", "http://127.0.0.1:1", "x"])
def test_another_site_cannot_write_for_a_visitor(visitor: Visitor, origin: str) -> None:
    message = {"id": "abc", "text": "hi"}
    assert visitor.http.post("/chat/messages", json=message, headers={"origin": origin}).status_code == 403
    assert visitor.history()["messages"] == []


def test_own_origin_is_welcome(visitor: Visitor, node: Served) -> None:
    message = {"id": "abc", "text": "chào"}
    assert visitor.http.post("/chat/messages", json=message, headers={"origin": node.url}).status_code == 202


def test_without_a_cookie_nothing_is_taken_or_shown(node: Served) -> None:
    stranger = client(node.url)
    refused = stranger.post("/chat/messages", json={"id": "a", "text": "hi"})
    assert refused.status_code == 403
    assert is_vietnamese(refused.json()["error"])
    assert stranger.get("/chat/stream").status_code == 403
    assert stranger.get("/chat/history").json()["messages"] == []
    for cookie in ("", "x", "x" * 500, "\"'; DROP TABLE inbox; --"):
        asked = stranger.get("/chat/history", headers={"cookie": f"chat={cookie}"})
        assert asked.json()["messages"] == []


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(node: Served) -> None:
    cookie = httpx.get(node.url).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize("size", [2001, 60_000, 66_000, 100_000, 2_000_000])
def test_long_texts_get_kind_words(visitor: Visitor, size: int) -> None:
    answer = visitor.send("quên mật khẩu " * (size // 14 + 1) if size < 10_000 else "a" * size)
    if answer.status_code == 413:
        assert size > 60_000
        assert is_vietnamese(answer.json()["error"])
    else:
        assert answer.status_code == 202
        assert "dài quá" in visitor.answered()[-1]["text"]


def test_a_body_larger_than_said_is_refused(visitor: Visitor) -> None:
    def endless() -> Any:
        for _ in range(70):
            yield b" " * 1024

    answer = visitor.http.post("/chat/messages", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀😀😀", "{}", "/restart", "\x00", "quên\x00mật\x00khẩu", "\u202e\u200b", "<script>alert(1)</script>",
     "⟦bhxh_code:aaaaaaaaaaaaaaaa⟧", "{masked_email} {0} %s", "\ufffe\uffff", "𝓺𝓾𝓮̂𝓷 𝓶𝓪̣̂𝓽 𝓴𝓱𝓪̂̉𝓾"],
)  # fmt: skip
def test_odd_texts_are_answered(visitor: Visitor, text: str) -> None:
    (answer, *_) = visitor.ask(text)
    assert answer["text"].strip()
    assert "trục trặc" not in answer["text"]


@pytest.mark.parametrize(
    "changed", [{"payload": "#no\x00thing", "title": "a"}, {"payload": "#greet", "title": "a\x00b"}]
)
def test_odd_presses_are_answered_or_refused(visitor: Visitor, changed: dict[str, str]) -> None:
    assert visitor.send("", **changed).status_code in (202, 400)
    visitor.history()


@pytest.mark.parametrize("typed", ["²", "٣", "①", "9"])
def test_odd_numbers_for_a_button_are_answered(visitor: Visitor, typed: str) -> None:
    assert visitor.ask("chào bạn")[-1]["buttons"]
    assert "trục trặc" not in visitor.text(typed)


def test_decomposed_text_reads_like_composed(visitor: Visitor) -> None:
    assert "mã số BHXH" in visitor.text(unicodedata.normalize("NFD", "em quên mật khẩu vssid"))


def test_a_press_is_no_way_around_the_tokens(visitor: Visitor, store: Store) -> None:
    visitor.ask("", payload="#greet", title=f"mã {CODE} sđt {PHONE}")
    visitor.ask("", payload=f"mã {CODE} sđt {PHONE}", title="")
    kept = str(store.rows("SELECT body FROM inbox WHERE conversation = %s", visitor.conversation))
    assert CODE not in kept
    assert PHONE not in kept


def test_the_same_message_twenty_times_at_once_is_answered_once(visitor: Visitor, store: Store) -> None:
    name = secrets.token_hex(16)
    with ThreadPoolExecutor(20) as many:
        sent = list(many.map(lambda _: visitor.send("em quên mật khẩu vssid", name).status_code, range(20)))
    assert sent == [202] * 20
    said = [message["from"] for message in visitor.answered()]
    assert said == ["person", "bot"]
    assert visitor.send("em quên mật khẩu vssid", name).status_code == 202
    assert store.value("SELECT count(*) FROM turns WHERE conversation = %s", visitor.conversation) == 1


def test_the_same_id_of_two_people_is_two_messages(node: Served) -> None:
    first, second = Visitor(node.url), Visitor(node.url)
    assert first.ask("chào bạn", message_id="one")
    assert second.ask("chào bạn", message_id="one")


def test_many_messages_at_once_are_answered_in_order(visitor: Visitor) -> None:
    texts = ["em quên mật khẩu vssid", CODE, PHONE, "cảm ơn"]
    for text in texts:
        assert visitor.send(text).status_code == 202
    said = visitor.answered()
    asked = [number for number, message in enumerate(said) if message["from"] == "person"]
    assert len(asked) == 4
    for start, end in zip(asked, [*asked[1:], len(said)], strict=True):
        assert all(message["from"] == "bot" for message in said[start + 1 : end])
        assert end - start >= 2


# ---- messages out


def _events(visitor: Visitor, **headers: str) -> list[dict[str, Any]]:
    """Reads a stream up to its first `idle`."""
    found: list[dict[str, Any]] = []
    with visitor.http.stream("GET", "/chat/stream", headers=headers) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        number = ""
        for line in stream.iter_lines():
            if line == "event: idle":
                return found
            if line.startswith("id: "):
                number = line[4:]
            elif line.startswith("data: {") and number:
                found.append({"event_id": number, **json.loads(line[6:])})
    raise AssertionError("the stream ended")


def test_a_stream_goes_on_where_it_broke(visitor: Visitor) -> None:
    for text in ("chào bạn", "tổng đài số mấy", "em quên mật khẩu vssid"):
        visitor.ask(text)
    everything = _events(visitor)
    assert len(everything) >= 3
    assert _events(visitor, **{"last-event-id": everything[0]["event_id"]}) == everything[1:]
    assert _events(visitor, **{"last-event-id": everything[-1]["event_id"]}) == []


@pytest.mark.parametrize("after", ["", "x", "-1", "1e9", "9" * 18, "9" * 40, "\xb2", "0x10", "' OR 1=1"])
def test_a_stream_takes_any_starting_point(visitor: Visitor, after: str) -> None:
    visitor.ask("chào bạn")
    _events(visitor, **{"last-event-id": after.encode("latin-1")})  # type: ignore[arg-type]


# ---- errors and headers


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/chat", "/chat/messages", "/static/nothing.js", "/static/../pages.py", "/static/%2e%2e/pages.py",
     "/.env", "/sandbox/nothing", "/webhooks/zalo", "/webhooks/other", "/dat-lai-mat-khau", "/dat-lai-mat-khau/",
     "/dat-lai-mat-khau/x", "/dat-lai-mat-khau/%00", "/dat-lai-mat-khau/%ff%fe", "/dat-lai-mat-khau/" + "x" * 5000],
)  # fmt: skip
def test_unknown_addresses_show_a_vietnamese_page(node: Served, path: str) -> None:
    answer = client(node.url).get(path, headers=PAGE)
    assert answer.status_code in (404, 405)
    assert 'lang="vi"' in answer.text
    assert is_vietnamese(answer.text)


def _assert_safe(answer: httpx.Response) -> None:
    headers = answer.headers
    assert re.match("default-src '(self|none)';", headers["content-security-policy"]), answer.url
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")
    assert "server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/quyen-rieng-tu", 200), ("GET", "/static/chat.js", 200),
     ("GET", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/sandbox/", 200), ("GET", "/sandbox", 307),
     ("GET", "/chat/history", 200), ("GET", "/chat/stream", 403), ("POST", "/chat/messages", 403),
     ("GET", "/chat/messages", 405), ("PUT", "/", 405), ("GET", "/nothing", 404), ("POST", "/webhooks/zalo", 401),
     ("GET", "/dat-lai-mat-khau/x", 404), ("POST", "/dat-lai-mat-khau/x", 404), ("DELETE", "/static/chat.js", 405)],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(node: Served, method: str, path: str, status: int) -> None:
    answer = client(node.url).request(method, path)
    assert answer.status_code == status
    _assert_safe(answer)


@pytest.mark.parametrize("headers", [PAGE, {"accept": "application/json"}])
def test_a_failure_inside_shows_nothing_of_the_inside(
    node: Served, visitor: Visitor, store: Store, headers: dict[str, str]
) -> None:
    visitor.ask("chào bạn")
    store.do("ALTER TABLE outbox RENAME TO outbox_away")
    try:
        answer = visitor.http.get("/chat/history", headers=headers)
    finally:
        store.do("ALTER TABLE outbox_away RENAME TO outbox")
    assert answer.status_code == 503
    assert is_vietnamese(answer.json()["error"] if "json" in headers["accept"] else answer.text)
    assert "outbox" not in answer.text
    _assert_safe(answer)
    assert visitor.ask("chào bạn")
    assert "chào bạn" not in node.log.read_text()


def test_a_turn_that_fails_ends_in_an_apology(visitor: Visitor, store: Store) -> None:
    visitor.ask("chào bạn")
    assert visitor.text("quên mật khẩu")
    store.do("ALTER TABLE attempts RENAME TO attempts_away")
    try:
        assert "trục trặc" in visitor.text(CODE, PHONE)
    finally:
        store.do("ALTER TABLE attempts_away RENAME TO attempts")
    assert visitor.ask("chào bạn")


def test_a_database_that_goes_away_comes_back(node: Served, visitor: Visitor, server_url: str) -> None:
    visitor.ask("chào bạn")
    name = node.database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    message_id = secrets.token_hex(16)
    until(lambda: visitor.send("em quên mật khẩu vssid", message_id).status_code == 202)
    said = until(lambda: (found := visitor.answered()) and "mã số BHXH" in found[-1]["text"] and found)
    assert [message["from"] for message in said] == ["person", "bot"] * 2


# ---- the password page


def _form(csrf: str, password: str, again: str | None = None) -> dict[str, str]:
    return {"csrf": csrf, "password": password, "password_again": password if again is None else again}


def _logs_in(node: Served, password: str, code: str = CODE) -> bool:
    return bool(client(node.url).post("/sandbox/api/login", json={"code": code, "password": password}).json()["ok"])


def test_a_password_is_set_without_javascript_and_once(node: Served, store: Store) -> None:
    visitor, link = fresh_link(node)
    browser, mails = client(node.url), len(node.mails())
    for method in ("GET", "HEAD", "GET", "HEAD", "GET"):  # mail scanners look first
        assert browser.request(method, link).status_code == 200
    page = browser.get(link)
    assert '<form method="post"' in page.text
    assert CODE not in page.text
    assert CODE[-3:] in page.text
    password = f"ba con mèo {secrets.token_hex(3)}"
    done = browser.post(link, data=_form(csrf_of(page.text), password))
    assert done.status_code == 200
    assert "thành" in done.text
    for answer in (page, done):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        _assert_safe(answer)
    assert _logs_in(node, password)
    assert "đặt lại thành công" in visitor.answered()[-1]["text"]
    (told, *_) = until(lambda: (found := node.mails()) and len(found) > mails and found)
    assert "vừa được thay đổi" in told["subject"]
    assert told["to"] == EMAIL
    for dead in (browser.get(link), browser.post(link, data=_form(csrf_of(page.text), "một hai ba bốn"))):
        assert dead.status_code == 404
        assert "không còn dùng được" in dead.text
        assert dead.headers["cache-control"] == "no-store"
    assert _logs_in(node, password)
    assert store.value("SELECT count(*) FROM mail WHERE kind = 'password_changed' AND state = 'sent'") == 1


def test_a_newer_link_and_an_expired_one(node: Served, store: Store) -> None:
    _, link = fresh_link(node)
    store.do("UPDATE resets SET expires_at = now()")
    assert client(node.url).get(link).status_code == 404
    assert client(node.url).post(link, data=_form("x", GOOD_PASSWORD)).status_code == 404


def test_refusals_of_the_form_keep_the_link_good(node: Served) -> None:
    _, link = fresh_link(node)
    browser = client(node.url)
    csrf = csrf_of(browser.get(link).text)
    refused = [
        _form("", GOOD_PASSWORD), _form("0." + "0" * 64, GOOD_PASSWORD), _form("\xb2.x", GOOD_PASSWORD),
        _form(csrf[:-1] + ("0" if csrf[-1] != "0" else "1"), GOOD_PASSWORD), _form("9" * 30 + ".x", GOOD_PASSWORD),
        _form(csrf, GOOD_PASSWORD, "khác hẳn đi"), _form(csrf, GOOD_PASSWORD, ""), _form(csrf, ""),
        _form(csrf, "ngắn"), _form(csrf, "password1"), _form(csrf, "aaaaaaaaaaaa"), _form(csrf, "12345678"),
        _form(csrf, "0987654321"), _form(csrf, CODE), _form(csrf, PHONE), _form(csrf, f"vssid{CODE}"),
        _form(csrf, "nguyen.an"), _form(csrf, "x1Y" * 100), {"csrf": csrf}, {},
    ]  # fmt: skip
    for fields in refused:
        answer = browser.post(link, data=fields)
        assert answer.status_code == 400, fields
        error = answer.text.partition('role="alert"')[2].partition("</p>")[0]
        assert is_vietnamese(error), fields
        if len(fields.get("password", "")) > 4:
            assert f'value="{fields["password"]}"' not in answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert browser.post(link, content=b"\xff\xfe=&&&==%%%", headers={"content-type": "x"}).status_code == 400
    assert browser.post(link, data=_form(csrf, "x" * 9000)).status_code == 413
    assert browser.post(link, data=_form(csrf, GOOD_PASSWORD)).status_code == 200
    assert _logs_in(node, GOOD_PASSWORD)


def test_the_form_of_one_link_is_no_good_for_another(node: Served) -> None:
    _, one = fresh_link(node, "9200000888", "le.chi@example.com")
    browser = client(node.url)
    csrf = csrf_of(browser.get(one).text)
    _, other = fresh_link(node, "0116000045", "0912000045")
    assert browser.post(other, data=_form(csrf, GOOD_PASSWORD)).status_code == 400


def test_fifty_at_once_set_one_password(node: Served, store: Store) -> None:
    _, link = fresh_link(node)
    csrf = csrf_of(client(node.url).get(link).text)
    passwords = [f"năm mươi con {number} {secrets.token_hex(3)}" for number in range(50)]

    def press(password: str) -> int:
        return httpx.post(link, data=_form(csrf, password), timeout=CLIENT).status_code

    with ThreadPoolExecutor(50) as many:
        statuses = list(many.map(press, passwords))
    assert sorted(statuses) == [200] + [404] * 49
    winner = passwords[statuses.index(200)]
    assert _logs_in(node, winner)
    assert not any(_logs_in(node, password) for password in passwords[:5] if password != winner)
    assert store.value("SELECT count(*) FROM mail WHERE kind = 'password_changed'") == 1


def test_two_visitors_of_one_account_cannot_see_each_other(node: Served) -> None:
    first, _ = fresh_link(node)
    second = Visitor(node.url)
    assert second.history()["messages"] == []
    assert first.history()["messages"] != []
