"""Handing a conversation to a person at the desk and back, and questions left for later.

States of a handover: waiting → with_person → closed. While a person has the conversation, the
engine does not answer. Every change that the citizen should hear is a system event in the inbox, so
the words come from the dialogue's files and in the right order.

A colleague may also answer outside of the desk, in the platform's own tool. That is a handover with a
time (`until`): the engine is silent until then, and nobody is told, as the colleague is talking.
"""

from __future__ import annotations

import datetime
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from assistant.content.languages import OTHERS
from assistant.desk import rules
from assistant.desk.desk_model import KEPT, Desk
from assistant.identifiers import tokens
from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.privacy.vault import Vault
from assistant.runtime.conversation import channel_of
from assistant.settings import yaml_files

__all__ = ["KEPT", "Desk"]
#: The number of a question as people type it.
NUMBER = re.compile(r"\bHD[-\s]?(\d{6})\b", re.IGNORECASE)


ANYBODY_WAITS = """
SELECT EXISTS (SELECT 1 FROM handovers WHERE state = 'waiting')
    OR EXISTS (SELECT 1 FROM handovers WHERE state = 'with_person' AND until IS NOT NULL AND until <= now())
"""
#: Why a conversation is with a person who answers in the platform's own tool.
OUTSIDE = "answered_outside"

# A colleague at our own desk keeps the conversation; somebody who waited is being answered now.
_TAKEN_OUTSIDE = """
WITH known AS (
    INSERT INTO conversations (id, channel) VALUES (%(conversation)s, split_part(%(conversation)s, ':', 1))
    ON CONFLICT DO NOTHING
)
INSERT INTO handovers AS h (conversation, state, reason, taken_at, until)
VALUES (%(conversation)s, 'with_person', %(reason)s, now(), %(until)s)
ON CONFLICT (conversation) WHERE state <> 'closed'
DO UPDATE SET state = 'with_person', reason = excluded.reason, taken_at = coalesce(h.taken_at, now()),
              until = greatest(h.until, excluded.until)
WHERE h.state = 'waiting' OR h.until IS NOT NULL
"""
_GIVEN_BACK = """
UPDATE handovers SET state = 'closed', outcome = 'answered', closed_at = now()
WHERE state = 'with_person' AND until IS NOT NULL AND conversation = %s
"""
_OUTSIDE_OVER = """
UPDATE handovers SET state = 'closed', outcome = 'answered', closed_at = now()
WHERE state = 'with_person' AND until <= now()
"""


class HandoverError(ValueError):
    """The handover or question is not in the state the act needs; the message says so in Vietnamese."""


def read_desk(path: Path) -> Desk:
    """Reads data/desk.yml."""
    raw = yaml_files.read(path)

    def span(text: str) -> tuple[datetime.time, datetime.time]:
        start, _, end = text.partition("-")
        return datetime.time.fromisoformat(start.strip()), datetime.time.fromisoformat(end.strip())

    def minutes(name: str, usual: datetime.timedelta) -> datetime.timedelta:
        return datetime.timedelta(minutes=raw[f"{name}_minutes"]) if f"{name}_minutes" in raw else usual

    return Desk(
        hours={day: span(text) for day, text in raw["hours"].items()},
        hours_said=raw["hours_said"],
        said_in={name: str(raw[name]["hours_said"]) for name in OTHERS if (raw.get(name) or {}).get("hours_said")},
        holidays=frozenset(raw["holidays"] or ()),
        patience=datetime.timedelta(minutes=raw["patience_minutes"]),
        present=datetime.timedelta(minutes=raw["present_minutes"]),
        minutes_each=int(raw["minutes_each"]),
        answer_days=int(raw.get("answer_days", Desk.answer_days)),
        undo=int(raw.get("undo_seconds", Desk.undo)),
        slow=minutes("slow", Desk.slow),
        give_up=minutes("give_up", Desk.give_up),
        absent=minutes("absent", Desk.absent),
    )


