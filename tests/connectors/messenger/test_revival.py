"""What a closed window held back: a colleague's words go when the person writes again, ours do not."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from connectors.base import revival

ME = "messenger:1"


def _dead(connection: psycopg.Connection[Any], sender: str, cause: str = "", error: str = "closed 10/2018278",
          conversation: str = ME, days: int = 0) -> None:  # fmt: skip
    channel = conversation.partition(":")[0]
    connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                       (conversation, channel))  # fmt: skip
    row = connection.execute(
        "INSERT INTO inbox (channel, event_id, conversation, kind, body, done_at, accepted_at)"
        " VALUES (%s, gen_random_uuid()::text, %s, 'system', jsonb_build_object('payload', %s::text), now(),"
        " now() - interval '3 days') RETURNING id",
        (channel, conversation, cause),
    ).fetchone()
    assert row
    connection.execute(
        "INSERT INTO outbox (conversation, inbox_id, sender, body, state, error, next_try_at, created_at)"
        " VALUES (%s, %s, %s, '{}', 'dead', %s, now() - interval '1 day', now() - make_interval(days => %s))",
        (conversation, row[0], sender, error, days),
    )


def _writes(connection: psycopg.Connection[Any], kind: str = "text") -> None:
    connection.execute(
        "INSERT INTO inbox (channel, event_id, conversation, kind, body)"
        " VALUES ('messenger', gen_random_uuid()::text, %s, %s, '{}')",
        (ME, kind),
    )


def _revive(url: str) -> None:
    async def work() -> None:
        async with AsyncConnectionPool(url, kwargs={"autocommit": True}, open=False) as pool:
            await revival.job(pool, "messenger").run()

    asyncio.run(work())


def _states(connection: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in connection.execute("SELECT state FROM outbox ORDER BY id").fetchall()]


@pytest.mark.parametrize(
    ("dead", "goes"),
    [({"sender": "agent"}, True), ({"sender": "bot", "cause": "#question_answered"}, True), ({"sender": "bot"}, False),
     ({"sender": "agent", "error": "551"}, False), ({"sender": "agent", "days": 20}, False)],
)  # fmt: skip
def test_what_goes_when_the_person_writes_again(
    connection: psycopg.Connection[Any], database_url: str, dead: dict[str, Any], goes: bool
) -> None:
    _dead(connection, **dead)
    _revive(database_url)
    assert _states(connection) == ["dead"], "not before"
    _writes(connection, "system")
    _revive(database_url)
    assert _states(connection) == ["dead"], "the system is nobody"
    _writes(connection)
    _revive(database_url)
    assert _states(connection) == ["waiting" if goes else "dead"]


def test_other_channels_are_left_alone(connection: psycopg.Connection[Any], database_url: str) -> None:
    _dead(connection, "agent", conversation="messengerx:1")
    connection.execute("UPDATE inbox SET kind = 'text', accepted_at = now()")
    _revive(database_url)
    assert _states(connection) == ["dead"]
