"""The OA's tokens: a refresh token works once, so exactly one holder may use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from assistant import database
from connectors.zalo.api import Api, TokenError
from connectors.zalo.oauth import OAuth
from connectors.zalo.sender import Account, ZaloSender
from connectors.zalo.settings import Oa
from connectors.zalo.tokens import StoredTokens
from tests.connectors.zalo.sending import APP, USER, Remembered, Zalo, serving
from tests.kit.turns import SAFE, Connection, count

BODY = {"text": "Chào bạn", "buttons": []}


@asynccontextmanager
async def holders(
    url: str, zalo: Zalo, number: int, first: str
) -> AsyncIterator[list[tuple[StoredTokens, ZaloSender]]]:
    """Nodes that share the database."""
    pool = database.pool(url, 10)
    await pool.open(wait=True)
    async with httpx.AsyncClient(timeout=30) as client:
        oauth = OAuth(client, zalo.app())
        kept = [StoredTokens(pool, SAFE, oauth, APP, Oa("", refresh_token=first)) for _ in range(number)]
        senders = [ZaloSender({"": Account(Api(client, zalo.url, tokens), Remembered())}) for tokens in kept]
        try:
            yield list(zip(kept, senders, strict=True))
        finally:
            await pool.close()


def test_of_many_holders_exactly_one_refreshes_and_all_messages_go(database_url: str) -> None:
    async def run() -> None:
        async with serving() as zalo, holders(database_url, zalo, 8, zalo.grant()) as nodes:
            results = await asyncio.gather(*(sender.send(USER, BODY) for _, sender in nodes))
            assert {result.outcome for result in results} == {"sent"}
            assert zalo.asked.count("token") == 1
            zalo.account().access = "another"  # what all hold is now refused with -216
            results = await asyncio.gather(*(sender.send(USER, BODY) for _, sender in nodes[:2]))
            assert {result.outcome for result in results} == {"sent"}
            assert zalo.asked.count("token") == 2

    asyncio.run(run())


def test_a_restarted_node_goes_on_with_the_stored_tokens(database_url: str) -> None:
    async def run() -> None:
        async with serving() as zalo:
            first = zalo.grant()
            for _ in range(3):
                async with holders(database_url, zalo, 1, first) as ((_, sender),):
                    assert (await sender.send(USER, BODY)).outcome == "sent"
            assert zalo.asked.count("token") == 1

    asyncio.run(run())


def test_a_token_near_its_end_is_refreshed_before_it_is_refused(database_url: str, connection: Connection) -> None:
    async def run() -> None:
        async with serving() as zalo:
            async with holders(database_url, zalo, 1, zalo.grant()) as ((tokens, _),):
                await tokens.access()
            connection.execute("UPDATE zalo_tokens SET expires_at = now() + interval '20 minutes'")
            async with holders(database_url, zalo, 1, "") as ((tokens, sender),):
                await tokens.access()
                assert zalo.asked.count("token") == 2
                assert (await sender.send(USER, BODY)).outcome == "sent"

    asyncio.run(run())


def test_tokens_are_stored_encrypted(database_url: str, connection: Connection) -> None:
    async def run() -> tuple[str, str]:
        async with serving() as zalo, holders(database_url, zalo, 1, zalo.grant()) as ((tokens, _),):
            return await tokens.access(), zalo.grant()

    access, refresh = asyncio.run(run())
    row = connection.execute("SELECT sealed FROM zalo_tokens").fetchone()
    assert row is not None
    assert access.encode() not in bytes(row[0])
    assert refresh.encode() not in bytes(row[0])


def test_without_a_good_token_the_message_waits_and_nothing_is_stored(
    database_url: str, connection: Connection
) -> None:
    async def run() -> Any:
        async with serving() as zalo, holders(database_url, zalo, 1, "wrong") as ((tokens, sender),):
            with pytest.raises(TokenError, match="-14014"):
                await tokens.access()
            return await sender.send(USER, BODY)

    result = asyncio.run(run())
    assert (result.outcome, result.error, result.untried) == ("retry", "oauth -14014", True)
    assert count(connection, "zalo_tokens", "trouble = 'oauth -14014' AND asked_at IS NULL") == 1


def test_an_oa_connected_again_is_taken_up_from_the_settings(database_url: str) -> None:
    async def run() -> None:
        async with serving() as zalo:
            async with holders(database_url, zalo, 1, zalo.grant()) as ((tokens, _),):
                await tokens.access()
            zalo.world.issue(zalo.account())  # the admin connects the app again: the stored pair is dead
            async with holders(database_url, zalo, 1, zalo.grant()) as ((_, sender),):
                assert (await sender.send(USER, BODY)).outcome == "sent"

    asyncio.run(run())


def test_an_oauth_server_that_is_away_delays_a_message_only(database_url: str) -> None:
    async def run() -> Any:
        async with serving() as zalo:
            zalo.url, real = "http://127.0.0.1:9", zalo.url
            async with holders(database_url, zalo, 1, "x") as ((tokens, _),):
                async with httpx.AsyncClient() as client:
                    sender = ZaloSender({"": Account(Api(client, real, tokens), Remembered())})
                    return await sender.send(USER, BODY)

    assert asyncio.run(run()).outcome == "retry"
