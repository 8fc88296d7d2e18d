"""Floods and prying at the door."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from assistant.web import middleware
from assistant.web.middleware import AddressLimit, OpenLimit, UnprovenBytes, network_of
from tests.conftest import Served, serve

TOKEN = "a-token-for-prometheus"


@pytest.fixture
def private(database_url: str, model_path: Path, tmp_path: Path) -> Iterator[Served]:
    """A node whose metrics are not for everybody."""
    served = serve(database_url, model_path, tmp_path, METRICS_TOKEN=TOKEN, REQUESTS_PER_SECOND="2")
    served.start()
    yield served
    served.stop()


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(clock: Clock, refused: list[str]) -> AddressLimit:
    """An application that answers ok, five at once and one a second."""
    app = Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("ok"))])
    return AddressLimit(app, lambda scope: "Bạn chờ một chút nhé.", 1, 5, lambda: refused.append("x"), clock)


def ask(app: AddressLimit, paths: list[str], address: str = "203.0.113.5") -> list[int]:
    """Returns the statuses of requests from one address."""

    async def go() -> list[int]:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return [(await client.get(path)).status_code for path in paths]

    return asyncio.run(go())


def test_a_flood_from_one_address_is_refused_and_others_are_not() -> None:
    refused: list[str] = []
    app = limited(Clock(), refused)
    assert ask(app, ["/"] * 8) == [200] * 5 + [429] * 3
    assert len(refused) == 3
    assert ask(app, ["/"], "203.0.113.6") == [200]


def test_who_waits_is_let_in_again() -> None:
    clock = Clock()
    app = limited(clock, [])
    ask(app, ["/"] * 6)
    clock.now = 2.5
    assert ask(app, ["/"] * 3) == [200, 200, 429]


def test_signed_webhooks_and_probes_are_not_counted() -> None:
    app = limited(Clock(), [])
    assert set(ask(app, ["/webhooks/zalo", "/healthz", "/readyz"] * 4)) == {200}


def test_a_household_cannot_use_its_many_ipv6_addresses() -> None:
    app = limited(Clock(), [])
    answers = [ask(app, ["/"], f"2001:db8:1:2::{n:x}")[0] for n in range(1, 8)]
    assert answers == [200] * 5 + [429] * 2
    assert ask(app, ["/"], "2001:db8:1:3::1") == [200]


def test_who_comes_too_often_loses_the_connection() -> None:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(limited(Clock(), []), client=("203.0.113.5", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return [await client.get("/") for _ in range(6)][-1]

    late = asyncio.run(go())
    assert (late.status_code, late.headers["connection"]) == (429, "close")


def webhooks(clock: Clock, refused: list[str]) -> UnprovenBytes:
    """A door that takes what is proven: 10 000 bytes without a proof at once, 1 000 a second."""

    async def take(request: Request) -> Response:
        body = await request.body()
        return Response(status_code=200 if body.startswith(b"proven") else 401)

    app = Starlette(routes=[Route("/webhooks/zalo", take, methods=["POST"]), Route("/", take, methods=["POST"])])
    return UnprovenBytes(app, lambda scope: "chậm thôi", 1_000, 10_000, lambda: refused.append("x"), clock)


def post(
    app: UnprovenBytes, bodies: list[bytes], path: str = "/webhooks/zalo", address: str = "203.0.113.5"
) -> list[int]:
    """Returns the statuses of bodies that one address posts."""

    async def go() -> list[int]:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return [(await client.post(path, content=body)).status_code for body in bodies]

    return asyncio.run(go())


def test_noise_without_a_proof_is_read_up_to_a_budget_of_bytes() -> None:
    refused: list[str] = []
    clock = Clock()
    app = webhooks(clock, refused)
    assert post(app, [b"x" * 4_000] * 5) == [401, 401, 401, 429, 429]
    assert len(refused) == 2
    assert post(app, [b"x" * 4_000], address="203.0.113.6") == [401]
    clock.now = 10.0
    assert post(app, [b"x" * 4_000]) == [401]


def test_platforms_may_send_all_they_have() -> None:
    assert set(post(webhooks(Clock(), []), [b"proven" + b"x" * 9_000] * 20)) == {200}


def test_other_doors_have_no_such_budget() -> None:
    assert set(post(webhooks(Clock(), []), [b"x" * 9_000] * 5, "/")) == {401}


def test_one_address_has_so_many_requests_open_at_once_whichever_proxy_they_come_through() -> None:
    refused: list[str] = []

    async def go() -> tuple[list[int], int]:
        leave, inside = asyncio.Event(), asyncio.Semaphore(0)

        async def hold(request: Request) -> Response:
            inside.release()
            await leave.wait()
            return Response()

        app = OpenLimit(Starlette(routes=[Route("/", hold)]), lambda scope: "chậm thôi", 3, lambda: refused.append("x"))
        clients = [
            httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://x")
            for address in ("203.0.113.5", "203.0.113.6")
        ]
        held = [asyncio.create_task(clients[0].get("/")) for _ in range(3)]
        for _ in held:
            await inside.acquire()
        over = (await clients[0].get("/")).status_code
        other = asyncio.create_task(clients[1].get("/"))
        await inside.acquire()
        leave.set()
        answers = [answer.status_code for answer in await asyncio.gather(*held, other, clients[0].get("/"))]
        return answers, over

    assert asyncio.run(go()) == ([200] * 5, 429)
    assert refused == ["x"]


@pytest.mark.parametrize(
    ("client", "network"),
    [
        (("203.0.113.5", 1), "203.0.113.5"),
        (("::ffff:203.0.113.5", 1), "203.0.113.5"),
        (("2001:db8::1", 1), "2001:db8::/64"),
        (("unix", 0), "unknown"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_address(client: tuple[str, int] | None, network: str) -> None:
    assert network_of(client) == network


def test_memory_stays_bounded_under_a_million_addresses(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(middleware, "_REMEMBERED", 100)
    app = limited(Clock(), [])
    for number in range(1000):
        app._allows(str(number))
    assert len(app._left) == 100


HARD: dict[str, Any] = {
    "content-security-policy": "default-src 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/", "/quyen-rieng-tu", "/khong-co", "/static/style.css", "/healthz", "/sandbox/"])
def test_every_answer_carries_the_security_headers(node: Served, path: str) -> None:
    answer = httpx.get(node.url + path)
    for name, begins in HARD.items():
        assert answer.headers[name].startswith(begins)
    policy = answer.headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "server" not in answer.headers


def test_metrics_are_for_who_has_the_token_and_floods_are_counted_there(private: Served) -> None:
    for wrong in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic bWV0cmljcw=="}):
        assert httpx.get(f"{private.url}/metrics", headers=wrong).status_code == 401
    answers = [httpx.get(f"{private.url}/chat/history") for _ in range(20)]
    late = next(answer for answer in answers if answer.status_code == 429)
    assert late.headers["retry-after"] == "1"
    assert "Bạn gửi nhanh quá" in late.json()["error"]
    good = httpx.get(f"{private.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert good.status_code == 200
    assert 'assistant_refused_total{limit="address"}' in good.text
