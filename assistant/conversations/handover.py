"""Handing a conversation to a person at the desk and back, and questions left for later.

States of a handover: waiting → with_person → closed. While a person has the conversation, the
engine does not answer. Every change that the citizen should hear is a system event in the inbox, so
the words come from the dialogue's files and in the right order.
"""

from __future__ import annotations

import datetime
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import yaml

from assistant.conversations import inbox, wakeups
from assistant.conversations.events import Event
from assistant.privacy.vault import Vault

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
#: The number of a question as people type it.
NUMBER = re.compile(r"\bHD[-\s]?(\d{6})\b", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


ANYBODY_WAITS = "SELECT EXISTS (SELECT 1 FROM handovers WHERE state = 'waiting')"


class HandoverError(ValueError):
    """The handover or question is not in the state the act needs; the message says so in Vietnamese."""


@dataclass(frozen=True)
class Desk:
    """When the desk is staffed and how long people wait."""

    hours: dict[str, tuple[datetime.time, datetime.time]]
    hours_said: str
    holidays: frozenset[datetime.date]
    patience: datetime.timedelta
    present: datetime.timedelta
    minutes_each: int

    def in_hours(self, at: datetime.datetime) -> bool:
        """Tells whether `at` falls into the office hours."""
        local = at.astimezone(_VIETNAM)
        span = self.hours.get(_DAYS[local.weekday()])
        return span is not None and local.date() not in self.holidays and span[0] <= local.time() < span[1]


def read_desk(path: Path) -> Desk:
    """Reads data/desk.yml."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))

    def span(text: str) -> tuple[datetime.time, datetime.time]:
        start, _, end = text.partition("-")
        return datetime.time.fromisoformat(start.strip()), datetime.time.fromisoformat(end.strip())

    return Desk(
        hours={day: span(text) for day, text in raw["hours"].items()},
        hours_said=raw["hours_said"],
        holidays=frozenset(raw["holidays"] or ()),
        patience=datetime.timedelta(minutes=raw["patience_minutes"]),
        present=datetime.timedelta(minutes=raw["present_minutes"]),
        minutes_each=int(raw["minutes_each"]),
    )


@dataclass(frozen=True)
class Queued:
    """A place in the queue."""

    position: int
    minutes: int


Connection = psycopg.Connection[Any]


def desk_is_open(connection: Connection, desk: Desk) -> bool:
    """Tells whether somebody is at the desk within the office hours."""
    row = connection.execute(
        "SELECT now(), EXISTS (SELECT 1 FROM desk_presence WHERE seen_at > now() - %s)", (desk.present,)
    ).fetchone()
    return row is not None and bool(row[1]) and desk.in_hours(row[0])


def state_of(connection: Connection, conversation: str) -> str:
    """Returns "bot", "waiting" or "with_person"."""
    row = connection.execute(
        "SELECT state FROM handovers WHERE conversation = %s AND state <> 'closed'", (conversation,)
    ).fetchone()
    return row[0] if row else "bot"


def ask(connection: Connection, conversation: str, reason: str, desk: Desk) -> Queued | None:
    """Puts a conversation into the queue (once); None if the desk is closed."""
    if not desk_is_open(connection, desk):
        return None
    connection.execute(
        "INSERT INTO handovers (conversation, reason) VALUES (%s, %s) ON CONFLICT DO NOTHING", (conversation, reason)
    )
    row = connection.execute(
        "SELECT count(*) FROM handovers WHERE state = 'waiting' AND asked_at <="
        " (SELECT asked_at FROM handovers WHERE conversation = %s AND state <> 'closed')",
        (conversation,),
    ).fetchone()
    position = max(1, int(row[0]) if row else 1)
    return Queued(position, position * desk.minutes_each)


def leave(connection: Connection, conversation: str) -> bool:
    """Takes a conversation out of the queue; False if it was not waiting."""
    return _close(connection, conversation, "left", "waiting")


def _close(connection: Connection, conversation: str, outcome: str, state: str) -> bool:
    done = connection.execute(
        "UPDATE handovers SET state = 'closed', outcome = %s, closed_at = now() WHERE conversation = %s AND state = %s",
        (outcome, conversation, state),
    )
    return done.rowcount == 1


def _tell(connection: Connection, vault: Vault, conversation: str, payload: str, text: str = "") -> None:
    event = Event(
        conversation.partition(":")[0],
        f"desk {payload} {secrets.token_hex(8)}",
        conversation,
        "system",
        text=text,
        payload=payload,
    )
    inbox.accept_within(connection, event, vault)


def be_present(connection: Connection, agent: str) -> None:
    """Notes that an agent is at the desk."""
    connection.execute(
        "INSERT INTO desk_presence (agent) VALUES (%s) ON CONFLICT (agent) DO UPDATE SET seen_at = now()", (agent,)
    )


def go_away(connection: Connection, agent: str) -> None:
    """Notes that an agent left the desk."""
    connection.execute("DELETE FROM desk_presence WHERE agent = %s", (agent,))


def take(connection: Connection, vault: Vault, conversation: str, agent: str) -> None:
    """Lets an agent take a waiting conversation; the person is told.

    Raises:
        HandoverError: if nobody waits there, or a colleague was faster.
    """
    be_present(connection, agent)
    done = connection.execute(
        "UPDATE handovers SET state = 'with_person', agent = %s, taken_at = now()"
        " WHERE conversation = %s AND state = 'waiting'",
        (agent, conversation),
    )
    if done.rowcount != 1:
        raise HandoverError("Cuộc trò chuyện này không còn chờ: người hỏi đã rời hàng hoặc đồng nghiệp đã nhận.")
    _tell(connection, vault, conversation, "#desk_came")


def reply(connection: Connection, conversation: str, agent: str, text: str, pulled: bool) -> None:
    """Sends an agent's message to the person.

    Raises:
        HandoverError: if the agent does not have the conversation, or the message is empty.
    """
    be_present(connection, agent)
    if not text.strip():
        raise HandoverError("Tin nhắn đang trống.")
    row = connection.execute(
        "SELECT 1 FROM handovers WHERE conversation = %s AND state = 'with_person' AND agent = %s FOR UPDATE",
        (conversation, agent),
    ).fetchone()
    if row is None:
        raise HandoverError("Bạn chưa nhận cuộc trò chuyện này.")
    state = "sent" if pulled else "waiting"
    connection.execute(
        "INSERT INTO outbox (conversation, sender, body, state, sent_at)"
        " VALUES (%s, 'agent', jsonb_build_object('text', %s::text, 'buttons', '[]'::jsonb), %s,"
        " CASE WHEN %s = 'sent' THEN now() END)",
        (conversation, text.strip(), state, state),
    )
    wakeups.tell(connection, conversation)


def hand_back(connection: Connection, vault: Vault, conversation: str, agent: str) -> None:
    """Ends an agent's conversation; the assistant goes on.

    Raises:
        HandoverError: if the agent does not have it.
    """
    be_present(connection, agent)
    done = connection.execute(
        "UPDATE handovers SET state = 'closed', outcome = 'answered', closed_at = now()"
        " WHERE conversation = %s AND state = 'with_person' AND agent = %s",
        (conversation, agent),
    )
    if done.rowcount != 1:
        raise HandoverError("Bạn chưa nhận cuộc trò chuyện này.")
    _tell(connection, vault, conversation, "#desk_left")


def end_waits(connection: Connection, vault: Vault, desk: Desk) -> list[str]:
    """Ends waits that took too long, or that the desk's closing left behind; returns the conversations."""
    rows = connection.execute(
        "SELECT conversation, now() - asked_at > %s FROM handovers WHERE state = 'waiting' FOR UPDATE SKIP LOCKED",
        (desk.patience,),
    ).fetchall()
    if not rows:
        return []
    still_open = desk_is_open(connection, desk)
    ended = []
    for conversation, too_long in rows:
        if still_open and not too_long:
            continue
        outcome, payload = ("nobody", "#desk_nobody") if still_open else ("desk_closed", "#desk_closed")
        if _close(connection, conversation, outcome, "waiting"):
            _tell(connection, vault, conversation, payload)
            ended.append(conversation)
    return ended


def leave_question(connection: Connection, conversation: str, question: str) -> str:
    """Keeps a question (with tokens for identifiers) and returns its number."""
    while True:
        number = f"HD-{secrets.randbelow(900_000) + 100_000}"
        done = connection.execute(
            "INSERT INTO questions (number, conversation, question) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (number, conversation, question),
        )
        if done.rowcount:
            return number


def question_state(connection: Connection, conversation: str, number: str) -> str | None:
    """Returns "open" or "answered"; None if this person has no such question."""
    row = connection.execute(
        "SELECT answered_at IS NOT NULL FROM questions WHERE number = %s AND conversation = %s", (number, conversation)
    ).fetchone()
    return None if row is None else ("answered" if row[0] else "open")


def answer_of(connection: Connection, conversation: str, number: str) -> str:
    """Returns the answer to a question of this person, or an empty text."""
    row = connection.execute(
        "SELECT answer FROM questions WHERE number = %s AND conversation = %s", (number, conversation)
    ).fetchone()
    return (row[0] or "") if row else ""


def answer_question(connection: Connection, vault: Vault, number: str, agent: str, answer: str) -> str:
    """Answers a question and sends the answer where it was asked; returns the conversation.

    Raises:
        HandoverError: if there is no such open question, or the answer is empty.
    """
    if not answer.strip():
        raise HandoverError("Câu trả lời đang trống.")
    row = connection.execute(
        "UPDATE questions SET answer = %s, agent = %s, answered_at = now()"
        " WHERE number = %s AND answered_at IS NULL RETURNING conversation",
        (answer.strip(), agent, number),
    ).fetchone()
    if row is None:
        raise HandoverError(f"Không có câu hỏi {number} đang chờ trả lời.")
    _tell(connection, vault, row[0], "#question_answered", text=number)
    return str(row[0])
