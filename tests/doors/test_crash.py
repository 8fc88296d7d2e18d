"""Kills, restarts and stops: what was accepted is answered once, and the log stays silent about people."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from sandbox.zalo import ZaloStandIn
from tests.conftest import Served, free_port, serve
from tests.kit.people import APP_ID, CODE, EMAIL, MASKED, PHONE, Store, Visitor, ZaloUser
from tests.kit.waiting import PATIENCE, until

pytestmark = pytest.mark.dear(25)


@pytest.fixture
def served(database_url: str, model_path: Path, tmp_path: Path) -> Iterator[Served]:
    """A node that a test may kill and start again."""
    node = serve(database_url, model_path, tmp_path)
    node.start()
    yield node
    assert node.process is not None
    if node.process.poll() is None:
        node.kill()


class Outside:
    """A stand-in for Zalo in this process, so that it outlives the node."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.zalo = ZaloStandIn(APP_ID, "app-secret", "oa-secret", "http://127.0.0.1:1/closed")
        self.zalo.policy.ladder = ()
        self._server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=self.zalo.routes()), port=self.port, log_config=None, ws="none")
        )
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        async def run() -> None:
            await self._server.serve()
            await self.zalo.delivery.close()

        asyncio.run(run())

    def start(self) -> None:
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)

    def shown(self, user: str) -> list[str]:
        """Returns what the OA showed a user."""
        return [message["text"] for message in self.zalo.messages if message["user"] == user]


@pytest.fixture
def outside() -> Iterator[Outside]:
    found = Outside()
    found.start()
    yield found
    found.stop()


def _answered_once(store: Store, conversation: str, events: int) -> None:
    assert store.waiting(conversation) == 0
    assert store.value("SELECT count(*) FROM inbox WHERE conversation = %s", conversation) == events
    turns = store.rows("SELECT inbox_id, count(*) FROM turns WHERE conversation = %s GROUP BY 1", conversation)
    assert [count for _, count in turns] == [1] * events
    assert store.value("SELECT turns FROM conversations WHERE id = %s", conversation) == events


def test_killed_between_accepting_and_answering(served: Served) -> None:
    store = Store(served.database_url)
    visitor, user = Visitor(served.url), ZaloUser(served).follows_the_stand_in()
    visitor.ask("chào bạn")
    shown = len(user.shown("oa"))
    texts = ["em quên mật khẩu vssid", CODE, PHONE]
    with store.held(visitor.conversation), store.held(user.conversation):
        for text in texts:
            assert visitor.send(text).status_code == 202
            assert user.post(user.text_event(text)).status_code == 200
        time.sleep(0.7)  # a sweep goes by
        assert store.waiting(visitor.conversation) == store.waiting(user.conversation) == 3
        served.kill()
    served.start()
    said = visitor.answered()
    user.settled()
    _answered_once(store, visitor.conversation, 4)
    _answered_once(store, user.conversation, 4)
    answers = [message["text"] for message in said if message["from"] == "bot"][-3:]
    assert [message["from"] for message in said] == ["person", "bot"] * 4, [
        (message["from"], message["text"]) for message in said
    ]
    for answer, part in zip(answers, ("mã số BHXH", "số điện thoại", MASKED), strict=True):
        assert part in answer
    answers = [message["text"] for message in user.shown("oa")[shown:]]
    for answer, part in zip(answers, ("mã số BHXH", "số điện thoại", MASKED), strict=True):
        assert part in answer
    mails = until(lambda: (found := served.mails()) and len(found) >= 2 and found)
    assert [mail["to"] for mail in mails] == [EMAIL, EMAIL]  # one for each who asked


def test_killed_in_the_middle_of_many_turns(served: Served) -> None:
    store = Store(served.database_url)
    visitors = [Visitor(served.url) for _ in range(4)]
    sent = dict.fromkeys(range(4), 0)
    for number in range(40):
        if visitors[number % 4].send(f"tổng đài số mấy vậy, hỏi lần {number}").status_code == 202:
            sent[number % 4] += 1
    served.kill()
    served.start()
    for number, visitor in enumerate(visitors):
        said = visitor.answered()
        assert [message["from"] for message in said].count("person") == sent[number] == 10
        _answered_once(store, visitor.conversation, 10)
        per_turn = store.rows(
            "SELECT i.id, count(o.id) FROM inbox i LEFT JOIN outbox o ON o.inbox_id = i.id"
            " WHERE i.conversation = %s GROUP BY i.id",
            visitor.conversation,
        )
        assert all(count >= 1 for _, count in per_turn)


