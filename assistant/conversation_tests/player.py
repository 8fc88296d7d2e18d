"""Plays one person with the real inbox, engine and actions, and leaves nothing behind.

Everything happens in one transaction that is rolled back at the end: no mail goes out, no running
node sees the messages, no limit of a demo member is used up.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg

from assistant.conversation_tests.model import Act, Answer
from assistant.desk import handover, holding, sending
from assistant.desk.handover import Desk
from assistant.messages import inbox
from assistant.messages.events import PULLED, Event
from assistant.messages.turns import Engine, note_failure, take_turn
from assistant.privacy.vault import Vault

logger = logging.getLogger(__name__)

_AGENT = "kịch bản"
#: Times that a silence moves back: (table, columns, column that names the conversation).
_TIMES = (
    ("vault", ("expires_at",), "conversation"),
    ("attempts", ("at",), "person"),
    ("resets", ("started_at", "expires_at"), "person"),
    ("handovers", ("asked_at", "taken_at", "held_at", "returned_at", "warned_at"), "conversation"),
    ("inbox", ("accepted_at",), "conversation"),
    ("outbox", ("created_at",), "conversation"),
)


class StaffedEngine(Engine, Protocol):
    """An engine that knows the desk's hours."""

    _desk: Desk


def always_staffed(desk: Desk) -> Desk:
    """Returns `desk` with office hours all day: scripts say themselves when somebody is there."""
    whole_day = (datetime.time.min, datetime.time.max)
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return dataclasses.replace(desk, hours=dict.fromkeys(days, whole_day), holidays=frozenset(), fixed=True)


