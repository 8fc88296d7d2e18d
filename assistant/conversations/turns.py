"""One turn: claim a conversation, run the engine on its oldest event, commit everything at once.

Tracker, replies, vault, resets, queued mail and "this event is done" are one transaction. A
worker that dies leaves nothing behind; PostgreSQL releases the row and another goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb

from assistant.conversations import menu
from assistant.conversations.events import Reply, Turn
from assistant.conversations.ready import Ready

logger = logging.getLogger(__name__)

# NO KEY UPDATE: the doors' foreign-key checks on the row do not wait for a turn.
_CLAIM = """
SELECT c.channel, c.tracker, c.menu, i.id, i.event_id, i.kind, i.body, i.failures,
       EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = c.id AND h.state = 'with_person') AS with_person
FROM conversations c
JOIN LATERAL (
    SELECT * FROM inbox WHERE conversation = c.id AND done_at IS NULL ORDER BY id LIMIT 1
) i ON true
WHERE c.id = %s
FOR NO KEY UPDATE OF c SKIP LOCKED
"""
# `done_at IS NULL` decides, not the claim's snapshot: a turn committed meanwhile is not run twice.
_DONE = "UPDATE inbox SET done_at = now() WHERE id = %s AND done_at IS NULL"
_TURN = """
INSERT INTO turns (conversation, inbox_id, intent, confidence, ranking, actions, model, milliseconds)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_ONE_TURN = "turns_inbox_id_key"
_REPLY = """
INSERT INTO outbox (conversation, inbox_id, body, state, sent_at)
VALUES (%s, %s, %s, %s, CASE WHEN %s = 'sent' THEN now() END)
"""
_STATE = """
UPDATE conversations SET tracker = %s, menu = %s, turns = turns + 1, updated_at = now() WHERE id = %s
"""
_MORE = "SELECT EXISTS (SELECT 1 FROM inbox WHERE conversation = %s AND done_at IS NULL)"
#: An event that failed this often is answered with an apology instead of being tried again.
TRIES = 2


@dataclass(frozen=True)
class Claimed:
    """An event to answer, with what is known of its conversation."""

    conversation: str
    channel: str
    tracker: list[dict[str, Any]]
    inbox_id: int
    event_id: str
    kind: str
    body: dict[str, Any]


class Engine(Protocol):
    """Turns an event into replies (assistant.engine.host)."""

    model: str

    def handle(self, claimed: Claimed, connection: psycopg.Connection[Any]) -> Turn:
        """Runs one turn; whatever it writes goes through `connection`."""

    def apology(self) -> Reply:
        """Returns what is said when a turn cannot be run."""

    def close(self) -> None:
        """Releases what the engine holds for the calling thread."""


class StaleClaim(Exception):
    """Another worker finished the event between our snapshot and our lock."""


def take_turn(
    connection: psycopg.Connection[Any], conversation: str, engine: Engine, pulled: frozenset[str]
) -> bool | None:
    """Answers the oldest waiting event of a conversation.

    Args:
        connection: not in a transaction; left so.
        conversation: the conversation's id.
        engine: what answers.
        pulled: channels whose people fetch their messages; nothing has to be delivered there.

    Returns:
        True if more events wait, False if none does, None if there was nothing to do here (no
        event, or another worker has the conversation).
    """
    started = time.perf_counter()
    with connection.transaction():
        row = connection.execute(_CLAIM, (conversation,)).fetchone()
        if row is None:
            return None
        channel, tracker, last_menu, inbox_id, event_id, kind, body, failures, with_person = row
        body = dict(body)
        payload = menu.pressed(body["text"], last_menu) if kind == "text" and "text" in body else None
        if payload:
            kind, body = "payload", body | {"payload": payload}
        claimed = Claimed(conversation, channel, tracker or [], inbox_id, event_id, kind, body)
        # An apology comes with a fresh start: the dialogue's state may be what fails.
        if with_person and kind != "system":
            turn = Turn((), claimed.tracker, "with_person", None)  # the desk reads it in the inbox and answers
        elif failures >= TRIES:
            turn = Turn((engine.apology(),), [], None, None)
        else:
            turn = engine.handle(claimed, connection)
        shown = next((reply.as_body()["buttons"] for reply in reversed(turn.replies) if reply.buttons), None)
        state = "sent" if channel in pulled else "waiting"
        elapsed = (time.perf_counter() - started) * 1000
        with connection.pipeline():
            done = connection.execute(_DONE, (inbox_id,))
            connection.execute(
                _TURN,
                (conversation, inbox_id, turn.intent, turn.confidence, Jsonb(turn.ranking), Jsonb(turn.actions),
                 engine.model, elapsed),
            )  # fmt: skip
            for reply in turn.replies:
                connection.execute(_REPLY, (conversation, inbox_id, Jsonb(reply.as_body()), state, state))
            connection.execute(_STATE, (Jsonb(turn.tracker), Jsonb(shown), conversation))
            more = connection.execute(_MORE, (conversation,))
        if done.rowcount != 1:
            raise StaleClaim
        found = more.fetchone()
    return bool(found and found[0])


def note_failure(connection: psycopg.Connection[Any], conversation: str) -> None:
    """Counts a failed turn on the oldest waiting event."""
    with connection.transaction():
        connection.execute(
            "UPDATE inbox SET failures = failures + 1 WHERE id = ("
            "SELECT id FROM inbox WHERE conversation = %s AND done_at IS NULL ORDER BY id LIMIT 1)",
            (conversation,),
        )


class TurnWorker(threading.Thread):
    """Takes conversations that are ready and answers them, one event at a time."""

    def __init__(
        self,
        ready: Ready,
        connect: Callable[[], psycopg.Connection[Any]],
        engine: Callable[[], Engine],
        pulled: frozenset[str],
        answered: Callable[[str], None],
        observe: Callable[[str, float], None] = lambda outcome, seconds: None,
    ) -> None:
        super().__init__(name="turns", daemon=True)
        self._ready = ready
        self._connect = connect
        self._engine = engine
        self._pulled = pulled
        self._answered = answered
        self._observe = observe
        self._connection: psycopg.Connection[Any] | None = None

    def run(self) -> None:
        """Works until `ready` is closed."""
        while (conversation := self._ready.take()) is not None:
            more = False
            try:
                more = self._work(conversation)
            finally:
                self._ready.finished(conversation, again=more)
        if self._connection:
            self._connection.close()
        self._engine().close()

    def _work(self, conversation: str) -> bool:
        started = time.perf_counter()
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            result = take_turn(self._connection, conversation, self._engine(), self._pulled)
        except psycopg.OperationalError as error:
            # The database went away: the event is untouched and the sweep brings it back.
            logger.warning("turn of %s lost the database: %s", conversation, type(error).__name__)
            if self._connection is not None:
                self._connection.close()
            self._observe("database", time.perf_counter() - started)
            time.sleep(0.2)
            return False
        except StaleClaim:
            return True
        except Exception as error:
            if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == _ONE_TURN:
                return True  # a stale claim, too
            logger.exception("turn of %s failed", conversation)
            self._observe("error", time.perf_counter() - started)
            if self._connection is not None and not self._connection.closed:
                note_failure(self._connection, conversation)
            return True
        if result is None:
            return False
        self._observe("answered", time.perf_counter() - started)
        self._answered(conversation)
        return result
