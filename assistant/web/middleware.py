"""What every request passes first: security headers on the answer, and limits for each address."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HEADERS = {
    b"content-security-policy": b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    b" object-src 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
#: Platforms sign what they send and come from few addresses; probes come often.
_FREE = ("/webhooks/", "/healthz", "/readyz", "/metrics", "/sandbox/zalo/", "/sandbox/messenger/")
_REMEMBERED = 50_000  # addresses; whoever was silent longest is forgotten first


class SecurityHeaders:
    """Adds the headers every answer carries, unless the endpoint set its own."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._headers = _HEADERS | ({b"strict-transport-security": b"max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in self._headers.items() if h[0] not in present)]
            await send(message)

        await self._app(scope, receive, with_headers)


class Buckets:
    """What each address has left: `burst` at first, then `rate` a second. Of very many the silent are forgotten."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def left(self, address: str) -> float:
        """Returns what an address has left; below zero, what it took too much."""
        left, at = self._kept.get(address, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - at) * self._rate)

    def take(self, address: str, amount: float) -> None:
        """Takes something from an address."""
        self._kept[address] = (self.left(address) - amount, self._clock())
        self._kept.move_to_end(address)
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)


class AddressLimit:
    """Refuses an address that asks faster than `rate` a second, after a burst of `burst`.

    Generous, since thousands of phones share an address of their operator; it stops floods, while
    limits by person and by session are kept where they are known. Counted per process.
    """

    def __init__(
        self,
        app: ASGIApp,
        say: Callable[[Scope], str],
        rate: float,
        burst: float,
        refused: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._say = say
        self._rate = rate
        self._refused = refused
        self._left = Buckets(rate, burst, clock)

    def _allows(self, address: str) -> bool:
        allowed = self._left.left(address) >= 1
        self._left.take(address, 1 if allowed else 0)
        return allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limited = scope["type"] == "http" and not scope["path"].startswith(_FREE)
        if limited and not self._allows(network_of(scope.get("client"))):
            self._refused()
            await too_many(self._say(scope), 1 / self._rate)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class UnprovenBytes:
    """Refuses webhooks of an address that has sent a lot without a proof; what it sends then is not even read.

    What is on its way counts until it has been proven; then it is given back, so platforms may send all they have.
    """

    def __init__(
        self,
        app: ASGIApp,
        say: Callable[[Scope], str],
        rate: float = 1 << 20,
        burst: float = 64 << 20,
        refused: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rate` and `burst` in bytes, a second and at once."""
        self._app = app
        self._say = say
        self._refused = refused
        self._spent = Buckets(rate, burst, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/webhooks/"):
            await self._app(scope, receive, send)
            return
        address = network_of(scope.get("client"))
        if self._spent.left(address) <= 0:
            self._refused()
            await too_many(self._say(scope), 1)(scope, receive, send)
            return
        size = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            self._spent.take(address, len(message.get("body", b"")))
            return message

        async def judged(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and not 400 <= message["status"] < 500:
                self._spent.take(address, -size)
            await send(message)

        await self._app(scope, counted, judged)


class OpenLimit:
    """Refuses an address that has very many requests open at the same time, whichever proxy they come through."""

    def __init__(
        self, app: ASGIApp, say: Callable[[Scope], str], most: int, refused: Callable[[], None] = lambda: None
    ) -> None:
        self._app = app
        self._say = say
        self._most = most
        self._refused = refused
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = network_of(scope.get("client"))
        if self._open[address] >= self._most:
            self._refused()
            await too_many(self._say(scope), 1)(scope, receive, send)
            return
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


def too_many(say: str, seconds: float) -> JSONResponse:
    """Returns the answer to who comes too often; it ends the connection, and with it what is still on its way."""
    return JSONResponse({"error": say}, 429, headers={"retry-after": str(int(1 + seconds)), "connection": "close"})


def networks_of(client: tuple[str, int] | None) -> tuple[str, ...]:
    """Returns what counts as one address, and the networks around it: IPv4 /24 and /16, IPv6 /48 and /32."""
    nearest = network_of(client)
    if nearest == "unknown":
        return (nearest,)
    lengths = (48, 32) if ":" in nearest else (24, 16)
    base = nearest.partition("/")[0]
    return (nearest, *(str(ip_network((base, length), strict=False)) for length in lengths))


def network_of(client: tuple[str, int] | None) -> str:
    """Returns what counts as one address: an IPv4 address, or the /64 that one IPv6 household has."""
    return _network_of_host(client[0] if client else "")


@lru_cache(10_000)  # each request asks three times, and a platform comes from few addresses
def _network_of_host(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
