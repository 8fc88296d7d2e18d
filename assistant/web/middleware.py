"""What every request passes first: security headers on the answer, and a limit for each address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
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


class AddressLimit:
    """Refuses an address that asks faster than `rate` a second, after a burst of `burst`.

    Generous, since thousands of phones share an address of their operator; it stops floods, while
    limits by person and by session are kept where they are known. Counted per process.
    """

    def __init__(
        self,
        app: ASGIApp,
        say: str,
        rate: float,
        burst: float,
        refused: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._say = say
        self._rate = rate
        self._burst = burst
        self._refused = refused
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def _allows(self, address: str) -> bool:
        now = self._clock()
        left, at = self._buckets.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[address] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limited = scope["type"] == "http" and not scope["path"].startswith(_FREE)
        if limited and not self._allows(network_of(scope.get("client"))):
            self._refused()
            answer = JSONResponse({"error": self._say}, 429, headers={"retry-after": str(int(1 + 1 / self._rate))})
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def network_of(client: tuple[str, int] | None) -> str:
    """Returns what counts as one address: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return "unknown"
    if address.version == 6 and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
