"""The client for platforms: httpx as connectors know it, whatever carries it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from aiohttp import web

from assistant.runtime import http_client

Use = Callable[[httpx.AsyncClient, str], Awaitable[Any]]


async def echo(request: web.Request) -> web.StreamResponse:
    """Says what came; or misbehaves as the path asks."""
    body = await request.read()
    match request.path:
        case "/slow":
            await asyncio.sleep(2)
        case "/torn":
            assert request.transport
            request.transport.abort()
        case "/half":
            response = web.StreamResponse(headers={"content-length": "100"})
            await response.prepare(request)
            await response.write(b"half")
            assert request.transport
            request.transport.abort()
            return response
        case "/moved":
            return web.Response(status=302, headers={"location": "/elsewhere", "set-cookie": "a=b"})
        case "/small":
            return web.Response(body=gzip.compress(b'{"a": 1}'), headers={"content-encoding": "gzip"})
        case "/long":
            return web.Response(body=b"x" * 300_000)
        case "/broken":
            return web.json_response({"error": -32}, status=500)
    said = {
        "method": request.method,
        "query": dict(request.query),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body.decode("latin-1"),
    }
    return web.json_response(said)


@asynccontextmanager
async def served() -> Any:
    app = web.Application(client_max_size=10**7)
    app.router.add_route("*", "/{any:.*}", echo)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def on_the_wire(use: Use) -> Any:
    """Runs `use` with a client and a server's address."""

    async def run() -> Any:
        async with served() as url, http_client.client() as client:
            return await use(client, url)

    return asyncio.run(run())


def test_json_goes_out_and_comes_back() -> None:
    async def use(client: httpx.AsyncClient, url: str) -> Any:
        return await client.post(f"{url}/v3?x=1", json={"text": "chào bạn"}, headers={"access_token": "t"})

    response = on_the_wire(use)
    said = response.json()
    assert (response.status_code, said["method"], said["query"]) == (200, "POST", {"x": "1"})
    assert orjson.loads(said["body"].encode("latin-1")) == {"text": "chào bạn"}
    assert said["headers"]["access_token"] == "t"
    assert said["headers"]["content-type"] == "application/json"
    assert str(response.request.url).endswith("/v3?x=1")


@pytest.mark.parametrize(
    ("given", "kind", "body"),
    [
        ({"content": b"{}", "headers": {"content-type": "application/json"}}, "application/json", "{}"),
        ({"data": {"a": "1 2"}}, "application/x-www-form-urlencoded", "a=1+2"),
        ({"content": "chữ".encode(), "headers": httpx.Headers({"content-type": "text/plain"})}, "text/plain", None),
    ],
)
def test_other_bodies_go_as_httpx_sends_them(given: dict[str, Any], kind: str, body: str | None) -> None:
    said = on_the_wire(lambda client, url: client.post(url, **given)).json()
    assert said["headers"]["content-type"] == kind
    assert body is None or said["body"] == body


def test_files_and_parameters() -> None:
    async def use(client: httpx.AsyncClient, url: str) -> Any:
        uploaded = await client.post(url, files={"file": ("a.png", b"\x89PNG" * 50_000, "image/png")})
        asked = await client.get(url, params={"data": '{"user_id": "1 & 2"}'}, headers={"access_token": "t"})
        return uploaded.json(), asked.json()

    uploaded, asked = on_the_wire(use)
    assert uploaded["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert uploaded["body"].count("PNG") == 50_000
    assert asked["query"] == {"data": '{"user_id": "1 & 2"}'}


def test_a_name_and_password_go_along() -> None:
    said = on_the_wire(lambda client, url: client.post(url, json={}, auth=("a", "b"))).json()
    assert said["headers"]["authorization"] == "Basic YTpi"


def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    async def use(client: httpx.AsyncClient, url: str) -> Any:
        return await client.get(f"{url}/moved"), (await client.get(url)).json()

    moved, after = on_the_wire(use)
    assert moved.status_code == 302
    assert "cookie" not in after["headers"]


@pytest.mark.parametrize("given", [{}, {"headers": httpx.Headers()}])
def test_bodies_are_read_whole(given: dict[str, Any]) -> None:
    async def use(client: httpx.AsyncClient, url: str) -> Any:
        return [await client.get(f"{url}/{path}", **given) for path in ("small", "long", "broken")]

    small, long, broken = on_the_wire(use)
    assert small.json() == {"a": 1}
    assert len(long.content) == 300_000
    assert (broken.status_code, broken.json()) == (500, {"error": -32})


@pytest.mark.parametrize("given", [{}, {"headers": httpx.Headers()}])
@pytest.mark.parametrize(
    ("path", "raised"),
    [("slow", httpx.ReadTimeout), ("torn", httpx.RemoteProtocolError), ("half", httpx.RemoteProtocolError)],
)
def test_trouble_has_the_names_that_connectors_know(given: dict[str, Any], path: str, raised: type[Exception]) -> None:
    async def use(client: httpx.AsyncClient, url: str) -> Any:
        client.timeout = httpx.Timeout(0.3)
        with pytest.raises(raised) as caught:
            await client.get(f"{url}/{path}", **given)
        return caught.value

    assert str(on_the_wire(use).request.url).endswith(path)


@pytest.mark.parametrize("given", [{}, {"headers": httpx.Headers()}])
def test_nobody_there_is_a_connect_error(given: dict[str, Any]) -> None:
    async def use(client: httpx.AsyncClient, url: str) -> None:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/", **given)
        with pytest.raises(httpx.ConnectError):
            await client.get("http://name.invalid/", **given)
        with pytest.raises((httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
            await client.get("nonsense", **given)

    on_the_wire(use)


def test_a_connection_that_the_platform_closed_meanwhile_is_not_used() -> None:
    """Platforms close connections that rest; a message must not be "maybe sent" for that."""

    async def use(client: httpx.AsyncClient, url: str) -> None:
        closed = asyncio.Event()

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            await writer.drain()
            writer.close()
            closed.set()

        server = await asyncio.start_server(once, "127.0.0.1", 0)
        address = "http://{}:{}".format(*server.sockets[0].getsockname())
        for _ in range(3):
            assert (await client.get(address)).json() == {}
            await closed.wait()
            await asyncio.sleep(0.02)
            closed.clear()
        server.close()

    on_the_wire(use)
