"""Engine processes: handed conversations over a socket, missed when they go, never needed twice for one event."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant import database
from assistant.messages.ready_queue import Ready
from assistant.messages.remote_turns import Engines, serve_turns
from assistant.messages.workers import Aftermath, LocalTurns
from tests.kit.turns import PULLED, Connection, FakeEngine, count, write
from tests.kit.waiting import until_soon

AN, BINH = "zalo:an", "zalo:binh"


class EngineProcess(threading.Thread):
    """What an engine process does, in a thread; `die` is what the others see of a kill."""

    def __init__(self, address: Path, url: str, engine: FakeEngine) -> None:
        super().__init__(daemon=True)
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(str(address))
        self.turns = LocalTurns(lambda: database.connect(url), lambda: engine, PULLED)
        self.busy: list[bool] = []
        self.start()

    def run(self) -> None:
        serve_turns(self.line, self.turns, "fake", self.in_turn)
        self.turns.close()
        self.line.close()

    def in_turn(self, now: bool) -> None:
        self.busy.append(now)

    def die(self) -> None:
        self.line.shutdown(socket.SHUT_RDWR)


class Hall:
    """The doors' side."""

    def __init__(self, address: Path) -> None:
        self.address = address
        self.ready = Ready()
        self.answered: list[str] = []
        self.outcomes: list[str] = []
        after = Aftermath(
            self.ready, lambda conversation, *_: self.answered.append(conversation),
            lambda outcome, seconds: self.outcomes.append(outcome),
        )  # fmt: skip
        self.engines = Engines(address, self.ready, after)


