"""Turns that other processes of this machine run: the doors' process keeps the line, engine processes answer.

An engine process connects to a socket that only this node's processes can reach, says which model
it has, and is then handed one conversation after the other, a JSON line each. Each side notices at
once when the other is gone; what a dead engine process had begun is undone by PostgreSQL.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import select
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psycopg

from assistant.messages.outbox import Message
from assistant.messages.ready_queue import Ready
from assistant.messages.workers import Aftermath, LocalTurns, Outcome
from assistant.runtime.event_loop import Home

logger = logging.getLogger(__name__)
#: An event that took so many engine processes with it is counted as failed before it is tried again.
_LOSSES = 3
#: Conversations that an engine has at a time: the one in hand, and the next, so that it never waits for the doors.
_AHEAD = 2
_IDLE_SECONDS = 1.0
_PATIENCE = 10.0


class Engines:
    """Hands the line's conversations to the engine processes that are connected; lives in the event loop."""

    def __init__(self, address: Path, ready: Ready, after: Aftermath) -> None:
        """Prepares everything.

        Args:
            address: where engine processes connect; a socket that a dead process left is replaced.
            ready: the line.
            after: what follows a turn.
        """
        self._address = address
        self._ready = ready
        self._after = after
        self._seats: list[_Seat] = []
        self._losses: Counter[str] = Counter()
        self._home: Home | None = None
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._woken = False

    async def start(self) -> None:
        """Opens the socket."""
        self._home = Home()
        self._address.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Seat(self), str(self._address))
        self._ready.hear(self._wake)

    @property
    def there(self) -> int:
        """How many engine processes are ready."""
        return sum(bool(seat.model) for seat in self._seats)

    @property
    def models(self) -> dict[str, int]:
        """How many engine processes have which model."""
        return dict(Counter(seat.model for seat in self._seats if seat.model))

    async def stop(self) -> None:
        """Waits for the turns in hand; the line must be closed before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while any(seat.hands for seat in self._seats):  # noqa: ASYNC110 - seats have no event of their own
                    await asyncio.sleep(0.01)
        if self._server:
            self._server.close()
        for seat in list(self._seats):
            seat.close()

    def _wake(self) -> None:
        """Something was put into the line, from whatever thread; many at once are handed out together."""
        if self._home and not self._woken:
            self._woken = True
            self._home.soon(self.hand_out)

    def hand_out(self) -> None:
        """Gives every engine that has a hand free the next conversation, the idle ones first."""
        self._woken = False
        for hands in range(_AHEAD):
            for seat in self._seats:
                if seat.model and len(seat.hands) <= hands:
                    conversation = self._ready.take_now()
                    if conversation is None:
                        self._look_later()
                        return
                    seat.give(conversation, self._after.reserve(conversation), self._losses[conversation] >= _LOSSES)

    def _look_later(self) -> None:
        """Comes back when a conversation that was put off is due."""
        left = self._ready.seconds_left()
        if left is not None and self._home:
            if self._timer:
                self._timer.cancel()
            self._timer = self._home.later(left, self.hand_out)

    def came(self, seat: _Seat) -> None:
        """Takes an engine in."""
        self._seats.append(seat)

    def answered(self, conversation: str, reserved: bool, outcome: Outcome) -> None:
        """Does what follows a turn."""
        self._losses.pop(conversation, None)
        self._ready.finished(conversation, self._after.settle(conversation, reserved, outcome))

    def left(self, seat: _Seat) -> None:
        """Gives to others what an engine had in hand when it went."""
        self._seats.remove(seat)
        if seat.hands:
            logger.warning("an engine process is gone; what it had in hand goes to another")
        for position, (conversation, reserved) in enumerate(seat.hands):
            self._losses[conversation] += position == 0
            if reserved:
                self._after.release()
            self._ready.finished(conversation, again=True)
        self.hand_out()


class _Seat(asyncio.Protocol):
    """One engine process."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._transport: Any = None
        self._heard = b""
        self.model = ""
        self.hands: list[tuple[str, bool]] = []  # conversations it has, and whether a place for the reply is kept

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._engines.came(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._engines.left(self)

    def close(self) -> None:
        self._transport.close()

    def give(self, conversation: str, owner: str | None, count_failure: bool) -> None:
        """Hands a conversation over."""
        self.hands.append((conversation, owner is not None))
        self._transport.write(orjson.dumps([conversation, owner, count_failure]) + b"\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            said = orjson.loads(line)
            if not self.model:
                self.model = said["model"]
            else:
                leased = said.pop("leased")
                conversation, reserved = self.hands.pop(0)
                outcome = Outcome(**said, leased=Message(**leased) if leased else None)
                self._engines.answered(conversation, reserved, outcome)
        self._engines.hand_out()


def serve_turns(line: socket.socket, turns: LocalTurns, model: str, in_turn: Callable[[bool], None]) -> None:
    """Runs the turns that come over a connection until it ends.

    Args:
        line: connected to `Engines`.
        turns: runs them.
        model: what the engine has loaded.
        in_turn: called with True before each turn, with False after it and at least once a second; may end the process.
    """
    waiting, heard = select.poll(), b""
    waiting.register(line, select.POLLIN)
    with suppress(OSError):
        line.sendall(orjson.dumps({"model": model}) + b"\n")
        while True:
            in_turn(False)
            while b"\n" not in heard:
                if waiting.poll(_IDLE_SECONDS * 1000):
                    if not (data := line.recv(65536)):
                        return
                    heard += data
                else:
                    in_turn(False)
            asked, _, heard = heard.partition(b"\n")
            in_turn(True)
            conversation, owner, count_failure = orjson.loads(asked)
            if count_failure:
                with suppress(psycopg.Error):
                    turns.note_failure(conversation)
            line.sendall(orjson.dumps(dataclasses.asdict(turns.turn(conversation, owner))) + b"\n")