def test_killed_between_the_turn_and_the_delivery(
    database_url: str, model_path: Path, tmp_path: Path, outside: Outside
) -> None:
    settings = {
        "ZALO_APP_ID": APP_ID,
        "ZALO_APP_SECRET": "app-secret",
        "ZALO_OA_SECRET_KEYS": "old-secret,oa-secret",
        "ZALO_REFRESH_TOKEN": outside.zalo.grant(),
        "ZALO_OAUTH_URL": outside.url,
    }
    node = serve(database_url, model_path, tmp_path, ZALO_API_URL=f"http://127.0.0.1:{free_port()}", **settings)
    store, user = Store(database_url), f"9{secrets.randbelow(10**18):018d}"
    outside.zalo.world.interact(outside.zalo.account(), user)
    person = ZaloUser(node, user, "oa-secret")
    node.start()
    try:
        for text in ("em quên mật khẩu vssid", CODE, PHONE):
            assert person.post(person.text_event(text)).status_code == 200
        until(lambda: not store.waiting(person.conversation))
        # An attempt that ended: a kill while the single-use refresh token is on its way would lose the token.
        until(lambda: store.value("SELECT count(*) FROM outbox WHERE error IS NOT NULL") >= 1)
        node.kill()
        assert outside.shown(user) == []
        assert store.rows("SELECT DISTINCT state FROM outbox") == [("waiting",)]

        node.environment["ZALO_API_URL"] = outside.url
        node.start()
        until(lambda: store.value("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 0)
        shown = outside.shown(user)
        assert len(shown) == 3
        assert all(part in text for part, text in zip(("mã số BHXH", "số điện thoại", MASKED), shown, strict=True))
        _answered_once(store, person.conversation, 3)

        # The platform's own repeat of the event after the restart changes nothing.
        again = person.text_event("cảm ơn bạn")
        for _ in range(2):
            assert person.post(again).status_code == 200
        until(lambda: len(outside.shown(user)) == 4)
        time.sleep(0.7)
        assert len(outside.shown(user)) == 4
    finally:
        if node.process and node.process.poll() is None:
            node.kill()


def test_stopped_with_people_on_the_line_and_another_beside(
    served: Served, database_url: str, model_path: Path, tmp_path: Path
) -> None:
    """A new release starts while the old one stops: nobody is lost, and the log knows nobody."""
    store = Store(served.database_url)
    planted = ["7900000123", "0901000123", "le.chi@example.com", "hoa@2020xyz", "con mèo tím nhảy múa", "9211223344"]
    visitor, user = Visitor(served.url), ZaloUser(served).follows_the_stand_in()
    for text in ("quên mật khẩu", *planted, f"mật khẩu của em là {planted[3]}", "/restart", "{}", "a" * 3000):
        visitor.ask(text)
        user.ask(text)
    user.post_raw(f"con mèo tím nhảy múa {CODE}".encode())
    store.do("ALTER TABLE attempts RENAME TO attempts_away")  # a turn that fails, an address that fails
    visitor.ask("quên mật khẩu, mã số 7900000123, sđt 0901000123")
    store.do("ALTER TABLE attempts_away RENAME TO attempts", "ALTER TABLE outbox RENAME TO outbox_away")
    assert visitor.http.get("/chat/history").status_code == 503
    store.do("ALTER TABLE outbox_away RENAME TO outbox")

    (tmp_path / "new").mkdir()
    new = serve(database_url, model_path, tmp_path / "new", VAULT_KEYS=_vault_key(served))
    new.start()
    visitor.ask("thôi dừng lại")
    visitor.ask("em quên mật khẩu vssid")
    with visitor.http.stream("GET", "/chat/stream") as stream:
        lines = stream.iter_lines()
        next(lines)
        assert visitor.send("con mèo tím nhảy múa").status_code == 202
        started = time.monotonic()
        code = served.stop()
        assert time.monotonic() - started < 15
        assert code == 0
        for _ in lines:  # the stream was ended, not torn
            pass
    moved = Visitor(new.url)
    moved.http.cookies.set("chat", visitor.http.cookies["chat"], domain="127.0.0.1", path="/")
    moved.conversation = visitor.conversation
    assert [message["text"] for message in moved.answered()].count("con mèo tím nhảy múa") == 2
    assert "số điện thoại hoặc e-mail" in moved.text(CODE)
    assert store.value("SELECT count(*) FROM turns WHERE conversation = %s", moved.conversation) == store.value(
        "SELECT count(*) FROM inbox WHERE conversation = %s", moved.conversation
    )
    assert new.stop() == 0
    log = served.log.read_text() + new.log.read_text()
    assert "Traceback" not in log
    assert "Error in" not in log
    assert not [secret for secret in planted if secret in log]
    assert "quên" not in log


def _vault_key(node: Served) -> str:
    return str(json.loads((node.var_dir / "secrets.json").read_text())["vault_key"])
