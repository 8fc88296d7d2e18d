"""Questions that people left: who works on them, answered or closed, and what became of the answer."""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.desk.handover import HandoverError
from assistant.desk.holding import EVERY_DESK
from assistant.messages import wakeups

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


def close(connection: Connection, number: str, agent: str, reason: str) -> None:
    """Closes a question without an answer; whoever asks after it is told that it was closed.

    Raises:
        HandoverError: if it is not open, or no reason is given.
    """
    if not reason.strip():
        raise HandoverError("Bạn ghi lý do đóng câu hỏi.")
    done = connection.execute(
        "UPDATE questions SET closed_at = now(), closed_reason = %s, agent = %s"
        " WHERE number = %s AND answered_at IS NULL AND closed_at IS NULL",
        (reason.strip()[:200], agent, number),
    )
    if done.rowcount != 1:
        raise HandoverError("Câu hỏi này không còn chờ trả lời.")
    wakeups.tell(connection, EVERY_DESK)
