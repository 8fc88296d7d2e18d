"""What a node needs goes away in the middle: an honest answer in time, nothing half done, recovery by itself.

One node, with every wire to the outside under control: registry, mail server, PostgreSQL.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from assistant.accounts.demo_members import GONE
from sandbox.mailbox import Mailbox
from sandbox.registry import RegistryStandIn
from sandbox.wire import Mode, Wire
from tests.conftest import Served, serve
from tests.kit import postgres
from tests.kit.own_postgres import OwnPostgres, own_postgres, small_disk
from tests.kit.people import (
    CODE,
    EMAIL,
    GOOD_PASSWORD,
    LINK,
    PHONE,
    Store,
    Visitor,
    ZaloUser,
    close_clients,
    csrf_of,
    is_vietnamese,
)
from tests.kit.promises import ANSWER
from tests.kit.registries import Serving
from tests.kit.waiting import CLIENT, until

pytestmark = pytest.mark.dear(80)

UNAVAILABLE = "đang không trả lời"
REST = 5.5  # seconds until the breaker lets somebody try again


@dataclass
class House:
    """A node, and the wires it hangs on."""

    node: Served
    stand_in: RegistryStandIn
    mailbox: Mailbox
    to_registry: Wire
    to_mail: Wire
    to_store: Wire
    store: Store

    def mend(self) -> None:
        """Makes all wires good again and waits until the node is well."""
        for wire in (self.to_registry, self.to_mail, self.to_store):
            wire.mode = "good"
        until(lambda: httpx.get(f"{self.node.url}/readyz", timeout=CLIENT).status_code == 200)

    def forget_resets(self) -> None:
        """So that neither limits nor letters of earlier tests meet the next one."""
        until(lambda: not self.store.value("SELECT count(*) FROM mail WHERE state = 'waiting'"))
        self.store.forget_resets()

    def link(self) -> str:
        """Goes the way to the e-mail and returns the link in it."""
        self.forget_resets()
        before = len(self.mailbox.messages())
        answer = Visitor(self.node.url).text("quên mật khẩu", CODE, PHONE)
        assert "Mình đã gửi thư" in answer, answer
        mails = until(lambda: (mails := self.mailbox.messages()) and len(mails) > before and mails)
        return str(LINK.findall(mails[0]["text"])[0])


@pytest.fixture(scope="module")
def house(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    direct = postgres.create(server_url)
    stand_in, mailbox = RegistryStandIn(), Mailbox(folder / "mail", gone=GONE)
    registry = Serving(stand_in.app())
    mailbox.start()
    to_registry, to_mail = Wire(registry.port), Wire(int(mailbox.url.rpartition(":")[2]))
    to_store = Wire(0, unix_socket=f"{psycopg.conninfo.conninfo_to_dict(server_url)['host']}/.s.PGSQL.5432")
    node = serve(
        f"postgresql://postgres@127.0.0.1:{to_store.port}/{postgres.name_of(direct)}",
        model_path,
        folder,
        REGISTRY_URL=f"http://127.0.0.1:{to_registry.port}",
        REGISTRY_SECONDS="1.8",
        SMTP_URL=f"smtp://127.0.0.1:{to_mail.port}",
        SMTP_TLS="plain",
    )
    node.start()
    yield House(node, stand_in, mailbox, to_registry, to_mail, to_store, Store(direct))
    node.stop()
    for wire in (to_registry, to_mail, to_store):
        wire.close()
    registry.stop()
    mailbox.stop()


@pytest.fixture(autouse=True)
def well(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "house" in request.fixturenames:
        house = request.getfixturevalue("house")
        left_broken = house.to_registry.mode != "good"
        house.mend()
        if left_broken:
            time.sleep(REST)
    close_clients()


def timed(visitor: Visitor, text: str) -> tuple[float, str]:
    """Returns how long an answer took, and the answer."""
    started = time.monotonic()
    answer = visitor.text(text)
    return time.monotonic() - started, answer


class TestTheRegistry:
    def rested(self, house: House) -> None:
        house.mend()
        time.sleep(REST)

    @pytest.mark.parametrize("mode", ["silent", "trickle", "refuse", "cut_answer"])
    def test_who_asks_for_a_reset_is_told_in_time_and_it_costs_no_try(self, house: House, mode: Mode) -> None:
        house.forget_resets()
        visitor = Visitor(house.node.url)
        visitor.text("quên mật khẩu", CODE)
        house.to_registry.mode = mode
        took, answer = timed(visitor, PHONE)
        assert UNAVAILABLE in answer
        assert "1900 9068" in answer
        assert took < ANSWER
        assert house.store.value("SELECT count(*) FROM attempts") == 0
        assert house.store.value("SELECT count(*) FROM resets") == 0
        house.mend()
        assert "Mình đã gửi thư" in visitor.text("quên mật khẩu", CODE, PHONE)

    def test_many_at_once_are_all_told_in_time_and_then_helped(self, house: House) -> None:
        house.forget_resets()
        people = [Visitor(house.node.url) for _ in range(12)]
        for person in people:
            person.text("quên mật khẩu", CODE)
        house.to_registry.mode = "silent"
        with ThreadPoolExecutor(len(people)) as pool:
            answers = list(pool.map(lambda person: timed(person, PHONE), people))
        assert all(UNAVAILABLE in answer for _, answer in answers)
        assert max(took for took, _ in answers) < ANSWER
        self.rested(house)
        assert "Mình đã gửi thư" in people[0].text("quên mật khẩu", CODE, PHONE)

    @pytest.mark.parametrize("mode", ["silent", "cut_answer"])
    def test_a_password_is_not_said_to_be_set_until_it_is_and_the_link_stays_good(
        self, house: House, mode: Mode
    ) -> None:
        link = house.link()
        house.stand_in.book.changes.clear()
        page = httpx.get(link)
        form = {"csrf": csrf_of(page.text), "password": GOOD_PASSWORD, "password_again": GOOD_PASSWORD}
        house.to_registry.mode = mode
        started = time.monotonic()
        failed = httpx.post(link, data=form, timeout=CLIENT)
        assert time.monotonic() - started < ANSWER
        assert failed.status_code == 503
        assert "Liên kết vẫn còn dùng được" in failed.text
        house.to_registry.drop()
        self.rested(house)
        assert httpx.get(link).status_code == 200
        done = httpx.post(link, data=form, timeout=CLIENT)
        assert done.status_code == 200, done.text
        assert len(house.stand_in.book.changes) == 1
        assert house.stand_in.book.password_matches(CODE, GOOD_PASSWORD)
        assert httpx.get(link).status_code == 404

    def test_an_answer_lost_after_the_password_was_set_sets_it_once(self, house: House) -> None:
        link = house.link()
        house.stand_in.book.changes.clear()
        form = {"csrf": csrf_of(httpx.get(link).text), "password": GOOD_PASSWORD, "password_again": GOOD_PASSWORD}
        house.stand_in.next_faults.extend(["", "", *["503"] * 3])  # read twice, then done but not said so
        assert httpx.post(link, data=form, timeout=CLIENT).status_code == 503
        assert len(house.stand_in.book.changes) == 1
        assert httpx.post(link, data=form, timeout=CLIENT).status_code == 200
        assert len(house.stand_in.book.changes) == 1


class TestTheMailServer:
    def test_away_for_a_while_a_letter_waits_and_arrives_by_itself(self, house: House) -> None:
        house.forget_resets()
        before = len(house.mailbox.messages())
        house.to_mail.mode = "refuse"
        took, answer = timed(visitor := Visitor(house.node.url), f"quên mật khẩu, mã {CODE}, sđt {PHONE}")
        assert "Mình đã gửi thư" in answer
        assert took < ANSWER
        time.sleep(1)
        assert len(house.mailbox.messages()) == before
        house.to_mail.mode = "good"
        mails = until(lambda: (mails := house.mailbox.messages()) and len(mails) > before and mails)
        assert mails[0]["to"] == EMAIL
        assert visitor.history()["pending"] is False

    def test_hanging_it_holds_up_nothing_else(self, house: House) -> None:
        house.forget_resets()
        house.to_mail.mode = "silent"
        visitor = Visitor(house.node.url)
        assert "Mình đã gửi thư" in visitor.text("quên mật khẩu", CODE, PHONE)
        until(lambda: house.store.value("SELECT count(*) FROM mail WHERE lease_until IS NOT NULL"))
        leased = house.store.value("SELECT clock_timestamp()")
        took, answer = timed(Visitor(house.node.url), "tổng đài số mấy")
        assert "1900 9068" in answer
        assert took < ANSWER
        # Between two statements any transaction is idle for a moment: none is from before the letter hung.
        open_ones = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
            f" AND xact_start < '{leased}'"
        )
        assert house.store.value(open_ones) == 0
        house.to_mail.drop()
        house.to_mail.mode = "good"
        until(lambda: not house.store.value("SELECT count(*) FROM mail WHERE state = 'waiting'"))

    def test_a_mailbox_that_is_gone_is_told_where_it_was_asked_without_naming_it(self, house: House) -> None:
        house.forget_resets()
        visitor = Visitor(house.node.url)
        visitor.text("quên mật khẩu", "7500000222", "0918000222")
        said = until(
            lambda: [m["text"] for m in visitor.history()["messages"] if "không đến được hộp thư" in m["text"]]
        )
        assert "1900 9068" in said[0]
        assert "do.giang" not in str(visitor.history())
        assert "TK1-TS" in said[0]
        assert "cơ quan BHXH" in said[0]


class TestTheStore:
    @pytest.mark.parametrize("mode", ["refuse", "silent"])
    def test_nothing_is_acknowledged_that_is_not_stored_and_all_is_answered_later(
        self, house: House, mode: Mode
    ) -> None:
        user = ZaloUser(house.node).follows_the_stand_in()
        user.settled()
        event = user.text_event("tổng đài số mấy")
        house.to_store.mode = mode
        if mode == "refuse":
            house.to_store.drop()
        started = time.monotonic()
        refused = user.post(event)
        assert refused.status_code == 503
        assert time.monotonic() - started < ANSWER
        house.mend()
        assert user.post(event).status_code == 200
        assert user.post(event).status_code == 200  # and once more, as a platform may
        user.settled()
        answers = [message["text"] for message in user.shown("oa") if "1900 9068" in message["text"]]
        assert len(answers) == 1

    @pytest.mark.parametrize("mode", ["refuse", "silent"])
    def test_people_get_a_sentence_in_time(self, house: House, mode: Mode) -> None:
        visitor = Visitor(house.node.url)
        house.to_store.mode = mode
        if mode == "refuse":
            house.to_store.drop()
        for ask in (
            lambda: visitor.send("tổng đài số mấy"),
            lambda: visitor.http.get("/chat/history"),
            lambda: visitor.http.get("/dat-lai-mat-khau/unknown", headers={"accept": "text/html"}),
        ):
            started = time.monotonic()
            answer = ask()
            assert answer.status_code == 503
            assert is_vietnamese(answer.text)
            assert time.monotonic() - started < ANSWER
        assert httpx.get(f"{house.node.url}/healthz").status_code == 200
        assert httpx.get(f"{house.node.url}/readyz", timeout=CLIENT).status_code == 503

    def test_connections_cut_again_and_again_lose_and_double_nothing(self, house: House) -> None:
        user = ZaloUser(house.node).follows_the_stand_in()
        texts = [f"tổng đài số mấy {n}" for n in range(20)]
        events = [user.text_event(text) for text in texts]

        def insist(event: dict[str, Any]) -> None:
            until(lambda: user.post(event).status_code == 200)

        with ThreadPoolExecutor(4) as pool:
            under_way = [pool.submit(insist, event) for event in events]
            for _ in range(6):
                time.sleep(0.15)
                house.to_store.drop()
            for one in under_way:
                one.result()
        until(lambda: house.store.waiting(user.conversation) == 0)
        rows = house.store.rows(
            "SELECT i.event_id, count(t.id) FROM inbox i LEFT JOIN turns t ON t.inbox_id = i.id"
            " WHERE i.conversation = %s GROUP BY 1",
            user.conversation,
        )
        assert len(rows) == len(events) + 1
        assert {turns for _, turns in rows} == {1}


@dataclass
class OwnHouse:
    """A node on a PostgreSQL that a test may break; `disk` is where its tables lie, if that is a small one."""

    node: Served
    postgres: OwnPostgres
    disk: Path | None

    @property
    def store(self) -> Store:
        return Store(self.postgres.url)

    def answered(self, user: ZaloUser, events: int) -> None:
        """Checks that each of a user's events was answered once and that all answers went out."""
        until(lambda: self.store.waiting(user.conversation) == 0)
        rows = self.store.rows(
            "SELECT i.id, count(t.id) FROM inbox i LEFT JOIN turns t ON t.inbox_id = i.id"
            " WHERE i.conversation = %s GROUP BY 1",
            user.conversation,
        )
        assert len(rows) == events
        assert {turns for _, turns in rows} == {1}
        until(lambda: not self.store.value("SELECT count(*) FROM outbox WHERE state = 'waiting'"))


