"""Tells who waits: workers of this process at once, other nodes through PostgreSQL.

NOTIFY is only the fast way; sweeps find whatever it missed. It is sent apart from the turns'
transactions and in batches, because PostgreSQL commits notifying transactions one by one.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from assistant.database.sessions import AsyncSession, patient
from assistant.runtime.event_loop import Home

logger = logging.getLogger(__name__)
_CHANNEL = "assistant_wake"
_NOTIFY = "SELECT pg_notify(%s, %s)"
#: Seconds between two looks whether the server that would tell us anything is still the one that works.
_LOOK_SECONDS, _ANSWER_SECONDS = 2.0, 3.0
_Listening = patient(AsyncSession, _ANSWER_SECONDS)
_MOST = 100  # ids in one notification; a payload may have 8,000 bytes


def tell(connection: psycopg.Connection[Any], conversation: str) -> None:
    """Tells all nodes, when the caller's transaction commits, that a conversation has new messages."""
    connection.execute(_NOTIFY, _of_one(conversation))


async def tell_soon(connection: psycopg.AsyncConnection[Any], conversation: str) -> None:
    """Tells the same on a connection of the event loop."""
    await connection.execute(_NOTIFY, _of_one(conversation))


def _of_one(conversation: str) -> tuple[str, str]:
    return _CHANNEL, json.dumps(["", conversation], ensure_ascii=False)


class Wakeups:
    """Publishes that a conversation changed, and hears it from other nodes."""

    def __init__(self, way: dict[str, Any], pool: AsyncConnectionPool[Any], owner: str) -> None:
        """`way` is what psycopg is called with for a connection of its own that bears the name of `owner`."""
        self._way = way
        self._pool = pool
        self._owner = owner
        self._hearers: list[Callable[[str], None]] = []
        self._deliverers: list[Callable[[str], None]] = []
        self._outgoing: set[str] = set()
        self._home: Home | None = None

    def hear(self, hearer: Callable[[str], None]) -> None:
        """Calls `hearer` in the event loop with each conversation that changed anywhere."""
        self._hearers.append(hearer)

    def hear_waiting(self, hearer: Callable[[str], None]) -> None:
        """Calls `hearer` in the event loop with each conversation whose messages nobody is sending yet."""
        self._deliverers.append(hearer)

    def changed(self, conversation: str, waiting: bool = True) -> None:
        """Says that a conversation has new messages; callable from any thread.

        Args:
            conversation: the conversation's id.
            waiting: a deliverer must look; False if they are being sent already.
        """
        if self._home:
            self._home.soon(self._publish, conversation, waiting)

    def _publish(self, conversation: str, waiting: bool) -> None:
        self._outgoing.add(conversation)
        self._tell(conversation, waiting)

    def _tell(self, conversation: str, waiting: bool) -> None:
        for hearer in (*self._hearers, *(self._deliverers if waiting else ())):
            hearer(conversation)

    async def send(self, pause: float = 0.05) -> None:
        """Sends what this node published to the others, in batches, for ever."""
        self._home = Home()
        while True:
            await asyncio.sleep(pause)
            batch = [self._outgoing.pop() for _ in range(min(_MOST, len(self._outgoing)))]
            if not batch:
                continue
            try:
                async with self._pool.connection() as connection:
                    payload = json.dumps([self._owner, *batch], ensure_ascii=False)
                    await connection.execute(_NOTIFY, (_CHANNEL, payload))
            except Exception as error:  # noqa: BLE001 - the sweeps make up for it
                logger.warning("wake-up not sent (%s)", type(error).__name__)

    async def listen(self) -> None:
        """Hears other nodes, for ever; the connection's name shows that this node is alive."""
        while True:
            try:
                connection = await _Listening.connect(**self._way, autocommit=True)
                try:
                    await self._hear_from(connection)
                finally:
                    connection.pgconn.finish()  # a good end would be waited for, of a server that may be silent
            except (psycopg.Error, OSError) as error:
                logger.warning("not listening (%s)", type(error).__name__)
                await asyncio.sleep(0.5)

    async def _hear_from(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Hears what one server tells, until it is gone, says nothing any more, or has become a standby."""
        await connection.execute(f"LISTEN {_CHANNEL}")
        while True:
            async for notification in connection.notifies(timeout=_LOOK_SECONDS):
                owner, *conversations = json.loads(notification.payload)
                if owner != self._owner:
                    for conversation in conversations:
                        # What another node's turns said that node delivers; who has no name is no node.
                        self._tell(conversation, waiting=not owner)
            await connection.execute("SELECT 1")
