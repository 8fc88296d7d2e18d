"""A colleague who answers in the platform's own tool: the assistant is silent, and for how long."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from assistant.desk import handover
from assistant.desk.handover import Desk
from assistant.messages import inbox
from assistant.messages.events import Event, Reply, Turn
from assistant.messages.turns import Claimed, take_turn
from assistant.privacy.vault import Vault
from assistant.settings import ROOT

VAULT = Vault([b"k" * 32])
PERSON = "messenger:1.2"


class Echo:
    """An engine that repeats."""

    model = "echo"
    release = None

    def handle(self, claimed: Claimed, connection: psycopg.Connection[Any]) -> Turn:
        return Turn((Reply(claimed.body["text"]),), [], None, None)

    def apology(self, language: str) -> Reply:
        return Reply("sorry")

    def close(self) -> None:
        return None


@pytest.fixture
def says(connection: psycopg.Connection[Any]) -> Callable[[str], list[str]]:
    """Says a text and returns what was answered."""

    def say(text: str, kind: Any = "text") -> list[str]:
        event = Event("messenger", f"m.{text}", PERSON, kind, text=text, payload="#x" if kind == "system" else "")
        inbox.accept_within(connection, event, VAULT)
        take_turn(connection, PERSON, Echo(), frozenset())
        rows = connection.execute(
            "SELECT o.body->>'text' FROM outbox o JOIN inbox i ON i.id = o.inbox_id WHERE i.event_id = %s",
            (f"m.{text}",),
        )
        return [row[0] for row in rows]

    return say


def _minutes(many: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=many)


async def _take(url: str, until: datetime.datetime) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await handover.taken_outside(connection, PERSON, until)


async def _give_back(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await handover.given_back(connection, PERSON)


def _run(work: Any) -> None:
    import asyncio

    asyncio.run(work)


def test_the_assistant_is_silent_until_the_time_is_over(
    connection: psycopg.Connection[Any], database_url: str, says: Callable[..., list[str]]
) -> None:
    assert says("before") == ["before"]
    _run(_take(database_url, _minutes(60)))
    assert says("while the colleague talks") == []
    assert handover.state_of(connection, PERSON) == "with_person"
    connection.execute("UPDATE handovers SET until = now() - interval '1 second'")
    assert handover.state_of(connection, PERSON) == "bot"
    assert says("an hour later") == ["an hour later"]
    turns = connection.execute("SELECT intent FROM turns ORDER BY id").fetchall()
    assert turns == [(None,), ("with_person",), (None,)]


def test_what_the_system_says_goes_through(database_url: str, says: Callable[..., list[str]]) -> None:
    _run(_take(database_url, _minutes(60)))
    assert says("reset done", "system") == ["reset done"]


def test_each_message_starts_the_time_anew_and_none_shortens_it(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    late = _minutes(90)
    for until in (_minutes(60), late, _minutes(10)):
        _run(_take(database_url, until))
    rows = connection.execute("SELECT state, reason, until FROM handovers").fetchall()
    assert rows == [("with_person", handover.OUTSIDE, late)]


def test_giving_back_ends_the_silence(
    connection: psycopg.Connection[Any], database_url: str, says: Callable[..., list[str]]
) -> None:
    _run(_take(database_url, _minutes(60)))
    _run(_give_back(database_url))
    assert says("and now") == ["and now"]
    _run(_take(database_url, _minutes(60)))
    assert says("again") == []
    assert connection.execute("SELECT count(*) FROM handovers").fetchone() == (2,)


def test_a_person_who_waited_is_being_answered(
    connection: psycopg.Connection[Any], database_url: str, says: Callable[..., list[str]]
) -> None:
    says("hello")
    connection.execute("INSERT INTO handovers (conversation, reason) VALUES (%s, 'asked')", (PERSON,))
    _run(_take(database_url, _minutes(60)))
    assert connection.execute("SELECT state, until > now() FROM handovers").fetchall() == [("with_person", True)]


def test_a_colleague_at_our_own_desk_keeps_the_conversation(
    connection: psycopg.Connection[Any], database_url: str, says: Callable[..., list[str]]
) -> None:
    says("hello")
    connection.execute(
        "INSERT INTO handovers (conversation, state, reason, agent) VALUES (%s, 'with_person', 'asked', 'Lan')",
        (PERSON,),
    )
    _run(_take(database_url, _minutes(-1)))
    _run(_give_back(database_url))
    assert connection.execute("SELECT state, agent, until FROM handovers").fetchall() == [("with_person", "Lan", None)]


def test_the_sweep_closes_what_is_over_and_the_queue_is_free_again(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    desk: Desk = handover.read_desk(ROOT / "data/desk.yml")
    _run(_take(database_url, _minutes(60)))
    assert connection.execute(handover.ANYBODY_WAITS).fetchone() == (False,)
    connection.execute("UPDATE handovers SET until = now() - interval '1 second'")
    assert connection.execute(handover.ANYBODY_WAITS).fetchone() == (True,)
    assert handover.end_waits(connection, VAULT, desk) == []
    assert connection.execute("SELECT state, outcome FROM handovers").fetchall() == [("closed", "answered")]
    assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (0,)  # nobody is told


def test_who_asks_for_a_person_right_after_gets_a_place(
    connection: psycopg.Connection[Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "desk_is_open", lambda connection, desk: True)
    _run(_take(database_url, _minutes(60)))
    connection.execute("UPDATE handovers SET until = now() - interval '1 second'")
    assert handover.ask(connection, PERSON, "asked", handover.read_desk(ROOT / "data/desk.yml")) is not None
    assert connection.execute("SELECT state FROM handovers ORDER BY id").fetchall() == [("closed",), ("waiting",)]
