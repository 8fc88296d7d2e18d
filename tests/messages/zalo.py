"""The Zalo stand-in, served by a real web server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.zalo import ZaloStandIn
from tests.conftest import free_port
from tests.messages.fakes import until_soon

APP, SECRET, USER = "1000000000000000001", "app-secret", "2000000000000000001"


class FixedTokens:
    """Holds a token; a refused one is replaced by the next."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)

    async def access(self) -> str:
        return self.left[0]

    async def refresh(self, refused: str) -> str:
        self.left.pop(0)
        return self.left[0]


class Zalo(ZaloStandIn):
    """The stand-in with its address, and what it was asked."""

    def __init__(self, url: str) -> None:
        super().__init__(APP, SECRET, "oa-secret", f"{url}/webhook")
        self.url = url
        self.asked: list[str] = []
        self.raw: Response | None = None  # answered instead of the stand-in's own, as a proxy would
        self.grant()
        self.seen[USER] = self.policy.clock()

    @property
    def token(self) -> str:
        return self._tokens.access

    async def _send(self, request: Request) -> Response:
        self.asked.append("message")
        return self.raw or await super()._send(request)

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        await asyncio.sleep(0.1)  # so that two holders meet
        return await super()._token(request)

    def said(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["from"] == "oa"]


async def _webhook(request: Request) -> Response:
    return Response()


@asynccontextmanager
async def serving() -> AsyncIterator[Zalo]:
    """Serves the stand-in."""
    port = free_port()
    zalo = Zalo(f"http://127.0.0.1:{port}")
    app = Starlette(routes=[*zalo.routes(), Route("/webhook", _webhook, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    await until_soon(lambda: server.started or task.done())
    try:
        yield zalo
    finally:
        await asyncio.gather(*zalo._background, return_exceptions=True)
        await zalo._client.aclose()
        server.should_exit = True
        await task
