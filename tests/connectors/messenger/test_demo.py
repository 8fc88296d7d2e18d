"""The demo: a Messenger user in /sandbox, over the real protocol, to a new password."""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest

from tests.conftest import Served
from tests.kit.people import CODE, EMAIL, GOOD_PASSWORD, LINK, MASKED, PHONE, Store, client, csrf_of
from tests.kit.waiting import until


class Bench:
    """A person in the page's Messenger window."""

    def __init__(self, node: Served) -> None:
        self.node = node
        self.http = client(node.url)
        self.user = f"29{secrets.randbelow(10**14):014d}"
        self.conversation = f"messenger:{self.user}"

    def act(self, act: str, **more: Any) -> httpx.Response:
        return self.http.post("/sandbox/api/messenger/acts", json={"user": self.user, "act": act, **more})

    def thread(self) -> list[dict[str, Any]]:
        answer = self.http.get("/sandbox/api/messenger/thread", params={"user": self.user}).json()
        found: list[dict[str, Any]] = answer["messages"]
        return found

    def page(self) -> list[dict[str, Any]]:
        return [message for message in self.thread() if message["from"] == "page"]

    def does(self, act: str, **more: Any) -> str:
        """Does something and returns the words of the answer."""
        before = len(self.page())
        answer = self.act(act, **more)
        assert answer.status_code == 200, answer.text
        until(lambda: len(self.page()) > before)
        store = Store(self.node.database_url)
        until(lambda: not store.waiting(self.conversation))
        query = "SELECT count(*) FROM outbox WHERE conversation = %s AND state = 'waiting'"
        until(lambda: not store.value(query, self.conversation))
        return "\n".join(message["text"] for message in self.page()[before:])


@pytest.fixture
def bench(node: Served) -> Bench:
    Store(node.database_url).forget_resets()
    return Bench(node)


def test_the_whole_way_to_a_new_password(node: Served, bench: Bench) -> None:
    mails = len(node.mails())
    assert "trợ lý tự động" in bench.does("postback", text="Bắt đầu", payload="#greet")
    offered = bench.page()[-1]["quick_replies"]
    reset = next(reply for reply in offered if reply["payload"] == "#reset_password")
    assert "mã số BHXH" in bench.does("quick_reply", text=reset["title"], payload=reset["payload"])
    assert "số điện thoại hoặc e-mail" in bench.does("text", text=CODE)
    assert MASKED in bench.does("text", text=PHONE)
    mail = until(lambda: (found := node.mails()) and len(found) > mails and found[0])
    assert mail["to"] == EMAIL
    link = LINK.findall(mail["text"])[0]
    browser = client(node.url)
    fields = {"csrf": csrf_of(browser.get(link).text), "password": GOOD_PASSWORD, "password_again": GOOD_PASSWORD}
    assert browser.post(link, data=fields).status_code == 200
    until(lambda: "đặt lại thành công" in bench.page()[-1]["text"])
    said = json.dumps(bench.page(), ensure_ascii=False)
    assert not any(secret in said for secret in (CODE, PHONE, EMAIL, GOOD_PASSWORD, link.rpartition("/")[2], "⟦"))
    kept = str(Store(node.database_url).rows("SELECT body FROM inbox WHERE conversation = %s", bench.conversation))
    assert CODE not in kept
    assert PHONE not in kept
    login = browser.post("/sandbox/api/login", json={"code": CODE, "password": GOOD_PASSWORD}).json()
    assert login["ok"] is True


def test_seen_typing_and_receipts_are_there(node: Served, bench: Bench) -> None:
    bench.does("text", text="chào bạn")
    answer = bench.http.get("/sandbox/api/messenger/thread", params={"user": bench.user, "read": "1"}).json()
    assert answer["seen_at"] > 0
    assert answer["typing"] is False
    query = "SELECT delivered_at IS NOT NULL, seen_at IS NOT NULL FROM outbox WHERE conversation = %s"
    until(lambda: Store(node.database_url).rows(query, bench.conversation) == [(True, True)])


@pytest.mark.parametrize("act", ["image", "voice"])
def test_what_is_no_text_gets_kind_words(bench: Bench, act: str) -> None:
    assert "chỉ đọc được chữ" in bench.does(act)


def test_a_thumb_is_no_picture(bench: Bench) -> None:
    bench.does("text", text="chào bạn")
    assert "chỉ đọc được chữ" not in bench.does("thumb")


def test_a_declaration_opens_by_a_button(bench: Bench) -> None:
    bench.does("text", text="#declare_tk1")
    (link, *others) = bench.page()[-1]["buttons"]
    assert link["type"] == "web_url"
    assert link["title"] == "Mở trang"
    assert "TK1-TS" in bench.http.get(link["url"]).text
    assert [button["type"] for button in others] == ["postback"]
    assert "BHXH" in bench.does("postback", text=others[0]["title"], payload=others[0]["payload"])


def test_a_link_to_the_page_opens_what_it_names(bench: Bench) -> None:
    assert "mã số BHXH" in bench.does("link", text="quen-mat-khau")


def test_a_colleague_is_left_alone_until_the_thread_comes_back(node: Served, bench: Bench) -> None:
    bench.does("text", text="chào bạn")
    shown = len(bench.page())
    store = Store(node.database_url)
    store.do(  # a colleague needs longer than an automation to read and type
        "UPDATE inbox SET sent_at = sent_at - interval '1 min', accepted_at = accepted_at - interval '1 min'"
    )
    assert bench.act("colleague", text="Chào chị, em xem giúp chị nhé").status_code == 200
    assert bench.act("text", text="em quên mật khẩu").status_code == 200
    until(lambda: not store.waiting(bench.conversation))
    assert len(bench.page()) == shown
    assert store.rows("SELECT state, reason FROM handovers WHERE conversation = %s", bench.conversation) == [
        ("with_person", "answered_outside")
    ]
    assert bench.act("give_back").status_code == 200
    assert "mã số BHXH" in bench.does("text", text="em quên mật khẩu")


def test_the_welcome_screen_is_set_up(node: Served) -> None:
    told = client(node.url).get("/sandbox/api/messenger/people").json()
    assert len(told["people"]) >= 3
    assert {"get_started", "greeting", "persistent_menu", "ice_breakers"} == set(told["profile"])


@pytest.mark.parametrize("data", [{}, {"user": "x", "act": "text"}, {"user": "123456", "act": "nothing"},
                                  {"user": "123456", "act": "text", "text": " "}, [], "x"])  # fmt: skip
def test_what_the_bench_cannot_do_is_refused(node: Served, data: Any) -> None:
    assert client(node.url).post("/sandbox/api/messenger/acts", json=data).status_code == 400


def test_the_rules_can_be_changed(node: Served, bench: Bench) -> None:
    rules = client(node.url)
    assert rules.post("/sandbox/api/messenger/rules", json={"error": 1200}).status_code == 200
    assert "trợ lý tự động" in bench.does("text", text="chào bạn")  # sent again after the error
    assert (
        rules.post("/sandbox/api/messenger/rules", json={"error": 5, "hours": -1, "token": "x"}).json()["token"]
        == "good"
    )
