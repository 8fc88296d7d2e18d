"""How a person talks to either side: say something, know when it was acknowledged and when it was answered."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

import orjson

from bench.wire import Client
from bench.zalo import Platform

PATIENCE = 60.0


@dataclass(frozen=True)
class Said:
    """Seconds from sending until the acknowledgement and until the reply; None if there was none."""

    acknowledged: float | None
    answered: float | None


class Talk(Protocol):
    """One side of the comparison."""

    async def say(self, user: str, text: str, due: float | None = None) -> Said:
        """Sends a message and waits for its reply; times count from `due` (default: now)."""


class OurTalk:
    """Signed Zalo webhook in, reply at the platform."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self._client = client
        self._platform = platform

    async def say(self, user: str, text: str, due: float | None = None) -> Said:
        """Sends a message and waits for its reply (see Talk)."""
        started = due or time.perf_counter()
        reply = self._platform.reply_to(user)
        body, headers = self._platform.written(user, text)
        try:
            status, _ = await asyncio.wait_for(self._client.post("/webhooks/zalo", body, headers), PATIENCE)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            status = 0
        acknowledged = time.perf_counter() - started
        if status != 200:
            reply.cancel()
            return Said(None, None)
        try:
            return Said(acknowledged, await asyncio.wait_for(reply, PATIENCE) - started)
        except TimeoutError:
            return Said(acknowledged, None)


class StockTalk:
    """Stock Rasa's REST channel: the acknowledgement is the reply."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def say(self, user: str, text: str, due: float | None = None) -> Said:
        """Sends a message and waits for its reply (see Talk)."""
        started = due or time.perf_counter()
        body = orjson.dumps({"sender": user, "message": text})
        headers = {"content-type": "application/json"}
        try:
            posted = self._client.post("/webhooks/rest/webhook", body, headers)
            status, answer = await asyncio.wait_for(posted, PATIENCE)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            return Said(None, None)
        seconds = time.perf_counter() - started
        return Said(seconds, seconds) if status == 200 and len(answer) > 2 else Said(None, None)
