"""What a node does for releases: serves what is live, says what it runs, starts builds, buries dead ones."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from assistant.model_store import signing
from assistant.release import archive, exchange, live, shadow, store, trials
from assistant.release.jobs import Jobs
from assistant.release.model import NodeState, ReleaseError
from assistant.release.store import Connection
from assistant.settings import Settings, StartError

logger = logging.getLogger(__name__)
#: A wake-up comes at once; this finds what it missed.
_EVERY = 1.0
_REPORT_EVERY = 5.0
#: A take-over by new processes that has not happened after so long has failed.
_TAKE_OVER_SECONDS = 90.0


class Host(Protocol):
    """What a node answers with (assistant.rasa.host.AgentHost)."""

    model: str
    path: Path


class NodeReleases:
    """The part of one node that deals with releases; `run` in the event loop, the rest in a thread."""

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[], Connection],
        name: str,
        host: Callable[[], Host],
        exchange_host: Callable[[Path], None] | None,
        take_over: Callable[[], None] | None,
        engines: Callable[[], dict[str, int]],
        jobs: Jobs,
    ) -> None:
        """Prepares everything.

        Args:
            settings: the node's.
            connect: opens a connection of our own.
            name: the node's.
            host: what it answers with now.
            exchange_host: loads a model and answers with it from the next turn on; None where another process loads.
            take_over: lets new processes with what is live take over from this server's; None where that is not ours.
            engines: engine processes by the model they have.
            jobs: starts processes.
        """
        self._settings = settings
        self._connect = connect
        self._name = name
        self._host = host
        self._exchange_host = exchange_host
        self._take_over = take_over
        self._engines = engines
        self._jobs = jobs
        self._connection: Connection | None = None
        self._wake = asyncio.Event()
        self._home: asyncio.AbstractEventLoop | None = None
        self._refused: dict[int, str] = {}
        self._asked: tuple[int, float] = (0, 0.0)
        self._reported: tuple[NodeState | None, float] = (None, 0.0)

    # ---- in the event loop

    def hear(self, conversation: str) -> None:
        """Hears what all nodes are woken with; looks at once if it is about releases."""
        if conversation == store.CHANGED:
            self._wake.set()

    def wake(self) -> None:
        """Looks at once; callable from any thread."""
        if self._home:
            self._home.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Looks now and then, for ever."""
        self._home = asyncio.get_running_loop()
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception as error:  # noqa: BLE001 - the next round tries again
                logger.warning("releases: %s: %s", type(error).__name__, error)
                if self._connection is not None:
                    self._connection.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY):
                    await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(0.1)  # a build says often how far it is

    # ---- in a thread

    def look(self) -> None:
        """Does what there is to do."""
        connection = self._open()
        if building := self._jobs.building_now():
            store.beat(connection, *building)
        with connection.transaction():
            store.bury(connection)
        self._serve_what_is_live(connection)
        self._report(connection)
        self._jobs.reap()
        if signing.may_sign(self._settings):
            number = store.take(connection, self._name)
            if number is not None:
                self._jobs.build(number, self._host().path)
        wanted = trials.wanted(connection) or shadow.wanted(connection)
        if wanted is not None and not store.is_played(connection, wanted):
            self._jobs.play(wanted, self._host().path)

    def stop(self) -> None:
        """Takes the node off the list."""
        with suppress(psycopg.Error):
            live.forget(self._open(), self._name)
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.autocommit = True
        return self._connection

    def _serve_what_is_live(self, connection: Connection) -> None:
        now = live.live(connection)
        if now is None or now.release == self._served or now.release in self._refused:
            return
        if self._exchange_host is None and self._take_over is None:
            return  # another process of this server lets new ones take over
        if self._asked[0] == now.release:
            if time.monotonic() - self._asked[1] > _TAKE_OVER_SECONDS:
                self._refuse(now.release, "the new processes did not start; see the server's log")
            return
        try:
            model = exchange.fetched(connection, self._settings, now.release)
            is_known = exchange.is_the_same(model, self._host().path)  # it is loaded here; its words were tried
            trouble = None if is_known else exchange.tried(model, self._settings)
            if trouble is None and self._exchange_host:
                self._exchange_host(model)
        except (ReleaseError, StartError, OSError, ValueError) as error:
            trouble = str(error)
        if trouble is not None:
            self._refuse(now.release, trouble)
        elif self._take_over:
            self._asked = now.release, time.monotonic()
            self._take_over()

    def _refuse(self, number: int, trouble: str) -> None:
        logger.error("release %d is not served here: %s", number, trouble)
        self._refused[number] = trouble

    @property
    def _served(self) -> int | None:
        return archive.release_of(self._host().path, self._settings)

    def _report(self, connection: Connection) -> None:
        now = live.live(connection)
        trouble = self._refused.get(now.release) if now and now.release != self._served else None
        state = NodeState(self._name, self._served, self._host().model, trouble, self._engines())
        before, at = self._reported
        if state == before and time.monotonic() - at < _REPORT_EVERY:
            return
        live.report(connection, state)
        if state != before:
            store.tell(connection)
        self._reported = state, time.monotonic()
