"""Takes conversations that are ready and has them answered, here or by an engine process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import psycopg

from assistant.messages.outbox import Message
from assistant.messages.ready_queue import Ready
from assistant.messages.turns import Engine, InOtherHands, StaleClaim, note_failure, run_turn
from assistant.runtime import logs

logger = logging.getLogger(__name__)
#: Seconds until a conversation that another process has is looked at again.
_LOOK_AGAIN = 0.05
#: Seconds to wait when the database is away.
_AWAY = 0.2


@dataclass(frozen=True)
class Outcome:
    """What became of a turn.

    "elsewhere": another process has the conversation. "stale": another had answered meanwhile.
    "failed": counted at the event; the second failure is answered with an apology. "database": it
    is away, the event is untouched. "waits": it says nothing yet, and is looked at again after `left`.
    """

    kind: Literal["answered", "nothing", "elsewhere", "stale", "failed", "database", "waits"]
    seconds: float = 0.0
    more: bool = False
    leased: Message | None = None
    mailed: bool = False
    left: float = 0.0


class LocalTurns:
    """Runs turns, one at a time, in the calling thread, on a connection of its own."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        engine: Callable[[], Engine],
        pulled: frozenset[str],
        patience: float = 0.0,
    ) -> None:
        """Prepares it; `patience` is how long an event that says nothing yet is left (see `run_turn`)."""
        self._connect = connect
        self._engine = engine
        self._pulled = pulled
        self._patience = patience
        self._connection: psycopg.Connection[Any] | None = None

    def turn(self, conversation: str, owner: str | None) -> Outcome:
        """Answers the oldest waiting event; `owner` will send the reply at once, if it is leased to it."""
        with logs.about(conversation):
            return self._turn(conversation, owner)

    def _turn(self, conversation: str, owner: str | None) -> Outcome:
        started = time.perf_counter()
        try:
            taken = run_turn(self._open(), conversation, self._engine(), self._pulled, owner, self._patience)
        except (psycopg.OperationalError, psycopg.errors.TransactionTimeout) as error:
            # The event is untouched and the sweep brings it back.
            logger.warning("turn of %s lost the database: %s", conversation, type(error).__name__)
            if self._connection is not None:
                self._connection.close()
            time.sleep(_AWAY)
            return Outcome("database", time.perf_counter() - started)
        except InOtherHands:
            return Outcome("elsewhere")
        except StaleClaim:
            return Outcome("stale")
        except Exception:
            logger.exception("turn of %s failed", conversation)
            with suppress(psycopg.OperationalError):  # then it fails again, and is counted then
                self.note_failure(conversation)
            return Outcome("failed", time.perf_counter() - started)
        if taken is None:
            return Outcome("nothing")
        if taken.waits:
            return Outcome("waits", left=taken.waits)
        seconds = time.perf_counter() - started
        logger.debug("turn of %s: answered in %.0f ms", conversation, seconds * 1000)
        return Outcome("answered", seconds, taken.more, taken.leased, taken.mailed)

    def note_failure(self, conversation: str) -> None:
        """Counts a failure at the oldest waiting event."""
        note_failure(self._open(), conversation)

    def close(self) -> None:
        """Closes the connection, and what the engine holds for this thread."""
        if self._connection is not None:
            self._connection.close()
        self._engine().close()

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.autocommit = True  # the turn says itself where its transaction begins
        return self._connection


class Sending(Protocol):
    """Sends replies of this node at once (assistant.messages.outbox.Deliverer); callable from any thread."""

    owner: str

    def reserve(self, conversation: str) -> bool:
        """Keeps a place for one message; False if there is none, or nothing is sent to this conversation."""

    def release(self) -> None:
        """Gives a place back that was not needed."""

    def send(self, message: Message) -> None:
        """Sends a message that is leased to this node, in the place that was kept for it."""


class Aftermath:
    """What follows a turn, wherever it ran; callable from any thread."""

    def __init__(
        self,
        ready: Ready,
        answered: Callable[[str, bool, bool], None] = lambda conversation, waiting, mailed: None,
        observe: Callable[[str, float], None] = lambda outcome, seconds: None,
        sending: Sending | None = None,
    ) -> None:
        """Prepares it.

        Args:
            ready: the line.
            answered: told of each conversation with new messages, whether they wait for a deliverer, and whether a
                letter waits, too.
            observe: told the outcome of each turn and its seconds.
            sending: sends replies at once; None leaves them to whoever delivers.
        """
        self._ready = ready
        self._answered = answered
        self._observe = observe
        self._sending = sending

    def reserve(self, conversation: str) -> str | None:
        """Keeps a place for the reply of a turn that begins; returns who will send it, None if nobody will at once."""
        sending = self._sending
        return sending.owner if sending and sending.reserve(conversation) else None

    def release(self) -> None:
        """Gives a place back."""
        if self._sending:
            self._sending.release()

    def settle(self, conversation: str, reserved: bool, outcome: Outcome) -> bool:
        """Sends the reply if it is ours to send, and tells who wants to know; returns whether to come back at once."""
        if self._sending and outcome.leased:
            self._sending.send(outcome.leased)
        elif reserved:
            self.release()
        match outcome.kind:
            case "answered":
                self._observe("answered", outcome.seconds)
                self._answered(conversation, outcome.leased is None, outcome.mailed)
                return outcome.more
            case "failed":
                self._observe("error", outcome.seconds)
                return True
            case "database":  # the sweep brings the conversation back
                self._observe("database", outcome.seconds)
            case "elsewhere":
                self._ready.put_later(conversation, _LOOK_AGAIN)
            case "waits":
                self._ready.put_later(conversation, outcome.left)
        return outcome.kind == "stale"


class TurnWorker(threading.Thread):
    """Takes one conversation after the other from the line, until the line is closed."""

    def __init__(self, ready: Ready, turns: LocalTurns, after: Aftermath) -> None:
        super().__init__(name="turns", daemon=True)
        self._ready = ready
        self._turns = turns
        self._after = after

    def run(self) -> None:
        """Works until the line is closed."""
        while (conversation := self._ready.take()) is not None:
            again = False
            try:
                again = self._work(conversation)
            finally:
                self._ready.finished(conversation, again)
        self._turns.close()

    def _work(self, conversation: str) -> bool:
        owner = self._after.reserve(conversation)
        try:
            outcome = self._turns.turn(conversation, owner)
        except BaseException:
            if owner:
                self._after.release()
            raise
        return self._after.settle(conversation, owner is not None, outcome)
