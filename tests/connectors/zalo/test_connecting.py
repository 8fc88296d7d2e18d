"""Connecting an account: the permission page with PKCE, from the console's side and from the command line."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from assistant import database
from connectors.base.connecting import ConnectError
from connectors.zalo.oauth import Connect, OAuth
from connectors.zalo.settings import Oa, ZaloApp
from connectors.zalo.tokens import StoredTokens
from sandbox.zalo import OA_ID, Clock
from tests.connectors.zalo.sending import APP, OTHER_OA, Zalo, serving, two_accounts
from tests.kit.turns import SAFE, Connection, count

BACK = "https://tro-ly.example/console/zalo"


@asynccontextmanager
async def connecting(url: str, zalo: Zalo, app: ZaloApp | None = None) -> AsyncIterator[tuple[Connect, Any]]:
    """Opens what connects; also gives a way to read the stored tokens."""
    pool = database.pool(url, 4)
    await pool.open(wait=True)
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            settings = app or zalo.app()
            oauth = OAuth(client, settings)

            def tokens(oa: Oa) -> StoredTokens:
                return StoredTokens(pool, SAFE, oauth, settings.key(oa), oa)

            yield Connect(pool, SAFE, client, settings), tokens
    finally:
        await pool.close()


async def allow(url: str, oa: str = OA_ID) -> dict[str, str]:
    """Goes over the permission page as an admin does; returns what comes back in the address."""
    async with httpx.AsyncClient() as browser:
        page = await browser.get(url)
        assert page.status_code == 200, page.text
        assert oa in page.text
        query = urlsplit(url).query
        answer = await browser.get(f"{url.partition('?')[0]}/allow?{query}&oa={oa}")
        assert answer.headers["location"].startswith(BACK)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def test_the_permission_page_gets_what_the_sdks_send(database_url: str) -> None:
    async def run() -> None:
        async with serving() as zalo, connecting(database_url, zalo) as (connect, _):
            first, second = await connect.begin(BACK), await connect.begin(BACK)
            query = dict(parse_qsl(urlsplit(first.url).query))
            assert set(query) == {"app_id", "redirect_uri", "code_challenge", "state"}
            assert (query["app_id"], query["redirect_uri"], query["state"]) == (APP, BACK, first.state)
            assert len(query["code_challenge"]) == 43
            assert len(base64.urlsafe_b64decode(query["code_challenge"] + "=")) == hashlib.sha256().digest_size
            assert urlsplit(first.url).path == "/v4/oa/permission"
            assert first.state != second.state
            assert query["code_challenge"] not in second.url

    asyncio.run(run())


def test_a_code_becomes_tokens_that_work_and_the_alarm_ends(database_url: str, connection: Connection) -> None:
    async def run() -> None:
        async with serving() as zalo, connecting(database_url, zalo) as (connect, tokens):
            dead = tokens(Oa("", refresh_token="dead"))
            with pytest.raises(Exception, match="-14014"):
                await dead.access()
            begun = await connect.begin(BACK)
            back = await allow(begun.url)
            done = await connect.finish(back["code"], back["state"], back["oa_id"])
            assert (done.oa_id, done.name) == (OA_ID, "Trợ lý VssID")
            assert await tokens(Oa("", refresh_token="dead")).access() == zalo.token
            assert await dead.access() == zalo.token
            row = connection.execute("SELECT trouble, oa, granted_at IS NOT NULL FROM zalo_tokens").fetchone()
            assert row == (None, OA_ID, True)

    asyncio.run(run())


def test_a_state_works_once_and_for_ten_minutes(database_url: str, connection: Connection) -> None:
    async def run() -> None:
        async with serving() as zalo, connecting(database_url, zalo) as (connect, _):
            begun = await connect.begin(BACK)
            back = await allow(begun.url)
            both = [connect.finish(back["code"], back["state"]) for _ in range(5)]
            results = await asyncio.gather(*both, return_exceptions=True)
            assert sum(isinstance(result, ConnectError) for result in results) == 4
            for state in (begun.state, "", "x", "\udcff"):
                with pytest.raises(ConnectError, match="không có hoặc đã dùng"):
                    await connect.finish(back["code"], state)
            late = await connect.begin(BACK)
            connection.execute("UPDATE zalo_grants SET expires_at = now() - interval '1 second'")
            with pytest.raises(ConnectError, match="10 phút"):
                await connect.finish((await allow(late.url))["code"], late.state)
            assert count(connection, "zalo_grants") == 0

    asyncio.run(run())


def test_the_verifier_is_not_readable_in_the_database_and_another_verifier_does_not_do(
    database_url: str, connection: Connection
) -> None:
    async def run() -> None:
        async with serving() as zalo, connecting(database_url, zalo) as (connect, _):
            begun = await connect.begin(BACK)
            code = (await allow(begun.url))["code"]
            other = await connect.begin(BACK)
            rows = connection.execute("SELECT state_hash, sealed FROM zalo_grants").fetchall()
            assert begun.state.encode() not in b"".join(bytes(part) for row in rows for part in row)
            with pytest.raises(ConnectError, match="-14005"):
                await connect.finish(code, other.state)

    asyncio.run(run())


def test_a_code_that_is_old_or_used_is_refused_in_words(database_url: str) -> None:
    async def run() -> None:
        async with serving() as zalo, connecting(database_url, zalo) as (connect, _):
            assert isinstance(zalo.policy.clock, Clock)
            begun = await connect.begin(BACK)
            back = await allow(begun.url)
            zalo.policy.clock.advance(601)
            with pytest.raises(ConnectError, match="quá 10 phút"):
                await connect.finish(back["code"], begun.state)
            for planned, words in ((-14004, "ZALO_APP_SECRET"), ("nameless", "không rõ"), ("cut", "không trả lời")):
                begun = await connect.begin(BACK)
                zalo.policy.oauth_next = [planned]
                with pytest.raises(ConnectError, match=words):
                    await connect.finish((await allow(begun.url))["code"], begun.state)

    asyncio.run(run())


def test_a_callback_that_is_not_registered_is_refused_by_zalo(database_url: str) -> None:
    async def run() -> Any:
        async with serving() as zalo, connecting(database_url, zalo) as (connect, _):
            zalo.policy.redirects = ("https://other.example/",)
            begun = await connect.begin(BACK)
            async with httpx.AsyncClient() as browser:
                return (await browser.get(begun.url)).json()["error"]

    assert asyncio.run(run()) == -14003


class TestSeveralAccounts:
    OAS = (Oa(OA_ID, "BHXH A"), Oa(OTHER_OA, "BHXH B"))

    def test_the_account_the_admin_chose_gets_the_tokens(self, database_url: str, connection: Connection) -> None:
        async def run() -> None:
            async with serving(two_accounts()) as zalo:
                async with connecting(database_url, zalo, zalo.app(*self.OAS)) as (connect, tokens):
                    begun = await connect.begin(BACK)
                    back = await allow(begun.url, OTHER_OA)
                    done = await connect.finish(back["code"], back["state"], back["oa_id"])
                    assert done.oa_id == OTHER_OA
                    assert await tokens(self.OAS[1]).access() == zalo.account(OTHER_OA).access
                    rows = connection.execute("SELECT oa_id, oa FROM zalo_tokens").fetchall()
                    assert rows == [(f"{APP}:{OTHER_OA}", OTHER_OA)]

        asyncio.run(run())

    def test_an_account_the_settings_do_not_name_is_not_connected(
        self, database_url: str, connection: Connection
    ) -> None:
        async def run() -> None:
            async with serving(two_accounts()) as zalo:
                async with connecting(database_url, zalo, zalo.app(self.OAS[0])) as (connect, _):
                    begun = await connect.begin(BACK)
                    back = await allow(begun.url, OTHER_OA)
                    with pytest.raises(ConnectError, match=OTHER_OA):
                        await connect.finish(back["code"], back["state"], back["oa_id"])
                    begun = await connect.begin(BACK)
                    back = await allow(begun.url, OTHER_OA)
                    with pytest.raises(ConnectError, match="token thuộc về OA"):  # the address was tampered with
                        await connect.finish(back["code"], back["state"], OA_ID)
            assert count(connection, "zalo_tokens") == 0

        asyncio.run(run())

    def test_tokens_of_another_account_are_not_used_when_the_settings_change(
        self, database_url: str, connection: Connection
    ) -> None:
        async def run() -> None:
            async with serving(two_accounts()) as zalo:
                async with connecting(database_url, zalo, zalo.app(self.OAS[0])) as (connect, tokens):
                    begun = await connect.begin(BACK)
                    back = await allow(begun.url)
                    await connect.finish(back["code"], back["state"], back["oa_id"])
                async with connecting(database_url, zalo, zalo.app(self.OAS[1])) as (_, tokens):
                    with pytest.raises(Exception, match="not connected"):
                        await tokens(self.OAS[1]).access()
                    named = Oa(OTHER_OA, refresh_token=zalo.account(OTHER_OA).refresh)
                    assert await tokens(named).access() == zalo.account(OTHER_OA).access
                    assert connection.execute("SELECT oa FROM zalo_tokens").fetchall() == [(OTHER_OA,)]

        asyncio.run(run())
