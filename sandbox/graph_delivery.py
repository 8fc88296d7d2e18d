"""Meta's side of the webhook: hand-shake, signed bodies, retries on their ladder, the end of patience.

Bodies go out in the escaped form that Meta signs (\\uXXXX, \\/, \\u003C, \\u0025, \\u0040). A delivery that is
not answered with 200 in time is sent again, the same bytes: at once a few times, then now and then; after 15
minutes of nothing but failure the developer is warned, after an hour the page is unsubscribed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.graph_errors import GraphError

AGENT = "Webhooks/1.0 (https://fb.me/webhooks)"
IMMEDIATELY = 3
#: Seconds after the first failure; Meta publishes no numbers, only "a few at once" and the hour.
LADDER = (15.0, 60.0, 180.0, 420.0, 900.0, 1800.0, 2700.0, 3600.0)
WARN_AFTER, DISABLE_AFTER = 900.0, 3600.0
_ESCAPES = (("/", "\\/"), ("<", "\\u003C"), ("%", "\\u0025"), ("@", "\\u0040"))


def escaped(data: Any) -> bytes:
    """Returns JSON as it stands on the wire."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for plain, shown in _ESCAPES:  # none of them is JSON's own outside of a text
        text = text.replace(plain, shown)
    return text.encode()


@dataclass
class Delivery:
    """One body on its way."""

    body: bytes
    first_failed: float = 0.0
    step: int = 0


@dataclass
class Wire:
    """What a test may change about deliveries."""

    clock: Callable[[], float] = time.time
    patience: float = 5.0  # seconds Meta waits for the answer
    immediately: int = IMMEDIATELY
    ladder: tuple[float, ...] = LADDER
    copies: int = 1  # how often each delivery comes, whatever the answer
    legacy_header: bool = True  # X-Hub-Signature (SHA-1) beside the present one


@dataclass
class Webhooks:
    """Delivers to one callback."""

    callback: str
    secret: str
    verify_token: str
    wire: Wire = field(default_factory=Wire)
    enabled: bool = True  # the page is subscribed
    alerts: list[str] = field(default_factory=list)
    waiting: list[Delivery] = field(default_factory=list)
    dropped: list[bytes] = field(default_factory=list)  # while the page was not subscribed
    answers: list[int] = field(default_factory=list)  # what the callback answered; 0: nothing in time
    _failing_since: float | None = None
    _client: httpx.AsyncClient | None = None

    async def handshake(self, callback: str | None = None, verify_token: str | None = None) -> None:
        """Asks whether an address is the app's.

        Raises:
            GraphError: if it is not.
        """
        challenge = str(secrets.randbelow(10**9))
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge,
                 "hub.verify_token": self.verify_token if verify_token is None else verify_token}  # fmt: skip
        try:
            answer = await self._http().get(callback or self.callback, params=asked)
            good = answer.status_code == 200 and answer.text == challenge
        except httpx.HTTPError:
            good = False
        if not good:
            message = "(#2200) Callback verification failed: the challenge was not echoed"
            raise GraphError(2200, message)

    def sign(self, body: bytes) -> dict[str, str]:
        """Returns the headers of a delivery."""

        def mac(how: Any) -> str:
            return hmac.new(self.secret.encode(), body, how).hexdigest()

        headers = {"user-agent": AGENT, "content-type": "application/json", "accept": "*/*",
                   "x-hub-signature-256": f"sha256={mac(hashlib.sha256)}"}  # fmt: skip
        return headers | ({"x-hub-signature": f"sha1={mac(hashlib.sha1)}"} if self.wire.legacy_header else {})

    async def send(self, entries: Sequence[dict[str, Any]]) -> httpx.Response | None:
        """Delivers entries in one POST; returns the last answer, None if there was none."""
        body = escaped({"object": "page", "entry": list(entries)})
        answer = None
        for _ in range(self.wire.copies):
            answer = await self.deliver(Delivery(body))
        return answer

    async def deliver(self, delivery: Delivery) -> httpx.Response | None:
        """Posts a delivery, and the immediate retries."""
        if not self.enabled:
            self.dropped.append(delivery.body)
            return None
        answer = None
        for _ in range(1 + (0 if delivery.step else self.wire.immediately)):
            answer = await self._post(delivery.body)
            if answer is not None and answer.status_code == 200:
                self._failing_since = None
                return answer
        self._failed(delivery)
        return answer

    async def _post(self, body: bytes) -> httpx.Response | None:
        try:
            async with asyncio.timeout(self.wire.patience):
                answer = await self._http().post(self.callback, content=body, headers=self.sign(body))
        except (httpx.HTTPError, TimeoutError):
            self.answers.append(0)
            return None
        self.answers.append(answer.status_code)
        return answer

    def _failed(self, delivery: Delivery) -> None:
        now = self.wire.clock()
        self._failing_since = now if self._failing_since is None else self._failing_since
        if now - self._failing_since >= DISABLE_AFTER:
            self.enabled = False
            self.alerts.append("Webhooks Disabled")
            self.dropped += [delivery.body, *(one.body for one in self.waiting)]
            self.waiting.clear()
            return
        if now - self._failing_since >= WARN_AFTER and not self.alerts:
            self.alerts.append("Webhooks Failing")
        delivery.first_failed = delivery.first_failed or now
        if delivery.step < len(self.wire.ladder):
            delivery.step += 1
            self.waiting.append(delivery)
        else:
            self.dropped.append(delivery.body)

    async def tick(self) -> int:
        """Sends again what is due by the clock; returns how many."""
        now = self.wire.clock()
        due = [one for one in self.waiting if one.first_failed + self.wire.ladder[one.step - 1] <= now]
        for delivery in due:
            self.waiting.remove(delivery)
            await self.deliver(delivery)
        return len(due)

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=30)
        return self._client

    async def close(self) -> None:
        """Ends the connections."""
        if self._client:
            await self._client.aclose()


async def repeat(work: Callable[[], Awaitable[Any]], every: float) -> None:
    """Does something for ever."""
    while True:
        await asyncio.sleep(every)
        await work()
