"""Delivery: in order, retried, never lost, and honest about what may have gone out twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from assistant import database
from assistant.messages import leases
from assistant.messages.outbox import Deliverer, Sent
from tests.kit.turns import Connection, FakePlatform, count, queue
from tests.kit.waiting import until_soon

AN, BINH = "zalo:an", "zalo:binh"


@asynccontextmanager
async def pool(url: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    opened = database.pool(url, 6)
    await opened.open(wait=True)
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def node(
    url: str, platform: FakePlatform, name: str = "node-a", patience: float = 2, **options: Any
) -> AsyncIterator[Deliverer]:
    """Runs a deliverer and its sweep, as a node does; the named connection shows that it is alive."""
    async with pool(url) as opened:
        opened.timeout = patience
        alive = await psycopg.AsyncConnection.connect(url, application_name=name)
        deliverer = Deliverer(opened, {"zalo": platform}, name, **options)

        async def sweep() -> None:
            while True:
                with suppress(psycopg.Error):  # the next round tries again, as `assistant.runtime.periodic_jobs` does
                    await deliverer.sweep()
                await asyncio.sleep(0.05)

        tasks = [asyncio.create_task(deliverer.run()), asyncio.create_task(sweep())]
        try:
            yield deliverer
        finally:
            await deliverer.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await alive.close()


def deliver(url: str, platform: FakePlatform, messages: int, **options: Any) -> None:
    """Delivers until the platform got so many, and then a little more."""

    async def run() -> None:
        async with node(url, platform, **options):
            await until_soon(lambda: len(platform.got) >= messages)
            await asyncio.sleep(0.15)

    asyncio.run(run())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets retries come soon."""
    monkeypatch.setattr(leases, "BACKOFF", (0.1, 0.3))


