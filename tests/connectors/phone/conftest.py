"""A telephone line on a fresh database: the demo's members, the doors in this process, and a stand-in for jambonz."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from assistant import database
from assistant.app.telephone import TelephoneAccounts
from assistant.settings import Settings
from assistant.settings.limits import LIMITS, Limits
from connectors.base.channel import Channel, Parts
from connectors.phone.channel import phone_channel
from connectors.phone.settings import PhoneLine
from sandbox.phone import Call, JambonzStandIn
from tests.kit.talk import registry_with_members
from tests.kit.turns import SAFE

SECRET, KEY = "a-secret-of-the-telephone", "a-key-of-the-telephone"
CODE, NUMBER = "7900000123", "0901000123"
BASE = "http://assistant.test"
Open = Callable[..., contextlib.AbstractAsyncContextManager["House"]]


def described(voice: Any = None, ear: Any = None, **changed: Any) -> dict[str, Any]:
    """Returns a line as PHONE_LINE describes it."""
    api = {"url": f"{BASE}/jambonz", "account": "a", "key": KEY, "caller": "19009068"}
    jambonz = {"secrets": [SECRET], "trunks": [{"name": "sandbox"}], "api": api, "voice": voice, "ear": ear}
    return {"number": "1900 9068", "fee": "1.000 đồng một phút", "jambonz": jambonz} | changed


@dataclass
class House:
    """The line, its platform, and what stands behind both."""

    switch: JambonzStandIn
    channel: Channel
    client: httpx.AsyncClient
    url: str

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Returns all rows of a query."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query, values)
            return found.fetchall() if found.description else []

    async def calls(self, *steps: str, number: str = NUMBER, **fields: Any) -> Call:
        """Rings, and presses keys step by step; "-" lets the time run out."""
        call = await self.switch.call_in(number, **fields)
        for keys in steps:
            await (self.switch.idle(call) if keys == "-" else self.switch.press(call, keys))
        return call

    async def rung_back(self, number: str = NUMBER) -> Call | None:
        """Does the work that rings numbers back; returns the call that rings, if one does."""
        self.rows("UPDATE phone_callbacks SET due_at = now() WHERE state = 'waiting'")
        await self.work("phone callbacks")
        return self.switch.ringing(number)

    async def work(self, name: str) -> None:
        """Does one of the channel's jobs once."""
        await next(job for job in self.channel.jobs if job.name == name).run()


@pytest.fixture
def line(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a line; what is given changes its description."""

    @asynccontextmanager
    async def opened(
        limits: Limits = LIMITS, registry: Any = None, engine: Any = None, written_to: Any = None, **changed: Any
    ) -> AsyncIterator[House]:
        members = registry or await asyncio.to_thread(registry_with_members, database_url)
        async with database.pool(database_url, 2) as pool, contextlib.AsyncExitStack() as stack:
            if registry is None:
                stack.callback(members.close)
            app = Starlette()
            http = await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=BASE)
            )

            async def nothing(event: Any) -> Any:
                raise AssertionError("a call goes through no other door")

            accounts = TelephoneAccounts(members, SAFE, limits)
            parts = Parts(
                pool,
                SAFE,
                http,
                nothing,
                nothing,
                connect=lambda: database.connect(database_url),
                accounts=accounts,
                engine=engine,
                written_to=written_to,
            )
            settings = Settings(public_url=BASE, assistant_mode="demo")
            channel = phone_channel(PhoneLine.model_validate(described(**changed)), settings, parts)
            stack.callback(channel.close)
            switch = JambonzStandIn(BASE, SECRET, KEY, client=http)
            switch.pace = 0
            app.router.routes.extend([*channel.routes, Mount("/jambonz", routes=switch.routes())])
            yield House(switch, channel, http, database_url)

    return opened
