"""On every channel: one person who floods is read within the limits and told once; the others notice nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import Served, serve
from tests.kit import postgres
from tests.kit.people import Store, Visitor, ZaloUser, client
from tests.kit.waiting import until

READ, SENT = 8, 40
NOTICE, NOTICE_SMS = "Bạn nhắn hơi nhanh", "Ban nhan hoi nhanh"


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A node with a low limit, and all channels."""
    folder = tmp_path_factory.mktemp("limits")
    (folder / "limits.yml").write_text(f"messages_a_minute: {READ}\n", encoding="utf-8")
    url = postgres.create(server_url)
    served = serve(url, model_path, folder, LIMITS_FILE=str(folder / "limits.yml"), SMS_GATEWAY="sandbox")
    served.start()
    yield served
    served.stop()


class Writer:
    """Somebody on a channel: how they write, and what they see."""

    def __init__(self, node: Served) -> None:
        self.http = client(node.url)
        self.user = f"9{secrets.randbelow(10**14):014d}"
        self.channel = "zalo"

    def write(self, text: str) -> httpx.Response:
        return self.http.post("/sandbox/api/zalo/messages", json={"user": self.user, "text": text})

    def seen(self) -> list[str]:
        found = self.http.get("/sandbox/api/zalo/messages", params={"user": self.user}).json()
        return [message["text"] for message in found if message["from"] == "oa"]


class OnMessenger(Writer):
    def __init__(self, node: Served) -> None:
        super().__init__(node)
        self.channel = "messenger"

    def write(self, text: str) -> httpx.Response:
        return self.http.post("/sandbox/api/messenger/acts", json={"user": self.user, "act": "text", "text": text})

    def seen(self) -> list[str]:
        found = self.http.get("/sandbox/api/messenger/thread", params={"user": self.user}).json()["messages"]
        return [message["text"] for message in found if message["from"] == "page"]


class ByPhone(Writer):
    def __init__(self, node: Served) -> None:
        super().__init__(node)
        self.channel, self.user = "sms", f"09{secrets.randbelow(10**8):08d}"

    def write(self, text: str) -> httpx.Response:
        return self.http.post("/sandbox/api/sms/messages", json={"user": self.user, "text": text})

    def seen(self) -> list[str]:
        found = self.http.get("/sandbox/api/sms/messages", params={"user": self.user}).json()["messages"]
        return [message["text"] for message in found if message["from"] == "oa"]


class OnTheWeb(Writer):
    def __init__(self, node: Served) -> None:
        super().__init__(node)
        self.channel, self._visitor = "web", Visitor(node.url)

    def write(self, text: str) -> httpx.Response:
        return self._visitor.send(text)

    def seen(self) -> list[str]:
        return [message["text"] for message in self._visitor.history()["messages"] if message["from"] == "bot"]


@pytest.mark.parametrize("kind", [Writer, OnMessenger, ByPhone, OnTheWeb], ids=["zalo", "messenger", "sms", "web"])
def test_a_flood_is_read_within_the_limits_and_answered_once(
    node: Served, store: Store, kind: Callable[[Served], Writer]
) -> None:
    flood, other = kind(node), kind(node)
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda number: flood.write(f"xin chào lần {number}"), range(SENT)))
    assert {answer.is_success for answer in answers} == {True}
    assert other.write("xin chào").is_success
    until(other.seen)
    notice = NOTICE_SMS if flood.channel == "sms" else NOTICE
    until(lambda: any(text.startswith(notice) for text in flood.seen()))
    assert not any(text.startswith(notice) for text in other.seen())
    until(lambda: not store.value("SELECT count(*) FROM inbox WHERE done_at IS NULL"))
    until(lambda: not store.value("SELECT count(*) FROM outbox WHERE state = 'waiting'"))
    mine = "SELECT count(*) FROM turns WHERE starts_with(conversation, %s) GROUP BY conversation ORDER BY 1"
    assert store.rows(mine, f"{flood.channel}:") == [(1,), (READ,)]
    told = "SELECT count(*) FROM outbox WHERE starts_with(conversation, %s) AND body ? 'limit'"
    assert store.value(told, f"{flood.channel}:") == 1
    page = client(node.url).get("/metrics").text
    counted = f'assistant_events_total{{channel="{flood.channel}",result="over"}} {float(SENT - READ)}'
    assert counted in page, [line for line in page.splitlines() if "over" in line]


def test_ten_people_are_answered_while_a_thousand_messages_of_one_come_in(node: Served, store: Store) -> None:
    flood, others = ZaloUser(node), [ZaloUser(node) for _ in range(10)]
    events = [flood.text_event(f"tin {number}") for number in range(1000)]
    with ThreadPoolExecutor(6) as hands:
        sent = [hands.submit(flood.post, event) for event in events]
        for other in others:
            assert other.post(other.text_event("xin chào")).status_code == 200
            until(lambda other=other: store.replies(other.conversation))
        assert {answer.result().status_code for answer in sent} == {200}
    until(lambda: not store.waiting(flood.conversation))
    turns = store.value("SELECT count(*) FROM turns WHERE conversation = %s", flood.conversation)
    assert READ <= turns <= READ * 2, "the minute may have turned once"
