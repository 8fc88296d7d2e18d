"""Tells open pages that something changed, without reload: one stream of events a page.

A stream carries no contents, only what is worth fetching again, so there is one way of making a page.
Everything is measured against the database; a wake-up only says when to look.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import psycopg
from starlette.requests import Request

from assistant.console.guard import Guard
from assistant.console.visit import Shell
from assistant.desk.holding import EVERY_DESK

Signs = dict[str, Any]
Look = Callable[[psycopg.Connection[Any]], Signs]
_HEARTBEAT = 5.0  # also how long a wake-up that was lost goes unnoticed
#: Changes elsewhere are looked at this often at most; a busy assistant changes hundreds of times a second.
_ELSEWHERE = 1.0
_HERE = 0.1


class _Listener:
    """One open page: its own conversation wakes it sooner than others."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.wake = asyncio.Event()
        self.near = False
        self.changes = 0  # of its own conversation and of the desk

    def changed(self, conversation: str) -> None:
        if conversation in (self.conversation, EVERY_DESK):
            self.near = True
            self.changes += 1
        self.wake.set()


class Live:
    """The streams of one node."""

    def __init__(self, console: Shell, guard: Guard) -> None:
        self._console = console
        self._guard = guard
        self._listeners: set[_Listener] = set()
        console.node.wakeups.hear(self._changed)

    def _changed(self, conversation: str) -> None:
        for listener in self._listeners:
            listener.changed(conversation)

    async def stream(self, request: Request, who: str, conversation: str, look: Look) -> AsyncIterator[bytes]:
        """Yields the signs that `look` finds, at once and whenever they changed; ends with the session.

        "changes" counts what happened near the page: a page that fetched between something and its undoing shows
        what no sign had said, and none would take back.

        A sign "soon" asks to look again within two seconds even if nothing wakes the page, e.g. while a
        message is on its way.
        """
        listener = _Listener(conversation)
        self._listeners.add(listener)
        last: Signs | None = None
        try:
            yield b"retry: 2000\n\n"
            while not self._console.node.streams.closing.is_set():
                listener.wake.clear()
                listener.near = False
                started, changes = time.monotonic(), listener.changes
                signs = await asyncio.to_thread(self._look, request, look)
                if signs is None:
                    yield b"event: gone\ndata: {}\n\n"
                    return
                soon = signs.pop("soon", False)
                if signs and (signs := signs | {"changes": changes}) != last:
                    last = signs
                    yield b"event: signs\ndata: %s\n\n" % orjson.dumps(signs)
                elif not soon:
                    yield b": still here\n\n"
                await self._either(listener.wake, self._console.node.streams.closing, 2.0 if soon else _HEARTBEAT)
                await self._breathe(listener, started)
        finally:
            self._listeners.discard(listener)

    @staticmethod
    async def _either(first: asyncio.Event, second: asyncio.Event, seconds: float) -> None:
        tasks = [asyncio.create_task(event.wait()) for event in (first, second)]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _breathe(self, listener: _Listener, started: float) -> None:
        """Waits a little, so that a flood of changes is looked at once."""
        while (left := started + (_HERE if listener.near else _ELSEWHERE) - time.monotonic()) > 0:
            if self._console.node.streams.closing.is_set():
                return
            await asyncio.sleep(min(left, 0.1))

    def _look(self, request: Request, look: Look) -> Signs | None:
        """Looks as long as the session lives; None when it has ended."""
        try:
            with self._console.pool.connection() as connection:
                if self._guard.session_of(connection, request) is None:
                    return None
                return look(connection)
        except psycopg.OperationalError:
            return {"soon": True}  # the database is away for a moment
