"""What the runbooks have operators type: lists without people in them, and what lets things go at once."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from assistant import cli
from assistant.app import doctor
from assistant.settings import Settings

runner = CliRunner()


@pytest.fixture(autouse=True)
def this_database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def said(*words: str) -> list[Any]:
    """The JSON lines a command prints."""
    done = runner.invoke(cli.app, list(words))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_letters_that_wait_are_listed_without_people_and_go_at_once_when_told(
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute(
        "INSERT INTO mail (kind, member_ref, masked_code, error, attempts, next_try_at) VALUES"
        " ('reset_attempts', 'm-77', '•••123', 'ConnectionRefusedError', 3, now() + interval '10 minutes')"
    )
    (letter,) = said("mail", "list")
    assert (letter["error"], letter["attempts"], letter["state"]) == ("ConnectionRefusedError", 3, "waiting")
    assert not {"m-77", "•••123"} & set(map(str, letter.values()))
    assert said("mail", "list", "--state", "dead") == []
    assert said("mail", "hurry") == [1]
    assert connection.execute("SELECT count(*) FROM mail WHERE next_try_at <= now()").fetchone() == (1,)
    assert said("mail", "hurry") == [0]


def test_replies_of_one_platform_go_at_once_when_told(connection: psycopg.Connection[Any]) -> None:
    for channel in ("zalo", "messenger"):
        connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, %s)", (f"{channel}:1", channel))
        connection.execute(
            "INSERT INTO outbox (conversation, body, next_try_at) VALUES (%s, '{}', now() + interval '10 minutes')",
            (f"{channel}:1",),
        )
    assert said("outbox", "hurry", "--channel", "zalo") == [1]
    due = connection.execute("SELECT conversation FROM outbox WHERE next_try_at <= now()").fetchall()
    assert due == [("zalo:1",)]
    assert said("outbox", "hurry") == [1]


def test_the_doctor_asks_the_register_and_does_not_fail_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_URL", "http://127.0.0.1:9/v1")
    (found,) = doctor._register_answers(Settings())
    assert found.level == "note"
    assert "no good answer" in found.text
