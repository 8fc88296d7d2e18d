"""`assistant desk …`: what a person at the desk does, from a terminal, under the name they signed in with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import psycopg
import typer
from psycopg.rows import dict_row

from assistant import audit, database
from assistant.cli import desk_session
from assistant.desk import handover, holding, sending
from assistant.desk.agents import refuse_private
from assistant.desk.public_numbers import public_contacts
from assistant.privacy import keyring
from assistant.privacy.vault import Vault
from assistant.settings import Settings
from assistant.staff.model import StaffError

app = typer.Typer(no_args_is_help=True, help="Bàn trực: hàng chờ, trả lời, câu hỏi để lại")
_LINES = """
SELECT * FROM (
    SELECT 'person' AS sender, body->>'text' AS text, accepted_at AS at FROM inbox
    WHERE conversation = %(c)s AND kind <> 'system'
    UNION ALL SELECT sender, body->>'text', created_at FROM outbox WHERE conversation = %(c)s
    ORDER BY at DESC LIMIT %(n)s
) m ORDER BY at
"""
_QUEUE = "SELECT conversation, state, reason, agent, asked_at FROM handovers WHERE state <> 'closed' ORDER BY asked_at"
_QUESTIONS = """
SELECT number, conversation, question, asked_at FROM questions
WHERE answered_at IS NULL AND closed_at IS NULL ORDER BY asked_at
"""


@dataclass(frozen=True)
class _At:
    """Somebody at the desk: one transaction, and the name that stands in the trail."""

    connection: psycopg.Connection[Any]
    vault: Vault
    rules: handover.Desk
    me: str

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()

    def viewed(self, conversations: Iterable[str], command: str, view: str) -> None:
        audit.viewed(
            self.connection, conversations, actor=audit.Staff(self.me), where=f"command:desk {command}", view=view
        )

    def record(self, event: audit.Event, command: str, conversation: str, **details: str) -> None:
        actor, where = audit.Staff(self.me), f"command:desk {command}"
        audit.record(self.connection, event, actor=actor, where=where, subject=conversation, **details)


@contextmanager
def _refusing() -> Iterator[None]:
    """Prints a refusal as a sentence and ends with code 1."""
    try:
        yield
    except (handover.HandoverError, StaffError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@contextmanager
def _open() -> Iterator[_At]:
    settings = Settings()
    vault = keyring.open_vault(settings)
    with _refusing(), database.connect(database.url_of(settings), "assistant-desk") as connection:
        rules = handover.read_desk(settings.desk_file)
        yield _At(connection, vault, rules, desk_session.who(connection, settings).name)


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False, default=str))


@app.command("sign-in")
def sign_in(name: Annotated[str, typer.Argument(help="tên đăng nhập, ví dụ hoa.nguyen")]) -> None:
    """Đăng nhập bằng mật khẩu và mã 6 số, như ở bàn làm việc."""
    settings = Settings()
    vault = keyring.open_vault(settings)
    password, code = desk_session.asked("Mật khẩu"), desk_session.asked("Mã 6 số trên điện thoại")
    with _refusing(), database.connect(database.url_of(settings), "assistant-desk") as connection:
        desk_session.begin(connection, vault, settings, name, password, code)


@app.command("sign-out")
def sign_out() -> None:
    """Đăng xuất khỏi dòng lệnh."""
    settings = Settings()
    keyring.open_vault(settings)
    with database.connect(database.url_of(settings), "assistant-desk") as connection:
        desk_session.end(connection, settings)


@app.command()
def here() -> None:
    """Báo có mặt; người dân được xếp hàng khi có người trực trong giờ."""
    with _open() as desk:
        handover.be_present(desk.connection, desk.me)


@app.command()
def away() -> None:
    """Báo rời bàn; người đang được hỗ trợ trở lại hàng chờ hoặc về với trợ lý, và được báo."""
    with _open() as desk:
        for conversation in holding.leave(desk.connection, desk.vault, desk.rules, desk.me):
            desk.record(audit.Event.DESK_GIVEN_BACK, "away", conversation, why="left the desk")


@app.command()
def queue() -> None:
    """Liệt kê người đang chờ và đang được hỗ trợ."""
    with _open() as desk:
        _print(desk.rows(_QUEUE))


@app.command()
def show(conversation: str, most: int = 30) -> None:
    """Xem các tin gần nhất; số giấy tờ và liên hệ đã được thay bằng ký hiệu. Lần xem được ghi vào nhật ký."""
    with _open() as desk:
        desk.viewed([conversation], "show", "conversation")
        rows = desk.rows(_LINES, c=conversation, n=most)
    _print(rows)  # once the trail is written: whoever closes the pipe has read some of it


@app.command()
def take(conversation: str) -> None:
    """Nhận một người đang chờ."""
    with _open() as desk:
        handover.take(desk.connection, desk.vault, conversation, desk.me)
        desk.record(audit.Event.DESK_TAKEN, "take", conversation)


@app.command()
def reply(conversation: str, text: str) -> None:
    """Trả lời người mình đã nhận."""
    with _open() as desk:
        refuse_private(text, public_contacts())
        sending.hold(desk.connection, conversation, desk.me, text)


@app.command()
def back(conversation: str) -> None:
    """Kết thúc và giao lại cho trợ lý tự động."""
    with _open() as desk:
        handover.hand_back(desk.connection, desk.vault, conversation, desk.me)
        desk.record(audit.Event.DESK_GIVEN_BACK, "back", conversation)


@app.command()
def questions() -> None:
    """Liệt kê câu hỏi chưa trả lời; lần xem được ghi vào nhật ký."""
    with _open() as desk:
        rows = desk.rows(_QUESTIONS)
        desk.viewed((row.pop("conversation") for row in rows), "questions", "list of questions")
    _print(rows)


@app.command()
def answer(number: str, text: str) -> None:
    """Trả lời một câu hỏi; câu trả lời được gửi vào đúng cuộc trò chuyện."""
    with _open() as desk:
        refuse_private(text, public_contacts())
        conversation = handover.answer_question(desk.connection, desk.vault, number, desk.me, text)
        desk.record(audit.Event.QUESTION_ANSWERED, "answer", conversation, number=number)
