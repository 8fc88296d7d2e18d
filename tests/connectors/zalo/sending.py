"""The Zalo stand-in, served by a real web server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.zalo.api import Api
from connectors.zalo.errors import Answer
from connectors.zalo.pace import Pace
from connectors.zalo.sender import Account, ZaloSender
from connectors.zalo.settings import Oa, ZaloApp
from sandbox.zalo import OA_ID, ZaloStandIn
from sandbox.zalo import Account as StandInAccount
from tests.conftest import free_port
from tests.kit.waiting import until_soon

APP, SECRET, USER = "1000000000000000001", "app-secret", "2000000000000000001"
OTHER_OA = "4000000000000000005"


class FixedTokens:
    """Holds a token; a refused one is replaced by the next."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)

    async def access(self) -> str:
        return self.left[0]

    async def refresh(self, refused: str) -> str:
        self.left.pop(0)
        return self.left[0]


class Remembered:
    """What is known of an account, without a database."""

    def __init__(self) -> None:
        self.cards = True
        self.answers: list[Answer] = []

    async def takes_cards(self) -> bool:
        return self.cards

    async def cards_were(self, taken: bool) -> None:
        self.cards = taken

    def noted(self, answer: Answer, rate: tuple[int, int] | None) -> None:
        self.answers.append(answer)


class Zalo(ZaloStandIn):
    """The stand-in with its address, what it was asked, and the events its webhook got."""

    def __init__(self, url: str, accounts: list[StandInAccount] | None = None, webhook: str = "") -> None:
        super().__init__(APP, SECRET, "oa-secret", webhook or f"{url}/webhook", None, accounts)
        self.url = url
        self.asked: list[str] = []
        self.events_got: list[Request] = []
        self.late = 0.0  # seconds until an event is taken
        self.raw: Response | None = None  # answered instead of the stand-in's own, as a proxy would
        for account in self.world.accounts.values():
            self.grant(account.id)
            account.seen[USER] = self.policy.clock()

    @property
    def token(self) -> str:
        return self.account().access

    def app(self, *oas: Oa, **more: Any) -> ZaloApp:
        """Returns the settings that go with this stand-in."""
        given = oas or (Oa("", refresh_token=self.account().refresh),)
        return ZaloApp(APP, SECRET, ("oa-secret",), given, self.url, self.url, **more)

    def api(self, client: httpx.AsyncClient, tokens: FixedTokens | None = None, **more: Any) -> Api:
        """Returns the API of the first account."""
        return Api(client, self.url, tokens or FixedTokens(self.token), Pace(), **more)

    def sender(self, client: httpx.AsyncClient, tokens: Any = None, **more: Any) -> ZaloSender:
        """Returns a sender for the first account."""
        return ZaloSender({"": Account(self.api(client, tokens, **more), Remembered())})

    def served(self) -> list[Route]:
        """Returns the routes, with a list kept of who asked for what."""
        return [Route(route.path, self._listening(route), methods=list(route.methods or ())) for route in self.routes()]

    def _listening(self, route: Route) -> Any:
        async def endpoint(request: Request) -> Response:
            token = request.url.path.endswith("access_token")
            self.asked.append("token" if token else "message" if "/message" in request.url.path else request.url.path)
            if token:
                await asyncio.sleep(0.1)  # so that two holders meet
            return self.raw if self.raw and not token else await route.endpoint(request)

        return endpoint

    def said(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["from"] == "oa"]


@asynccontextmanager
async def serving(
    accounts: list[StandInAccount] | None = None, port: int = 0, webhook: str = ""
) -> AsyncIterator[Zalo]:
    """Serves the stand-in; its webhook is taken unless another address is given."""
    port = port or free_port()
    zalo = Zalo(f"http://127.0.0.1:{port}", accounts, webhook)

    async def taken(request: Request) -> Response:
        await request.body()
        zalo.events_got.append(request)
        await asyncio.sleep(zalo.late)
        return Response()

    app = Starlette(routes=[*zalo.served(), Route("/webhook", taken, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    await until_soon(lambda: server.started or task.done())
    try:
        yield zalo
    finally:
        await zalo.delivery.close()
        server.should_exit = True
        await task


def two_accounts() -> list[StandInAccount]:
    """Returns two accounts on one app, each with its own key."""
    return [StandInAccount(OA_ID, "BHXH A", "oa-secret"), StandInAccount(OTHER_OA, "BHXH B", "other-secret")]
