"""Tokens when things go wrong: lost answers, crashes, a database that goes away, refusals, alarms."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest

from assistant import database
from connectors.zalo import metrics
from connectors.zalo.api import TokenError
from connectors.zalo.health import health
from connectors.zalo.oauth import OAuth
from connectors.zalo.settings import Oa
from connectors.zalo.tokens import StoredTokens
from tests.connectors.zalo.sending import APP, Zalo, serving
from tests.kit.turns import SAFE, Connection
from tests.kit.waiting import until_soon


class Holder:
    """A node's tokens, and the parts to look at."""

    def __init__(self, zalo: Zalo, tokens: StoredTokens, pool: Any) -> None:
        self.zalo, self.tokens, self.pool = zalo, tokens, pool

    async def health(self) -> dict[str, Any]:
        found: dict[str, Any] = await health(self.pool, self.zalo.app())
        return found


@asynccontextmanager
async def holding(url: str, first: str | None = None, zalo: Zalo | None = None) -> AsyncIterator[Holder]:
    """Opens a node's tokens, with a stand-in of their own unless one is given."""
    async with serving() as own:
        stand_in = zalo or own
        pool = database.pool(url, 4)
        await pool.open(wait=True)
        try:
            async with httpx.AsyncClient(timeout=0.6) as client:
                oa = Oa("", refresh_token=stand_in.grant() if first is None else first)
                yield Holder(stand_in, StoredTokens(pool, SAFE, OAuth(client, stand_in.app()), APP, oa), pool)
        finally:
            await pool.close()


def held(url: str, act: Callable[[Holder], Awaitable[Any]], first: str | None = None) -> Any:
    async def run() -> Any:
        async with holding(url, first) as holder:
            return await act(holder)

    return asyncio.run(run())


class TestLostAnswers:
    @pytest.mark.parametrize("planned", ["slow", "cut", "garbage", "502"])
    def test_an_answer_lost_after_the_rotation_ends_in_the_alarm_with_its_time(
        self, database_url: str, planned: str, connection: Connection
    ) -> None:
        async def act(holder: Holder) -> dict[str, Any]:
            first = await holder.tokens.access()
            holder.zalo.policy.oauth_next, holder.zalo.policy.slow_seconds = [planned], 1.2
            before = datetime.datetime.now(datetime.UTC)
            with pytest.raises(TokenError):
                await holder.tokens.refresh(first)
            asked = connection.execute("SELECT asked_at FROM zalo_tokens").fetchone()
            assert asked is not None
            assert abs((asked[0] - before).total_seconds()) < 5
            connection.execute("UPDATE zalo_tokens SET asked_at = now() - interval '3 hours'")
            with pytest.raises(TokenError, match="-14014"):
                await holder.tokens.refresh(first)
            row = connection.execute(
                "SELECT now() - trouble_at > interval '2 hours', asked_at FROM zalo_tokens"
            ).fetchone()
            assert row == (True, None)
            return await holder.health()

        found = held(database_url, act)
        assert not found["ok"]
        assert "không dùng được nữa từ" in found["alarms"][0]
        assert "assistant zalo connect" in found["alarms"][0]
        assert found["accounts"][0]["connected"] is False
        assert found["accounts"][0]["refresh_days_left"] == 0

    def test_an_answer_that_never_left_zalo_costs_nothing(self, database_url: str, connection: Connection) -> None:
        async def act(holder: Holder) -> str:
            holder.zalo.policy.oauth_next = ["500"]
            with pytest.raises(TokenError):
                await holder.tokens.access()
            return await holder.tokens.access()

        assert held(database_url, act)
        assert connection.execute("SELECT trouble, asked_at FROM zalo_tokens").fetchone() == (None, None)

    def test_a_cancelled_caller_does_not_lose_the_tokens(self, database_url: str, connection: Connection) -> None:
        async def act(holder: Holder) -> bool:
            task = asyncio.create_task(holder.tokens.access())
            await until_soon(lambda: "token" in holder.zalo.asked)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await holder.tokens.access() == holder.zalo.token and holder.zalo.asked.count("token") == 1

        assert held(database_url, act)

    def test_tokens_survive_a_database_that_goes_away_while_zalo_answers(
        self, database_url: str, connection: Connection
    ) -> None:
        async def act(holder: Holder) -> str:
            real = holder.tokens._store
            fails = [psycopg.OperationalError("gone")]

            async def broken(*args: Any) -> None:
                if fails:
                    raise fails.pop()
                await real(*args)

            holder.tokens._store = broken  # type: ignore[method-assign]
            first = await holder.tokens.access()
            assert first == holder.zalo.token
            assert connection.execute("SELECT asked_at IS NULL FROM zalo_tokens").fetchone() == (False,)
            await holder.tokens.look_after()  # the next round writes them
            assert connection.execute("SELECT asked_at IS NULL FROM zalo_tokens").fetchone() == (True,)
            assert holder.zalo.asked.count("token") == 1
            return first

        assert held(database_url, act)
        sealed = connection.execute("SELECT sealed FROM zalo_tokens").fetchone()
        assert sealed is not None
        assert json.loads(SAFE.open(bytes(sealed[0]), f"zalo {APP}"))[0]