@asynccontextmanager
async def hall(folder: Path) -> AsyncIterator[Hall]:
    opened = Hall(folder / "s")
    await opened.engines.start()
    try:
        yield opened
    finally:
        opened.ready.close()
        await opened.engines.stop()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a name short enough for a socket."""
    return tmp_path_factory.mktemp("s")


def replies(connection: Connection, conversation: str) -> list[str]:
    found = connection.execute("SELECT body->>'text' FROM outbox WHERE conversation = %s ORDER BY id", (conversation,))
    return [row[0] for row in found.fetchall()]


def test_conversations_are_answered_in_order_by_whoever_is_free(
    database_url: str, connection: Connection, folder: Path
) -> None:
    people, texts = [f"zalo:{n}" for n in range(6)], [str(n) for n in range(5)]
    engine = FakeEngine(pause=0.002)

    async def run() -> None:
        async with hall(folder) as opened:
            processes = [EngineProcess(opened.address, database_url, engine) for _ in range(3)]
            for text in texts:
                for person in people:
                    write(connection, person, text)
                    opened.ready.put(person)
            await until_soon(lambda: len(opened.answered) == 30)
            assert opened.engines.there == 3
            assert opened.outcomes == ["answered"] * 30
            assert all(True in process.busy for process in processes)
            assert len(opened.ready) == 0

    asyncio.run(run())
    assert not engine.met
    for person in people:
        assert replies(connection, person) == [f"dạ {text}" for text in texts]


def test_what_came_before_any_engine_waits_for_the_first(
    database_url: str, connection: Connection, folder: Path
) -> None:
    async def run() -> None:
        async with hall(folder) as opened:
            write(connection, AN, "một")
            opened.ready.put(AN)
            await asyncio.sleep(0.05)
            assert opened.engines.there == 0
            EngineProcess(opened.address, database_url, FakeEngine())
            await until_soon(lambda: opened.answered == [AN])

    asyncio.run(run())


def test_an_engine_that_dies_in_a_turn_leaves_it_to_the_next(
    database_url: str, connection: Connection, folder: Path
) -> None:
    async def run() -> None:
        async with hall(folder) as opened:
            died = asyncio.Event()
            loop = asyncio.get_running_loop()

            def die(claimed: Any, own: Connection) -> None:
                first.die()
                own.close()  # as a killed process' connection is
                loop.call_soon_threadsafe(died.set)

            first = EngineProcess(opened.address, database_url, FakeEngine(trouble=die))
            await until_soon(lambda: opened.engines.there == 1)
            for person in (AN, BINH):
                write(connection, person, "một")
                opened.ready.put(person)
            await died.wait()
            await until_soon(lambda: opened.engines.there == 0)
            EngineProcess(opened.address, database_url, FakeEngine())
            await until_soon(lambda: sorted(opened.answered) == [AN, BINH])

    asyncio.run(run())
    assert replies(connection, AN) == replies(connection, BINH) == ["dạ một"]
    assert count(connection, "inbox", "failures > 0") == 0


def test_an_event_that_kills_every_engine_is_answered_with_an_apology(
    database_url: str, connection: Connection, folder: Path
) -> None:
    async def run() -> int:
        async with hall(folder) as opened:
            living: list[EngineProcess] = []

            def die(claimed: Any, own: Connection) -> None:
                living[-1].die()
                own.close()

            write(connection, AN, "giết")
            opened.ready.put(AN)
            deaths = 0
            while not opened.answered and deaths < 12:
                living.append(EngineProcess(opened.address, database_url, FakeEngine(trouble=die)))
                await until_soon(lambda: not living[-1].is_alive() or bool(opened.answered))
                deaths += not opened.answered
                await asyncio.sleep(0.02)
            return deaths

    assert 3 <= asyncio.run(run()) <= 6
    assert replies(connection, AN) == ["xin lỗi"]


def test_a_conversation_that_another_node_has_is_looked_at_again_soon(
    database_url: str, connection: Connection, folder: Path
) -> None:
    async def run() -> None:
        async with hall(folder) as opened:
            EngineProcess(opened.address, database_url, FakeEngine())
            write(connection, AN, "một")
            with psycopg.connect(database_url) as other:
                other.execute("SELECT 1 FROM conversations WHERE id = %s FOR NO KEY UPDATE", (AN,))
                opened.ready.put(AN)
                await asyncio.sleep(0.3)
                assert opened.answered == []
            await until_soon(lambda: opened.answered == [AN])

    asyncio.run(run())


def test_a_conversation_that_is_due_in_no_time_upsets_nobody(
    database_url: str, connection: Connection, folder: Path
) -> None:
    """For less than half a millisecond uvloop gives a handle that is no timer."""

    async def run() -> None:
        async with hall(folder) as opened:
            EngineProcess(opened.address, database_url, FakeEngine())
            await until_soon(lambda: opened.engines.there == 1)
            for number in range(50):
                opened.ready.put_later(f"zalo:{number}", 0.0003)
                await asyncio.sleep(0.001)
            write(connection, AN, "một")
            opened.ready.put_later(AN, 0.05)
            await until_soon(lambda: opened.answered == [AN])
            assert opened.engines.there == 1

    asyncio.run(run())


def test_a_stop_waits_for_the_turns_in_hand(database_url: str, connection: Connection, folder: Path) -> None:
    async def run() -> list[str]:
        async with hall(folder) as opened:
            EngineProcess(opened.address, database_url, FakeEngine(pause=0.3))
            await until_soon(lambda: opened.engines.there == 1)
            for person in (AN, BINH):
                write(connection, person, "một")
                opened.ready.put(person)
            await asyncio.sleep(0.1)
        return opened.answered

    assert sorted(asyncio.run(run())) == [AN, BINH]  # the one in hand, and the one already handed over


def test_a_new_hall_takes_the_place_of_a_dead_one(database_url: str, connection: Connection, folder: Path) -> None:
    (folder / "s").touch()  # what a killed process leaves
    write(connection, AN, "một")

    async def run() -> None:
        async with hall(folder) as opened:
            EngineProcess(opened.address, database_url, FakeEngine())
            opened.ready.put(AN)
            await until_soon(lambda: opened.answered == [AN])

    asyncio.run(run())


def test_the_line_is_heard_from_any_thread(database_url: str, connection: Connection, folder: Path) -> None:
    async def run() -> None:
        async with hall(folder) as opened:
            EngineProcess(opened.address, database_url, FakeEngine())
            await until_soon(lambda: opened.engines.there == 1)
            write(connection, AN, "một")
            put: Callable[[], None] = lambda: opened.ready.put(AN)  # noqa: E731
            await asyncio.to_thread(put)
            await until_soon(lambda: opened.answered == [AN])

    sys.setswitchinterval(0.005)
    asyncio.run(run())