@dataclass(frozen=True)
class Queued:
    """A place in the queue."""

    position: int
    minutes: int


Connection = psycopg.Connection[Any]


def desk_is_open(connection: Connection, desk: Desk) -> bool:
    """Tells whether somebody is at the desk within the office hours, or opened it beyond them."""
    desk = rules.in_force(connection, desk)
    row = connection.execute(
        "SELECT now(), EXISTS (SELECT 1 FROM desk_presence WHERE seen_at > now() - %s"
        " AND (page_at IS NULL OR page_at > now() - %s))",
        (desk.present, desk.absent),
    ).fetchone()
    return row is not None and bool(row[1]) and desk.in_hours(row[0])


def state_of(connection: Connection, conversation: str) -> str:
    """Returns "bot", "waiting" or "with_person"."""
    row = connection.execute(
        "SELECT state FROM handovers WHERE conversation = %s AND state <> 'closed'"
        " AND (until IS NULL OR until > now())",
        (conversation,),
    ).fetchone()
    return row[0] if row else "bot"


async def taken_outside(
    connection: psycopg.AsyncConnection[Any], conversation: str, until: datetime.datetime, reason: str = OUTSIDE
) -> None:
    """Notes that a colleague answers in the platform's own tool: the engine is silent until `until`.

    Called by the doors, once for each message of the colleague, so that the time starts anew; an earlier
    `until` never shortens the silence. The conversation may be unknown so far.
    """
    await connection.execute(_TAKEN_OUTSIDE, {"conversation": conversation, "until": until, "reason": reason})


async def given_back(connection: psycopg.AsyncConnection[Any], conversation: str) -> None:
    """Notes that the colleague outside of the desk gave the conversation back: the engine answers again."""
    await connection.execute(_GIVEN_BACK, (conversation,))


def ask(connection: Connection, conversation: str, reason: str, desk: Desk) -> Queued | None:
    """Puts a conversation into the queue (once); None if the desk is closed."""
    if not desk_is_open(connection, desk):
        return None
    connection.execute(f"{_OUTSIDE_OVER} AND conversation = %s", (conversation,))  # it would hold the place
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


def over(connection: Connection, conversation: str) -> None:
    """Ends a wait, or what an agent has, of a conversation that is over: nobody is there any more to be told."""
    connection.execute(
        "UPDATE handovers SET state = 'closed', closed_at = now(),"
        " outcome = CASE state WHEN 'waiting' THEN 'left' ELSE 'answered' END"
        " WHERE conversation = %s AND state <> 'closed'",
        (conversation,),
    )


def tell(connection: Connection, vault: Vault, conversation: str, payload: str, text: str = "") -> str:
    """Lets the assistant say something to a person, in the words of the dialogue; returns the event's id."""
    event = Event(
        channel_of(conversation),
        f"desk {payload} {secrets.token_hex(8)}",
        conversation,
        "system",
        text=text,
        payload=payload,
    )
    inbox.accept_within(connection, event, vault)
    return event.event_id


def be_present(connection: Connection, agent: str) -> None:
    """Notes that an agent is at the desk. A page that gave no sign lately is gone: what they do counts, not it."""
    connection.execute(
        "INSERT INTO desk_presence AS p (agent) VALUES (%s) ON CONFLICT (agent) DO UPDATE SET seen_at = now(),"
        " page_at = CASE WHEN p.page_at > now() - interval '20 seconds' THEN p.page_at END",
        (agent,),
    )


def page_is_open(connection: Connection, agent: str) -> None:
    """Notes a sign of an open page of somebody who is at the desk."""
    connection.execute(
        "UPDATE desk_presence SET seen_at = now(), page_at = now()"
        " WHERE agent = %s AND (page_at IS NULL OR page_at < now() - interval '4 seconds')",
        (agent,),
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
        "UPDATE handovers SET state = 'with_person', agent = %s, taken_at = now(), held_at = now(), warned_at = NULL"
        " WHERE conversation = %s AND state = 'waiting'",
        (agent, conversation),
    )
    if done.rowcount != 1:
        raise HandoverError("Cuộc trò chuyện này không còn chờ: người hỏi đã rời hàng hoặc đồng nghiệp đã nhận.")
    tell(connection, vault, conversation, "#desk_came")


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
    tell(connection, vault, conversation, "#desk_left")


