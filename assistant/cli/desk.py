"""`assistant desk …`: what a person at the desk does, from a terminal."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg
import typer

from assistant import audit, database
from assistant.desk import handover
from assistant.desk.agents import refuse_private
from assistant.desk.public_numbers import public_contacts
from assistant.messages.events import PULLED
from assistant.privacy import keyring
from assistant.privacy.vault import Vault
from assistant.runtime.conversation import channel_of
from assistant.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Bàn trực: hàng chờ, trả lời, câu hỏi để lại")
Agent = Annotated[str, typer.Option(help="tên nhân viên")]
_ME = getpass.getuser()


@contextmanager
def _open() -> Iterator[tuple[psycopg.Connection[Any], Vault]]:
    """Gives one transaction; a refusal is printed as a sentence and ends with code 1."""
    settings = Settings()
    vault = keyring.open_vault(settings)
    with database.connect(database.url_of(settings), "assistant-desk") as connection:
        try:
            yield connection, vault
        except handover.HandoverError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error


def _print(rows: Any) -> None:
    for row in rows:
        typer.echo(json.dumps(row[0], ensure_ascii=False, default=str))


@app.command()
def here(agent: Agent = _ME) -> None:
    """Báo có mặt; người dân được xếp hàng khi có người trực trong giờ."""
    with _open() as (connection, _):
        handover.be_present(connection, agent)


@app.command()
def away(agent: Agent = _ME) -> None:
    """Báo rời bàn."""
    with _open() as (connection, _):
        handover.go_away(connection, agent)


@app.command()
def queue() -> None:
    """Liệt kê người đang chờ và đang được hỗ trợ."""
    with _open() as (connection, _):
        _print(
            connection.execute(
                "SELECT to_jsonb(h) FROM (SELECT conversation, state, reason, agent, asked_at FROM handovers"
                " WHERE state <> 'closed' ORDER BY asked_at) h"
            )
        )


@app.command()
def show(conversation: str, most: int = 30, agent: Agent = _ME) -> None:
    """Xem các tin gần nhất; số giấy tờ và liên hệ đã được thay bằng ký hiệu."""
    with _open() as (connection, _):
        audit.record(
            connection, audit.Event.STAFF_VIEWED, actor=audit.Staff(agent), where="command:desk show",
            subject=conversation, view="conversation",
        )  # fmt: skip
        _print(
            connection.execute(
                "SELECT to_jsonb(s) FROM (SELECT * FROM ("
                " SELECT 'person' AS sender, body->>'text' AS text, accepted_at AS at FROM inbox"
                " WHERE conversation = %(c)s AND kind <> 'system'"
                " UNION ALL SELECT sender, body->>'text', created_at FROM outbox WHERE conversation = %(c)s"
                ") m ORDER BY at DESC LIMIT %(n)s) s ORDER BY at",
                {"c": conversation, "n": most},
            )
        )


@app.command()
def take(conversation: str, agent: Agent = _ME) -> None:
    """Nhận một người đang chờ."""
    with _open() as (connection, vault):
        handover.take(connection, vault, conversation, agent)


@app.command()
def reply(conversation: str, text: str, agent: Agent = _ME) -> None:
    """Trả lời người mình đã nhận."""
    with _open() as (connection, _):
        refuse_private(text, public_contacts())
        handover.reply(connection, conversation, agent, text, channel_of(conversation) in PULLED)


@app.command()
def back(conversation: str, agent: Agent = _ME) -> None:
    """Kết thúc và giao lại cho trợ lý tự động."""
    with _open() as (connection, vault):
        handover.hand_back(connection, vault, conversation, agent)


@app.command()
def questions() -> None:
    """Liệt kê câu hỏi chưa trả lời."""
    with _open() as (connection, _):
        _print(
            connection.execute(
                "SELECT to_jsonb(q) FROM (SELECT number, question, asked_at FROM questions"
                " WHERE answered_at IS NULL AND closed_at IS NULL ORDER BY asked_at) q"
            )
        )


@app.command()
def answer(number: str, text: str, agent: Agent = _ME) -> None:
    """Trả lời một câu hỏi; câu trả lời được gửi vào đúng cuộc trò chuyện."""
    with _open() as (connection, vault):
        refuse_private(text, public_contacts())
        handover.answer_question(connection, vault, number, agent, text)
