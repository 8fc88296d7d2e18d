"""A door with a real inbox behind it, reached over ASGI; the accounts are two."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from assistant import database
from assistant.messages import inbox
from assistant.messages.events import Event
from connectors.base.channel import Channel, Parts
from connectors.zalo import signature
from connectors.zalo.channel import zalo_channel
from connectors.zalo.settings import Oa, ZaloApp
from sandbox.zalo import OA_ID
from tests.connectors.zalo.sending import APP, OTHER_OA, SECRET
from tests.doors.conftest import clients_closed, store  # noqa: F401 - fixtures
from tests.kit.turns import SAFE

FIXTURES = Path("connectors/zalo/fixtures")
SILENCE = datetime.timedelta(minutes=45)


def fixture(name: str) -> dict[str, Any]:
    """Returns the body of a recorded event."""
    body: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return body


class Webhook:
    """The door of an app, and what came of what it took."""

    def __init__(self, app: ZaloApp, channel: Channel, client: httpx.AsyncClient) -> None:
        self.app = app
        self.channel = channel
        self._client = client
        self.events: list[Event] = []
        self.forgotten: list[str] = []

    async def post(self, event: Any, secret: str = "oa-secret", **headers: str) -> int:
        """Posts an event, signed; returns the status."""
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        data = json.loads(body)
        mac = signature.mac(self.app.app_id, body, signature.timestamp_of(data, body), secret)
        return await self.post_raw(body, **{"x-zevent-signature": f"mac={mac}", **headers})

    async def post_raw(self, body: bytes, **headers: str) -> int:
        """Posts bytes."""
        return (await self._client.post("/webhooks/zalo", content=body, headers=headers)).status_code


def an_app(*oas: Oa, **more: Any) -> ZaloApp:
    """Returns an app with two accounts, the second with a key of its own."""
    given = oas or (Oa(OA_ID, "BHXH A"), Oa(OTHER_OA, "BHXH B", ("other-secret",)))
    return ZaloApp(APP, SECRET, ("oa-secret",), given, "http://127.0.0.1:9", "http://127.0.0.1:9", SILENCE, **more)


@asynccontextmanager
async def opened(url: str, app: ZaloApp) -> AsyncIterator[Webhook]:
    """Opens a door on a database."""
    pool = database.pool(url, 4)
    await pool.open(wait=True)
    try:
        async with httpx.AsyncClient(timeout=30) as http:
            took: list[Event] = []
            forgotten: list[str] = []

            async def accept(event: Event) -> bool:
                took.append(event)
                async with pool.connection() as connection:
                    return await inbox.accept(connection, event, SAFE)

            async def accept_all(events: Sequence[Event]) -> int:
                return sum([await accept(event) for event in events])

            async def forget(conversation: str) -> None:
                forgotten.append(conversation)

            channel = zalo_channel(app, Parts(pool, SAFE, http, accept, accept_all, forget))
            transport = httpx.ASGITransport(Starlette(routes=list(channel.routes)))
            async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
                webhook = Webhook(app, channel, client)
                webhook.events, webhook.forgotten = took, forgotten
                yield webhook
    finally:
        await pool.close()


@pytest.fixture
def at_the_door(database_url: str) -> Callable[..., Any]:
    """Runs something with an open door."""

    def run(act: Callable[[Webhook], Coroutine[Any, Any, Any]], app: ZaloApp | None = None) -> Any:
        async def go() -> Any:
            async with opened(database_url, app or an_app()) as webhook:
                return await act(webhook)

        return asyncio.run(go())

    return run