class TestRefusals:
    def test_a_dead_token_is_not_asked_for_again_and_again(self, database_url: str) -> None:
        async def act(holder: Holder) -> int:
            for _ in range(5):
                with pytest.raises(TokenError, match="-14014"):
                    await holder.tokens.access()
            return holder.zalo.asked.count("token")

        assert held(database_url, act, "dead") == 1

    def test_an_error_without_a_number_is_no_success_and_no_death(self, database_url: str) -> None:
        async def act(holder: Holder) -> tuple[bool, list[str]]:
            holder.zalo.policy.oauth_next = ["nameless"]
            with pytest.raises(TokenError):
                await holder.tokens.access()
            found = await holder.health()
            holder.tokens._refused_at -= datetime.timedelta(minutes=2)
            return await holder.tokens.access() == holder.zalo.token, found["alarms"]

        good, alarms = held(database_url, act)
        assert good
        assert "Zalo từ chối làm mới token" in alarms[0]

    def test_an_answer_without_a_refresh_token_keeps_the_old_one(self, database_url: str) -> None:
        async def act(holder: Holder) -> bool:
            holder.zalo.policy.oauth_next = ["no refresh"]
            first = await holder.tokens.access()
            return await holder.tokens.refresh(first) == holder.zalo.token

        assert held(database_url, act)

    @pytest.mark.parametrize("told", [None, "", "soon", "-5", "1e9", "99999999999999", "²", [], 90000, "90000"])
    def test_a_life_that_is_no_number_does_not_cost_the_tokens(self, told: Any) -> None:
        async def run() -> int:
            answer = httpx.Response(200, json={"access_token": "a", "refresh_token": "r", "expires_in": told})
            async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: answer)) as client:
                async with serving() as zalo:
                    return (await OAuth(client, zalo.app()).refresh("x")).seconds

        assert asyncio.run(run()) == (90000 if str(told) == "90000" else 3600)

    def test_a_token_still_alive_is_used_while_zalos_oauth_is_away(
        self, database_url: str, connection: Connection
    ) -> None:
        async def act(holder: Holder) -> bool:
            first = await holder.tokens.access()
            connection.execute("UPDATE zalo_tokens SET expires_at = now() + interval '10 minutes'")
            holder.tokens._until = datetime.datetime.now(datetime.UTC)
            holder.zalo.policy.oauth_next = ["500"]
            return await holder.tokens.access() == first

        assert held(database_url, act)

    def test_if_zalo_refuses_every_new_token_refreshing_stops(self, database_url: str) -> None:
        async def act(holder: Holder) -> int:
            token = await holder.tokens.access()
            for _ in range(3):
                token = await holder.tokens.refresh(token)
            with pytest.raises(TokenError, match="refused, too"):
                await holder.tokens.refresh(token)
            return holder.zalo.asked.count("token")

        assert held(database_url, act) == 4


class TestAlarms:
    def test_days_are_counted_and_told_before_the_end(
        self, database_url: str, connection: Connection, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def act(holder: Holder) -> list[Any]:
            await holder.tokens.access()
            found = []
            for days in (0, 80, 91):
                connection.execute("UPDATE zalo_tokens SET refreshed_at = now() - make_interval(days => %s)", (days,))
                caplog.clear()
                await holder.tokens.look_after()
                left = metrics.days_left.labels("default")._value.get()
                found.append((round(left), "connect the OA again" in caplog.text, (await holder.health())["alarms"]))
            return found

        fresh, old, dead = held(database_url, act)
        assert fresh == (90, False, [])
        assert old[:2] == (10, True)
        assert "chỉ còn 10 ngày" in old[2][0] or "chỉ còn 9 ngày" in old[2][0]
        assert dead[:2] == (0, True)

    def test_the_sweep_refreshes_before_anybody_needs_it(self, database_url: str, connection: Connection) -> None:
        async def act(holder: Holder) -> int:
            await holder.tokens.access()
            connection.execute("UPDATE zalo_tokens SET expires_at = now() + interval '50 minutes'")
            await holder.tokens.look_after()
            await holder.tokens.look_after()
            return holder.zalo.asked.count("token")

        assert held(database_url, act) == 2

    def test_an_account_that_was_never_connected_is_an_alarm_not_an_error(self, database_url: str) -> None:
        async def act(holder: Holder) -> dict[str, Any]:
            with pytest.raises(TokenError, match="not connected"):
                await holder.tokens.access()
            await holder.tokens.look_after()
            return await holder.health()

        found = held(database_url, act, "")
        assert "Chưa kết nối" in found["alarms"][0]

    def test_a_vault_that_does_not_open_is_said(self, database_url: str, connection: Connection) -> None:
        async def act(holder: Holder) -> None:
            await holder.tokens.access()
            connection.execute("UPDATE zalo_tokens SET sealed = '\\x00'")
            holder.tokens._until = datetime.datetime.now(datetime.UTC)
            with pytest.raises(TokenError, match="VAULT_KEYS"):
                await holder.tokens.access()

        held(database_url, act)
