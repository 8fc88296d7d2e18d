"""The floor that a turn is measured against makes the round trips that a turn makes, with today's statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg

from bench.floor import Floor
from bench.zalo import Platform
from tests.kit.promises import ROOM

_USER = "5000000000000000001"


@asynccontextmanager
async def running(app: Floor) -> AsyncIterator[httpx.AsyncClient]:
    """Starts and ends an application as a server does."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    await said.get()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://floor") as client:
        yield client
    await told.put({"type": "lifespan.shutdown"})
    await life


def test_a_message_is_stored_answered_and_noted_as_sent(database_url: str) -> None:
    async def says(times: int) -> None:
        platform = Platform()
        await platform.start()
        async with running(Floor(database_url, platform.url)) as client:
            for _ in range(times):
                body, headers = platform.written(_USER, "em quên mật khẩu")
                reply = platform.reply_to(_USER)
                assert (await client.post("/webhooks/zalo", content=body, headers=headers)).status_code == 200
                await asyncio.wait_for(reply, ROOM)
                await _noted(database_url, platform.taken)
        platform.stop()

    asyncio.run(says(2))
    with psycopg.connect(database_url) as connection:
        done = "SELECT count(*), count(done_at), (SELECT count(*) FROM turns) FROM inbox"
        assert connection.execute(done).fetchone() == (2, 2, 2)


async def _noted(url: str, replies: int) -> None:
    async with asyncio.timeout(ROOM), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            cursor = await connection.execute("SELECT count(*) FROM outbox WHERE state = 'sent'")
            if await cursor.fetchone() == (replies,):
                return
            await asyncio.sleep(0.02)