class Person:
    """A new synthetic person in a conversation."""

    def __init__(self, connection: psycopg.Connection[Any], engine: Engine, vault: Vault, desk: Desk) -> None:
        self._connection = connection
        self._engine = engine
        self._vault = vault
        self._desk = desk
        self.conversation = f"web:{uuid.uuid4().hex}"

    def speak(self, act: Act) -> Answer:
        """Does one thing and returns what came back.

        Raises:
            LookupError: if a button is pressed that was never shown.
        """
        replies, mails, turns = self._last("outbox"), self._last("mail"), self._last("turns")
        match act.kind:
            case "user" | "users":
                for text in act.values:
                    self._accept("text", text=text)
            case "press":
                title, payload = self._button(act.values[0])
                self._accept("payload", text=title, payload=payload)
            case "media":
                self._accept("media", media=act.values[0])
            case "event":
                self._happened(act.values[0])
                self._accept("system", payload=f"#{act.values[0]}")
            case "wait":
                self._wait(int(act.values[0]))
            case "desk":
                self._desk_does(*act.values)
        self._take_turns()
        return self._answer(replies, mails, turns)

    def _accept(self, kind: Any, **what: Any) -> None:
        event = Event("web", uuid.uuid4().hex, self.conversation, kind, **what)
        inbox.accept_within(self._connection, event, self._vault)

    def _take_turns(self) -> None:
        more: bool | None = True
        while more:
            try:
                more = take_turn(self._connection, self.conversation, self._engine, PULLED)
            except Exception:  # counted as the worker does; the second one is answered with an apology
                logger.exception("turn of a script failed")
                note_failure(self._connection, self.conversation)

    def _last(self, table: str) -> int:
        row = self._connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        return int(row[0]) if row else 0

    def _button(self, named: str) -> tuple[str, str]:
        """Returns title and payload of a button: of the newest message that shows it, or as given."""
        if named.startswith("#"):
            return "", named
        rows = self._connection.execute(
            "SELECT body->'buttons' FROM outbox WHERE conversation = %s ORDER BY id DESC", (self.conversation,)
        )
        for (buttons,) in rows:
            for button in buttons:
                if button["title"].casefold() == named.casefold():
                    return button["title"], button["payload"]
        raise LookupError(f"chưa có nút nào tên “{named}”.")

    def _wait(self, seconds: int) -> None:
        back = datetime.timedelta(seconds=seconds)
        for table, columns, whose in _TIMES:
            moved = ", ".join(f"{column} = {column} - %(back)s" for column in columns)
            self._connection.execute(
                f"UPDATE {table} SET {moved} WHERE {whose} = %(who)s", {"back": back, "who": self.conversation}
            )
        self._connection.execute(
            "UPDATE conversations SET updated_at = updated_at - %s, tracker = (SELECT jsonb_agg("
            "CASE WHEN e ? 'timestamp'"
            " THEN jsonb_set(e, '{timestamp}', to_jsonb((e->>'timestamp')::float8 - %s)) ELSE e END ORDER BY n)"
            " FROM jsonb_array_elements(tracker) WITH ORDINALITY AS events (e, n)) WHERE id = %s",
            (back, seconds, self.conversation),
        )
        handover.end_waits(self._connection, self._vault, self._desk)
        holding.watch(self._connection, self._vault, self._desk, back)

    def _happened(self, event: str) -> None:
        """Leaves in the tables what the event leaves there, since turns look at it."""
        if event == "reset_done":
            self._connection.execute("UPDATE resets SET used_at = now() WHERE person = %s", (self.conversation,))
        if event == "mail_bounced":
            self._connection.execute(
                "UPDATE mail SET bounced_at = now() FROM resets r WHERE r.id = mail.reset_id AND r.person = %s",
                (self.conversation,),
            )

    def _desk_does(self, what: str, text: str = "") -> None:
        connection, vault = self._connection, self._vault
        match what:
            case "open":
                handover.be_present(connection, _AGENT)
            case "close":
                handover.go_away(connection, _AGENT)
                handover.end_waits(connection, vault, self._desk)
            case "take":
                handover.take(connection, vault, self.conversation, _AGENT)
            case "reply":
                sending.hold(connection, self.conversation, _AGENT, text)
            case "hand_back":
                handover.hand_back(connection, vault, self.conversation, _AGENT)
            case "answer":
                row = connection.execute(
                    "SELECT number FROM questions WHERE conversation = %s AND answered_at IS NULL", (self.conversation,)
                ).fetchone()
                if row is None:
                    raise LookupError("chưa có câu hỏi nào đang chờ trả lời.")
                handover.answer_question(connection, vault, row[0], _AGENT, text)

    def _answer(self, replies: int, mails: int, turns: int) -> Answer:
        said = self._connection.execute(
            "SELECT body FROM outbox WHERE conversation = %s AND id > %s ORDER BY id", (self.conversation, replies)
        ).fetchall()
        queued = self._connection.execute(
            "SELECT m.kind FROM mail m JOIN resets r ON r.id = m.reset_id WHERE r.person = %s AND m.id > %s",
            (self.conversation, mails),
        ).fetchall()
        row = self._connection.execute(
            "SELECT tracker FROM conversations WHERE id = %s", (self.conversation,)
        ).fetchone()
        form, slots = _state(row[0] if row else None)
        read = self._connection.execute(
            "SELECT intent, reading FROM turns WHERE conversation = %s AND id > %s ORDER BY id DESC LIMIT 1",
            (self.conversation, turns),
        ).fetchone()
        intent, reading = read or ("", None)
        return Answer(
            tuple(body["text"] for (body,) in said),
            tuple(button["title"] for (body,) in said for button in body["buttons"]),
            form,
            slots,
            tuple(kind for (kind,) in queued),
            self._kept(),
            str(intent or ""),
            reading or {},
        )

    def _kept(self) -> str:
        rows = self._connection.execute(
            "SELECT body::text FROM inbox WHERE conversation = %(c)s UNION ALL"
            " SELECT body::text FROM outbox WHERE conversation = %(c)s UNION ALL"
            " SELECT ranking::text FROM turns WHERE conversation = %(c)s UNION ALL"
            " SELECT question FROM questions WHERE conversation = %(c)s UNION ALL"
            " SELECT tracker::text FROM conversations WHERE id = %(c)s",
            {"c": self.conversation},
        )
        return "\n".join(text for (text,) in rows if text)


def _state(tracker: list[dict[str, Any]] | None) -> tuple[str, dict[str, Any]]:
    """Returns the active form and the slots that a stored tracker ends with."""
    form = ""
    slots: dict[str, Any] = {}
    for event in tracker or ():
        match event["event"]:
            case "session_started":
                form, slots = "", {}
            case "reset_slots":
                slots = {}
            case "active_loop":
                form = event["name"] or ""
            case "slot":
                slots[event["name"]] = event["value"]
    return form, slots


@contextmanager
def rehearsal(
    connection: psycopg.Connection[Any], engine: StaffedEngine, vault: Vault
) -> Iterator[Callable[[Act], Answer]]:
    """Gives a new person's `speak`; everything done with it is undone at the end.

    Args:
        connection: in autocommit.
        engine: what answers; its desk has hours all day meanwhile, so it serves nobody else.
        vault: the engine's vault.
    """
    hours = engine._desk
    engine._desk = always_staffed(hours)
    try:
        with connection.transaction(force_rollback=True):
            # Limits and agents of others are none of this conversation's business.
            connection.execute("DELETE FROM resets")
            connection.execute("DELETE FROM attempts")
            connection.execute("DELETE FROM desk_presence")
            yield Person(connection, engine, vault, engine._desk).speak
    finally:
        engine._desk = hours