def rows(connection: Connection, columns: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {columns} FROM outbox ORDER BY id").fetchall()


class TestOrder:
    def test_a_persons_messages_come_in_order_and_one_at_a_time(
        self, database_url: str, connection: Connection
    ) -> None:
        texts = [str(number) for number in range(12)]
        for person in (AN, BINH):
            queue(connection, person, *texts)
        platform = FakePlatform(pause=0.005)
        deliver(database_url, platform, 24)
        for user in ("an", "binh"):
            assert [text for who, text in platform.got if who == user] == texts
        assert platform.most_inside == 2
        assert set(rows(connection, "state, attempts, maybe_twice, lease_owner")) == {("sent", 1, False, None)}
        assert count(connection, "outbox", "platform_id IS NOT NULL AND sent_at IS NOT NULL") == 24

    def test_a_message_that_fails_is_not_overtaken(
        self, database_url: str, connection: Connection, quick: None
    ) -> None:
        queue(connection, AN, "một", "hai")
        platform = FakePlatform(một=[Sent("retry", error="connect"), Sent("retry", error="connect")])
        deliver(database_url, platform, 4)
        assert [text for _, text in platform.got] == ["một", "một", "một", "hai"]
        assert rows(connection, "state, attempts, maybe_twice") == [("sent", 3, False), ("sent", 1, False)]

    def test_one_persons_trouble_is_nobody_elses(self, database_url: str, connection: Connection) -> None:
        queue(connection, AN, "một")
        queue(connection, BINH, "hai")
        deliver(database_url, FakePlatform(một=[Sent("retry", error="x", retry_after=60)]), 2)
        assert rows(connection, "state") == [("waiting",), ("sent",)]


class TestTrouble:
    def test_tries_come_ever_later(self, database_url: str, connection: Connection, quick: None) -> None:
        queue(connection, AN, "một")
        platform = FakePlatform(một=[Sent("retry", error="x")] * 3)
        deliver(database_url, platform, 4)
        gaps = [later - sooner for sooner, later in zip(platform.at, platform.at[1:], strict=False)]
        assert gaps[0] >= 0.08
        assert min(gaps[1:]) >= 0.24

    def test_a_platform_that_names_its_time_is_obeyed(self, database_url: str, connection: Connection) -> None:
        queue(connection, AN, "một")
        deliver(database_url, FakePlatform(một=[Sent("retry", error="-32", retry_after=60)]), 1)
        assert count(connection, "outbox", "next_try_at > now() + interval '45 seconds'") == 1

    def test_a_refused_message_is_dead_and_the_next_still_goes(self, database_url: str, connection: Connection) -> None:
        queue(connection, AN, "một", "hai")
        deliver(database_url, FakePlatform(một=[Sent("permanent", error="-213")]), 2)
        assert rows(connection, "state, error, attempts") == [("dead", "-213", 1), ("sent", None, 1)]

    def test_a_message_tried_too_often_is_dead_and_the_next_still_goes(
        self, database_url: str, connection: Connection
    ) -> None:
        queue(connection, AN, "một", "hai")
        connection.execute("UPDATE outbox SET attempts = 11 WHERE body->>'text' = 'một'")
        deliver(database_url, FakePlatform(một=[Sent("retry", error="connect")]), 2)
        assert rows(connection, "state") == [("dead",), ("sent",)]

    def test_a_lost_answer_is_sent_again_and_marked(
        self, database_url: str, connection: Connection, quick: None
    ) -> None:
        queue(connection, AN, "một")
        platform = FakePlatform(một=[Sent("uncertain", error="ReadTimeout")])
        deliver(database_url, platform, 2)
        assert rows(connection, "state, attempts, maybe_twice") == [("sent", 2, True)]

    def test_a_sender_that_breaks_its_word_loses_nothing(self, database_url: str, connection: Connection) -> None:
        class Broken(FakePlatform):
            async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
                await super().send(user, body)
                raise RuntimeError("never raises, they said")

        queue(connection, AN, "một")
        deliver(database_url, Broken(), 1)
        assert rows(connection, "state, lease_owner") == [("waiting", "node-a")]

    def test_channels_that_are_not_connected_wait(self, database_url: str, connection: Connection) -> None:
        queue(connection, "messenger:an", "một")
        queue(connection, AN, "hai")
        platform = FakePlatform()
        deliver(database_url, platform, 1)
        assert platform.got == [("an", "hai")]


class TestDeadNodes:
    LEASE = "UPDATE outbox SET lease_owner = %s, lease_until = now() + interval '30 seconds', attempts = 1"

    def test_what_a_dead_node_was_sending_is_taken_over_at_once_and_marked(
        self, database_url: str, connection: Connection
    ) -> None:
        queue(connection, AN, "một", "hai")
        connection.execute(f"{self.LEASE} WHERE body->>'text' = 'một'", ("node-dead",))
        platform = FakePlatform()
        deliver(database_url, platform, 2)
        assert platform.got == [("an", "một"), ("an", "hai")]
        assert rows(connection, "state, attempts, maybe_twice") == [("sent", 2, True), ("sent", 1, False)]

    def test_what_a_living_node_is_sending_is_left_to_it(self, database_url: str, connection: Connection) -> None:
        queue(connection, AN, "một")
        queue(connection, BINH, "hai")
        with psycopg.connect(database_url, application_name="node-b"):
            connection.execute(f"{self.LEASE} WHERE body->>'text' = 'một'", ("node-b",))
            platform = FakePlatform()
            deliver(database_url, platform, 1)
        assert platform.got == [("binh", "hai")]

    def test_a_lease_that_ran_out_is_taken_over_from_a_node_that_hangs(
        self, database_url: str, connection: Connection
    ) -> None:
        queue(connection, AN, "một")
        with psycopg.connect(database_url, application_name="node-b"):
            connection.execute(self.LEASE, ("node-b",))
            connection.execute("UPDATE outbox SET lease_until = now() - interval '1 second'")
            deliver(database_url, FakePlatform(), 1)
        assert rows(connection, "state, maybe_twice") == [("sent", True)]

    def test_three_nodes_send_each_message_once(self, database_url: str, connection: Connection) -> None:
        for number in range(30):
            queue(connection, f"zalo:{number}", "một", "hai")
        platform = FakePlatform(pause=0.005)

        async def run() -> None:
            async with (
                node(database_url, platform, "node-a"),
                node(database_url, platform, "node-b"),
                node(database_url, platform, "node-c"),
            ):
                await until_soon(lambda: len(platform.got) >= 60)
                await asyncio.sleep(0.2)

        asyncio.run(run())
        assert len(platform.got) == len(set(platform.got)) == 60
        assert set(rows(connection, "state, attempts, maybe_twice")) == {("sent", 1, False)}


class TestASlowPlatform:
    def test_a_long_line_sends_nothing_twice(
        self, database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Leases must not run out while their messages wait for a free hand."""
        monkeypatch.setattr(leases, "LEASE_SECONDS", 0.6)
        for number in range(24):
            queue(connection, f"zalo:{number}", "một")
        platform = FakePlatform(pause=0.2)
        deliver(database_url, platform, 24, at_once=4)
        assert len(platform.got) == 24
        assert platform.most_inside <= 4
        assert set(rows(connection, "state, maybe_twice")) == {("sent", False)}


class TestStopping:
    def test_messages_on_their_way_arrive_and_the_others_wait_unmarked(
        self, database_url: str, connection: Connection
    ) -> None:
        for number in range(8):
            queue(connection, f"zalo:{number}", "một")
        platform = FakePlatform(pause=0.3)

        async def run() -> None:
            async with node(database_url, platform, at_once=4) as deliverer:
                await until_soon(lambda: platform.inside == 4)
                await deliverer.stop()
                assert platform.inside == 0

        asyncio.run(run())
        sent = len(platform.got)
        assert 4 <= sent < 8
        assert count(connection, "outbox", "state = 'sent' AND attempts = 1 AND NOT maybe_twice") == sent
        assert count(connection, "outbox", "state = 'waiting' AND attempts = 0 AND lease_owner IS NULL") == 8 - sent
        deliver(database_url, platform, 8)
        assert count(connection, "outbox", "state = 'sent' AND NOT maybe_twice") == 8
        assert len(platform.got) == 8
