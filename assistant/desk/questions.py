"""Questions that people left: who works on them, answered or closed, and what became of the answer."""

from __future__ import annotations

import datetime
from typing import Any

import psycopg

from assistant.desk import handover
from assistant.desk.handover import HandoverError
from assistant.desk.holding import EVERY_DESK
from assistant.messages import wakeups
from assistant.privacy.vault import Vault

Connection = psycopg.Connection[Any]


def assign(connection: Connection, number: str, agent: str) -> None:
    """Notes that somebody works on an open question; a colleague's stays theirs.

    Raises:
        HandoverError: if a colleague has it, or it is not open.
    """
    row = connection.execute(
        "UPDATE questions SET assigned = %(agent)s, assigned_at = now()"
        " WHERE number = %(number)s AND answered_at IS NULL AND closed_at IS NULL"
        "   AND (assigned IS NULL OR assigned = %(agent)s) RETURNING 1",
        {"number": number, "agent": agent},
    ).fetchone()
    if row is None:
        raise HandoverError("Câu hỏi này đã có đồng nghiệp nhận, hoặc không còn chờ trả lời.")
    wakeups.tell(connection, EVERY_DESK)


def release(connection: Connection, number: str) -> None:
    """Lets anybody take an open question again, whoever had it.

    Raises:
        HandoverError: if it is not open.
    """
    done = connection.execute(
        "UPDATE questions SET assigned = NULL, assigned_at = NULL"
        " WHERE number = %s AND answered_at IS NULL AND closed_at IS NULL",
        (number,),
    )
    if done.rowcount != 1:
        raise HandoverError("Câu hỏi này không còn chờ trả lời.")
    wakeups.tell(connection, EVERY_DESK)


def promise(
    connection: Connection, vault: Vault, number: str, day: datetime.date, today: datetime.date
) -> tuple[str, bool]:
    """Gives an open question another day of answer, and tells the person; returns the conversation, and if it changed.

    Raises:
        HandoverError: if it is not open, or the day is past or beyond what is kept.
    """
    row = connection.execute(
        "SELECT conversation, promised_on, (asked_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM questions"
        " WHERE number = %s AND answered_at IS NULL AND closed_at IS NULL FOR UPDATE",
        (number,),
    ).fetchone()
    if row is None:
        raise HandoverError("Câu hỏi này không còn chờ trả lời.")
    conversation, before, asked = row
    if not today <= day <= max(asked + handover.KEPT, today):
        raise HandoverError("Ngày hẹn phải từ hôm nay và trong vòng 14 ngày kể từ khi hỏi.")
    if day == before:
        return conversation, False
    connection.execute("UPDATE questions SET promised_on = %s, late_told_at = NULL WHERE number = %s", (day, number))
    handover.tell(connection, vault, conversation, "#question_later", text=number)
    wakeups.tell(connection, EVERY_DESK)
    return conversation, True


#: Whether `tell_late` has anybody to tell.
ANY_LATE = """
SELECT EXISTS (SELECT 1 FROM questions WHERE answered_at IS NULL AND closed_at IS NULL AND late_told_at IS NULL
               AND promised_on < %s)
"""


def tell_late(connection: Connection, vault: Vault, today: datetime.date) -> list[str]:
    """Tells everybody whose day of answer has passed, once, that it takes longer; returns the conversations."""
    late = connection.execute(
        "UPDATE questions SET late_told_at = now() WHERE number IN (SELECT number FROM questions"
        " WHERE answered_at IS NULL AND closed_at IS NULL AND late_told_at IS NULL AND promised_on < %s"
        " ORDER BY number LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING conversation, number",
        (today,),
    ).fetchall()
    for conversation, number in late:
        handover.tell(connection, vault, conversation, "#question_later", text=number)
    return [conversation for conversation, _ in late]


def close(connection: Connection, number: str, agent: str, reason: str) -> None:
    """Closes a question without an answer; whoever asks after it is told that it was closed.

    Raises:
        HandoverError: if it is not open, or no reason is given.
    """
    if not reason.strip():
        raise HandoverError("Bạn ghi lý do đóng câu hỏi.")
    row = connection.execute(
        "UPDATE questions SET closed_at = now(), closed_reason = %s, agent = %s"
        " WHERE number = %s AND answered_at IS NULL AND closed_at IS NULL RETURNING conversation",
        (reason.strip()[:200], agent, number),
    ).fetchone()
    if row is None:
        raise HandoverError("Câu hỏi này không còn chờ trả lời.")
    handover.values_are_done(connection, row[0])
    wakeups.tell(connection, EVERY_DESK)
