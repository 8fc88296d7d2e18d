"""The page's own automatic replies silence nobody; a colleague's words do."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from assistant.desk import handover
from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.privacy.vault import Vault
from connectors.messenger.automations import AT_ONCE, MANY, Automations
from connectors.messenger.envelope import Item

NOW = datetime.datetime.now(datetime.UTC)
GREETING = "Cảm ơn bạn đã nhắn tin. Chúng tôi sẽ trả lời sớm."


def echo(text: str = GREETING, at: datetime.datetime = NOW) -> Item:
    return Item("1", "messaging", {"message": {"is_echo": True, "app_id": 263902037430900, "text": text}}, at)


async def judged(url: str, *asked: tuple[Item, str, datetime.datetime | None], held: str = "") -> list[bool]:
    async with AsyncConnectionPool[Any](url, min_size=1, open=False) as pool:
        if held:
            async with pool.connection() as connection:
                await handover.taken_outside(connection, held, NOW + datetime.timedelta(hours=1))
        automations = Automations(pool)
        return [await automations.is_one(*each) for each in asked]


def test_an_answer_at_once_is_no_persons(database_url: str) -> None:
    after = NOW + AT_ONCE / 2
    assert asyncio.run(judged(database_url, (echo(at=after), "messenger:1", NOW))) == [True]


def test_an_answer_after_a_while_is_a_colleagues(database_url: str) -> None:
    later = NOW + AT_ONCE * 4
    assert asyncio.run(judged(database_url, (echo(at=later), "messenger:2", NOW))) == [False]


def test_words_of_the_page_that_nobody_asked_for_are_a_colleagues(database_url: str) -> None:
    assert asyncio.run(judged(database_url, (echo(), "messenger:3", None))) == [False]


def test_the_same_words_to_many_are_no_persons(database_url: str) -> None:
    asked = [(echo(at=NOW + AT_ONCE * 9), f"messenger:many{number}", NOW) for number in range(MANY)]
    assert asyncio.run(judged(database_url, *asked)) == [False] * (MANY - 1) + [True]


def test_a_colleague_who_is_there_may_be_quick(database_url: str) -> None:
    after = NOW + AT_ONCE / 2
    found = asyncio.run(judged(database_url, (echo("dạ vâng", after), "messenger:4", NOW), held="messenger:4"))
    assert found == [False]


def test_when_the_person_wrote_is_known_from_earlier_deliveries(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    event = Event("messenger", "m.quick", "messenger:5", "text", text="chào", sent_at=NOW)
    inbox.accept_within(connection, event, Vault([b"k" * 32]))
    assert asyncio.run(judged(database_url, (echo(at=NOW + AT_ONCE / 2), "messenger:5", None))) == [True]
