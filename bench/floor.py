"""The physical floor: the same HTTP and PostgreSQL round trips as a turn of ours, with nothing in between.

One process takes a webhook, stores it with the assistant's own statement, claims it, writes down an empty turn
with a constant reply, sends that reply to the platform and notes it as sent. No signature is checked, no text
is read, no rule is looked for, nothing is gathered: what is left is what any implementation has to pay.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
from typing import Any

import aiohttp
import orjson
import psycopg
import uvicorn
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from assistant import database
from assistant.content.languages import DEFAULT
from assistant.messages import inbox, leases, turns
from assistant.messages.events import PULLED, Reply, Turn
from bench.zalo import ACCESS

_REPLY = Reply("Bạn mở ứng dụng VssID, chọn Quên mật khẩu và làm theo từng bước trên màn hình nhé. " * 6)
_TRACKER = [{"event": "action", "name": "action_listen", "timestamp": 1.0}] * 12
_LIVES = datetime.timedelta(hours=24)
_CLAIM = turns.CLAIM
_OWNER = "floor"


class Floor:
    """An ASGI application that does the round trips."""

    def __init__(self, url: str, platform: str) -> None:
        self._pool = AsyncConnectionPool[Any](
            url, min_size=8, max_size=16, open=False, kwargs={"autocommit": True, "prepare_threshold": 2}
        )
        self._platform = f"{platform}/v3.0/oa/message/cs"
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._pool.open(wait=True)
            self._http = aiohttp.ClientSession()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._http.close()
            await self._pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["path"] != "/webhooks/zalo":
            await self._answer(send, b"ok")
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        data = orjson.loads(body)
        user = data["sender"]["id"]
        async with self._pool.connection() as connection:
            async with connection.pipeline():
                await connection.execute(inbox._LOCK, ([f"zalo:{user}"],))
                await connection.execute(inbox._ACCEPT_ALL, _event(user, data["message"]))
        await self._answer(send, b'{"ok": true}')
        task = asyncio.create_task(self._turn(user))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, send: Any, body: bytes) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _turn(self, user: str) -> None:
        conversation = f"zalo:{user}"
        async with self._pool.connection() as connection:
            async with connection.pipeline():
                await connection.execute("BEGIN")
                found = await connection.execute(_CLAIM, (conversation,))
            inbox_id, event_id = (await found.fetchone() or ())[4:6]
            async with connection.pipeline():
                done = await connection.execute(turns.FINISH, _turn(conversation, inbox_id, event_id))
                await connection.execute("COMMIT")
            message = (await done.fetchone() or ())[2]
        assert self._http
        reply = orjson.dumps({"recipient": {"user_id": user}, "message": {"text": _REPLY.text}})
        headers = {"access_token": ACCESS, "content-type": "application/json"}
        async with self._http.post(self._platform, data=reply, headers=headers) as answer:
            orjson.loads(await answer.read())
        values = {"sent": [message], "platform_ids": ["m"], "conversations": [conversation]}
        async with self._pool.connection() as connection:
            await connection.execute(leases._SENT, values | {"lease": 30, "owner": _OWNER, "patient": False})


def _event(user: str, message: dict[str, Any]) -> dict[str, Any]:
    event = {
        "position": 0, "channel": "zalo", "event_id": message["msg_id"], "conversation": f"zalo:{user}",
        "kind": "text", "body": {"text": message["text"]}, "secrets": [],
    }  # fmt: skip
    return {
        "events": Jsonb([event], dumps=orjson.dumps), "lives": _LIVES, "a_minute": 120, "an_hour": 600,
        "sentences": Jsonb({}), "pulled": list(PULLED), "default": DEFAULT,
    }  # fmt: skip


def _turn(conversation: str, inbox_id: int, event_id: str) -> dict[str, Any]:
    claimed = turns.Claimed(conversation, "zalo", [], inbox_id, event_id, "text", {})
    values = turns._values(claimed, Turn((_REPLY,), _TRACKER, "faq/x", 0.9, [], []), frozenset(), _OWNER)
    return values | {"model": "floor", "release": None, "milliseconds": 0.0}


def main() -> None:
    """Serves until a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--platform", required=True)
    given = parser.parse_args()
    with psycopg.connect(given.database, autocommit=True) as connection:
        connection.execute("SELECT 1")
    database.migrate(given.database)
    app = Floor(given.database, given.platform)
    config = uvicorn.Config(
        app, port=given.port, loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None,
        interface="asgi3",
    )  # fmt: skip
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
