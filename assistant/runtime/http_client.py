"""The client for requests to platforms: httpx on the outside, aiohttp on the wire.

Connectors keep httpx's interface and its exceptions. Its own transport costs 1.6 ms of processor a
request, a third of what a whole turn costs; aiohttp's costs a tenth of that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
import orjson
from httpx._client import USE_CLIENT_DEFAULT
from yarl import URL

CONNECTIONS = 64
#: What aiohttp raises, and what httpx's users expect; the first that fits.
_MEANINGS: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientOSError, httpx.ReadError),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)


@contextmanager
def _in_httpx_terms(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as error:
        kind = next(meant for raised, meant in _MEANINGS if isinstance(error, raised))
        raise kind(str(error), request=request) from error


class _Body(httpx.AsyncByteStream):
    """The rest of an answer, read as it is asked for."""

    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _in_httpx_terms(self._request):
            async for chunk in self._answer.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        self._answer.release()


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Carries httpx requests over aiohttp's connections; a connection that rests is kept for the next request."""

    def __init__(self, connections: int = CONNECTIONS) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        """Returns the session, made at the first request: it belongs to the event loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("user-agent", "accept", "accept-encoding", "content-type"),
            )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request (see parent class)."""
        with _in_httpx_terms(request):
            answer = await self._open().request(
                request.method,
                URL(str(request.url), encoded=True),
                data=await request.aread() or None,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                timeout=_timeout(request.extensions.get("timeout", {})),
                allow_redirects=False,
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer, request))

    async def send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        content: bytes | None,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,  # noqa: ASYNC109 - httpx's own name
    ) -> httpx.Response:
        """Sends a request and reads the whole answer, without what httpx makes of it in between."""
        request = _named(method, url)
        with _in_httpx_terms(request):
            async with self._open().request(
                method,
                _address(url).update_query(params) if params else _address(url),
                data=content,
                headers={"accept": "*/*", **headers},
                timeout=_timeout(timeout.as_dict()),
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        return httpx.Response(answer.status, headers=answer.raw_headers, content=body, request=request)

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            await self._session.close()


def _timeout(given: Mapping[str, Any]) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=None, connect=given.get("pool"), sock_connect=given.get("connect"), sock_read=given.get("read")
    )


@lru_cache(1000)
def _address(url: str) -> URL:
    return URL(url)


@lru_cache(1000)
def _named(method: str, url: str) -> httpx.Request:
    """Returns what an answer or an error names as its request."""
    return httpx.Request(method, url)


class Client(httpx.AsyncClient):
    """An httpx client whose plain requests go straight to the wire.

    Building an `httpx.Request`, its URL and its headers costs more than sending it; what senders do
    a hundred times a second is always the same address with another body.
    """

    def __init__(self, transport: AiohttpTransport, timeout: httpx.Timeout) -> None:
        super().__init__(transport=transport, timeout=timeout)
        self._wire = transport

    async def request(self, method: str, url: httpx.URL | str, **given: Any) -> httpx.Response:
        """Sends a request (see parent class)."""
        special = {name for name, value in given.items() if value is not None and value is not USE_CLIENT_DEFAULT}
        content, headers, params = given.get("content"), given.get("headers") or {}, given.get("params") or {}
        plain = (
            isinstance(url, str)
            and isinstance(headers, dict)
            and isinstance(params, dict)
            and isinstance(content or b"", bytes)
        )
        if not plain or not special <= {"content", "json", "headers", "params"}:
            return await super().request(method, url, **given)
        if given.get("json") is not None:
            content = orjson.dumps(given["json"])
            headers = {"content-type": "application/json", **headers}
        return await self._wire.send(method, str(url), params, content, headers, self.timeout)


def client() -> httpx.AsyncClient:
    """Returns the client that all channels of a node share."""
    return Client(AiohttpTransport(), httpx.Timeout(10, connect=5))