def end_waits(connection: Connection, vault: Vault, desk: Desk) -> list[str]:
    """Ends waits that took too long, or that the desk's closing left behind; returns the conversations."""
    connection.execute(_OUTSIDE_OVER)
    rows = connection.execute(
        "SELECT conversation, now() - coalesce(returned_at, asked_at) > %s FROM handovers WHERE state = 'waiting'"
        " FOR UPDATE SKIP LOCKED",
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
            tell(connection, vault, conversation, payload)
            ended.append(conversation)
    return ended


@dataclass(frozen=True)
class Left:
    """A question that was left: its number, the day of its answer, and whether values in it are kept for staff."""

    number: str
    day: datetime.date
    holds_values: bool


def leave_question(connection: Connection, conversation: str, question: str, desk: Desk) -> Left:
    """Keeps a question (with tokens for identifiers), and for staff the values behind them until it is closed."""
    day = rules.in_force(connection, desk).day_of_answer(datetime.datetime.now(datetime.UTC))
    names = [token.token for token in tokens.tokens_in(question)]
    held = connection.execute(
        "UPDATE vault SET held_until = now() + %s WHERE conversation = %s AND token = ANY(%s) AND expires_at > now()",
        (KEPT, conversation, names),
    )
    while True:
        number = f"HD-{secrets.randbelow(900_000) + 100_000}"
        done = connection.execute(
            "INSERT INTO questions (number, conversation, question, promised_on) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (number, conversation, question, day),
        )
        if done.rowcount:
            return Left(number, day, held.rowcount > 0)


def open_questions(connection: Connection, conversation: str) -> int:
    """Counts the questions of somebody that wait for an answer."""
    row = connection.execute(
        "SELECT count(*) FROM questions WHERE conversation = %s AND answered_at IS NULL AND closed_at IS NULL",
        (conversation,),
    ).fetchone()
    return int(row[0]) if row else 0


def values_are_done(connection: Connection, conversation: str) -> None:
    """Ends what was kept for staff beyond its day, but for questions of this person that are still open."""
    connection.execute(
        "UPDATE vault v SET held_until = NULL WHERE conversation = %s AND held_until IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM questions q WHERE q.conversation = v.conversation AND q.answered_at IS NULL"
        "  AND q.closed_at IS NULL AND strpos(q.question, v.token) > 0)",
        (conversation,),
    )


def question_day(connection: Connection, conversation: str, number: str) -> datetime.date | None:
    """Returns the day by which a question of this person is answered, as they were told."""
    row = connection.execute(
        "SELECT promised_on FROM questions WHERE number = %s AND conversation = %s", (number, conversation)
    ).fetchone()
    return row[0] if row else None


def question_state(connection: Connection, conversation: str, number: str) -> str | None:
    """Returns "open", "answered" or "closed"; None if this person has no such question."""
    row = connection.execute(
        "SELECT CASE WHEN answered_at IS NOT NULL THEN 'answered' WHEN closed_at IS NOT NULL THEN 'closed'"
        " ELSE 'open' END FROM questions WHERE number = %s AND conversation = %s",
        (number, conversation),
    ).fetchone()
    return row[0] if row else None


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
        " WHERE number = %s AND answered_at IS NULL AND closed_at IS NULL RETURNING conversation",
        (answer.strip(), agent, number),
    ).fetchone()
    if row is None:
        raise HandoverError(f"Không có câu hỏi {number} đang chờ trả lời.")
    values_are_done(connection, row[0])
    event = tell(connection, vault, row[0], "#question_answered", text=number)
    connection.execute("UPDATE questions SET answer_event = %s WHERE number = %s", (event, number))
    return str(row[0])
