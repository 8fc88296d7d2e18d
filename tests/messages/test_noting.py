"""A database cut off between sending and noting: nothing is sent twice, nothing waits for a lease to run out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
import pytest

from assistant.messages import leases, outbox
from assistant.messages.leases import Sent
from bench.faults.proxy import Cable
from tests.kit.promises import ROOM
from tests.kit.turns import Connection, FakePlatform, queue
from tests.kit.waiting import until_soon
from tests.messages.test_outbox import AN, BINH, node, rows

Cut = Callable[[Cable, str], Awaitable[None]]
#: Seconds; the cut is longer than a node waits for a connection.
AWAY, IMPATIENT = 0.8, 0.2


class Cutting(FakePlatform):
    """Cuts the database off while it has a message; it took the message all the same."""

    def __init__(self, cut: Callable[[], Awaitable[None]], when: str = "một", **answers: list[Sent]) -> None:
        super().__init__(**answers)
        self._cut, self._when = cut, when
        self._cuts: list[asyncio.Task[None]] = []

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        result = await super().send(user, body, by)
        if body["text"] == self._when and not self._cuts:
            self._cuts.append(asyncio.create_task(self._cut()))  # type: ignore[arg-type]
            await asyncio.sleep(0.05)
        return result


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[tuple[Cable, str]]:
    """A network to the database that can be cut, and the URL through it."""
    cable = Cable(f"{url.partition('?host=')[2]}/.s.PGSQL.5432")
    await cable.start()
    database = url.partition("?")[0].rpartition("/")[2]
    try:
        yield cable, f"postgresql://postgres@127.0.0.1:{cable.port}/{database}"
    finally:
        cable.close()


async def network(cable: Cable, url: str) -> None:
    await cable.cut(AWAY)


async def backends(cable: Cable, url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as own:
        await own.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'watching'"
        )


def deliver(
    url: str, cut: Cut, *queued: tuple[str, str], nodes: int = 1, **answers: list[Sent]
) -> tuple[FakePlatform, float]:
    """Queues messages at nodes that are up, and lets the database go; returns the platform and the seconds it took."""
    platform = FakePlatform()

    async def run() -> float:
        nonlocal platform
        async with AsyncExitStack() as opened:
            cable, through = await opened.enter_async_context(cable_to(url))
            platform = Cutting(lambda: cut(cable, url), **answers)
            for number in range(nodes):
                await opened.enter_async_context(node(through, platform, f"node-{number}", IMPATIENT))
            started = time.monotonic()
            with psycopg.connect(url, autocommit=True, application_name="watching") as own, own.transaction():
                for conversation, text in queued:
                    queue(own, conversation, text)
            await _noted(url, len(queued))
            return time.monotonic() - started

    seconds = asyncio.run(run())
    return platform, seconds


async def _noted(url: str, messages: int) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, application_name="watching") as own:
        async with asyncio.timeout(20):
            while True:
                cursor = await own.execute("SELECT count(*) FROM outbox WHERE state <> 'waiting'")
                if (await cursor.fetchone() or (0,))[0] >= messages:
                    return
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("cut", [network, backends])
def test_what_was_sent_is_noted_as_soon_as_the_database_is_back_and_not_sent_again(
    database_url: str, connection: Connection, cut: Cut, nodes: int
) -> None:
    connection.execute("SET application_name = 'watching'")
    platform, seconds = deliver(database_url, cut, (AN, "một"), (AN, "hai"), nodes=nodes)
    assert [text for _, text in platform.got] == ["một", "hai"]
    assert rows(connection, "state, attempts, maybe_twice, platform_id") == [
        ("sent", 1, False, "p1"),
        ("sent", 1, False, "p2"),
    ]
    assert seconds < AWAY + leases.PATIENCE * ROOM


def test_what_was_refused_is_noted_too_and_the_next_goes(database_url: str, connection: Connection) -> None:
    refusal = Sent("permanent", error="-213")
    platform, _ = deliver(database_url, network, (AN, "một"), (AN, "hai"), một=[refusal])
    assert [text for _, text in platform.got] == ["một", "hai"]
    assert rows(connection, "state, error, attempts") == [("dead", "-213", 1), ("sent", None, 1)]


def test_one_persons_note_keeps_nobody_else_waiting(database_url: str, connection: Connection) -> None:
    platform, _ = deliver(database_url, network, (AN, "một"), *((f"{BINH}{number}", "hai") for number in range(5)))
    assert sorted(text for _, text in platform.got) == ["hai"] * 5 + ["một"]
    assert set(rows(connection, "state, maybe_twice")) == {("sent", False)}


def test_a_claim_whose_answer_was_lost_does_not_wait_for_its_lease_to_run_out(
    database_url: str, connection: Connection
) -> None:
    queue(connection, AN, "một")
    connection.execute(
        "UPDATE outbox SET attempts = 1, lease_owner = 'node-a', lease_until = now() + interval '24 seconds'"
    )
    with psycopg.connect(database_url, application_name="node-a"):
        platform = FakePlatform()

        async def run() -> None:
            async with node(database_url, platform, "node-a"):
                await until_soon(lambda: len(platform.got) == 1)

        asyncio.run(run())
    assert rows(connection, "state, attempts, maybe_twice") == [("sent", 2, True)]


def test_a_note_that_comes_late_does_not_bring_back_what_another_node_has_sent(
    database_url: str, connection: Connection
) -> None:
    """The first node's answer is a refusal to be tried again; another has taken the message over meanwhile."""
    queue(connection, AN, "một")

    class TakenOver(FakePlatform):
        async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
            connection.execute("UPDATE outbox SET state = 'sent', lease_owner = NULL, lease_until = NULL")
            return await super().send(user, body, by)

    platform = TakenOver(một=[Sent("retry", error="500")])

    async def run() -> None:
        async with node(database_url, platform):
            await until_soon(lambda: len(platform.got) == 1)
            await asyncio.sleep(0.2)

    asyncio.run(run())
    assert len(platform.got) == 1
    assert rows(connection, "state, error") == [("sent", None)]


def test_a_stop_while_the_database_is_away_ends(
    database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_STOP_SECONDS", 0.5)
    queue(connection, AN, "một")

    async def run() -> float:
        async with cable_to(database_url) as (cable, through):
            platform = Cutting(lambda: cable.cut(60))
            async with node(through, platform) as deliverer:
                await until_soon(lambda: len(platform.got) == 1)
                started = time.monotonic()
                await deliverer.stop()
                ended = time.monotonic() - started
            for cut in platform._cuts:
                cut.cancel()
            return ended

    assert asyncio.run(run()) < 3
    assert rows(connection, "state, attempts") == [("waiting", 1)]