@pytest.fixture(scope="module")
def own(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnHouse]:
    folder = tmp_path_factory.mktemp("own")
    with small_disk(megabytes=64) as disk, own_postgres(disk) as postgres:
        node = serve(postgres.url, model_path, folder)
        try:
            node.start()
            yield OwnHouse(node, postgres, disk)
        finally:
            node.stop()


class TestPostgres:
    def test_a_crash_in_the_middle_of_turns_loses_and_doubles_nothing(self, own: OwnHouse) -> None:
        user = ZaloUser(own.node).follows_the_stand_in()
        events = [user.text_event(f"tổng đài số mấy {n}") for n in range(20)]
        with ThreadPoolExecutor(4) as pool:
            under_way = [
                pool.submit(until, lambda event=event: user.post(event).status_code == 200, 60) for event in events
            ]
            time.sleep(0.2)
            own.postgres.crash()
            for one in under_way:
                one.result()
        own.answered(user, len(events) + 1)

    def test_a_store_that_may_only_be_read(self, own: OwnHouse) -> None:
        user = ZaloUser(own.node).follows_the_stand_in()
        visitor = Visitor(own.node.url)
        event = user.text_event("tổng đài số mấy")
        own.postgres.read_only(True)
        try:
            started = time.monotonic()
            assert user.post(event).status_code == 503
            assert time.monotonic() - started < ANSWER
            assert is_vietnamese(visitor.send("chào").json()["error"])
        finally:
            own.postgres.read_only(False)
        until(lambda: user.post(event).status_code == 200)
        own.answered(user, 2)

    def test_a_full_disk(self, own: OwnHouse) -> None:
        if own.disk is None:
            pytest.skip("only an administrator can mount a small disk")
        user = ZaloUser(own.node).follows_the_stand_in()
        junk = own.disk / "junk"
        own.postgres.fill(junk)
        try:
            events = [user.text_event(f"tổng đài số mấy {'x' * 900} {n}") for n in range(100)]
            codes = {n: user.post(event).status_code for n, event in enumerate(events)}
        finally:
            junk.unlink()
        assert set(codes.values()) <= {200, 503}
        assert 503 in codes.values()
        taken = sum(code == 200 for code in codes.values())
        assert own.store.value("SELECT count(*) FROM inbox WHERE conversation = %s", user.conversation) == taken + 1
        for event in events:
            until(lambda event=event: user.post(event).status_code == 200)
        own.answered(user, len(events) + 1)
