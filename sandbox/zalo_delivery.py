"""Delivers webhook events as Zalo does: signed, within two seconds, retried on a ladder, then no more."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Coroutine
from typing import Any

import httpx

from sandbox.zalo_world import World

IN_TIME = 2.0


class Delivery:
    """Posts events to the app's one webhook address."""

    def __init__(self, world: World, webhook: str) -> None:
        self._world = world
        self._webhook = webhook
        self._client = httpx.AsyncClient(timeout=IN_TIME)
        self._background: set[asyncio.Task[Any]] = set()
        self._held: list[tuple[bytes, dict[str, str]]] = []
        self.enabled = True  # Zalo switches the webhook off when the ladder ends
        self.late = 0  # events that were not answered in time

    def body(self, event: dict[str, Any]) -> bytes:
        """Returns the bytes of an event: compact JSON, UTF-8 or escaped."""
        return json.dumps(event, ensure_ascii=self._world.policy.escaped, separators=(",", ":")).encode()

    def signed(self, body: bytes, oa: str = "") -> dict[str, str]:
        """Returns the headers of a webhook, signed as the policy says."""
        mode = self._world.policy.signature
        headers = {"content-type": "application/json"}
        account = self._world.accounts.get(oa) or next(iter(self._world.accounts.values()))
        timestamp = str(json.loads(body)["timestamp"])
        data = self._world.app_id.encode() + body + timestamp.encode() + account.secret.encode()
        mac = hashlib.sha256(data).hexdigest()
        shown = {"mac": f"mac={mac}", "bare": mac, "upper": f"mac={mac.upper()}", "wrong": f"mac={'0' * 64}"}.get(mode)
        return headers | ({"x-zevent-signature": shown} if shown else {})

    async def send(self, event: dict[str, Any], oa: str = "", **headers: str) -> httpx.Response | None:
        """Delivers an event, as often and in the order the policy says; returns the last answer."""
        if not self.enabled:
            return None
        policy = self._world.policy
        body = self.body(event)
        due = [(body, self.signed(body, oa) | headers)]
        if policy.swap and not self._held:
            self._held = due
            return None
        due, self._held = [*due, *self._held], []
        answer = None
        for content, given in due:
            for _ in range(policy.copies):
                await asyncio.sleep(policy.pause)
                answer = await self._post(content, given, 0)
        return answer

    async def _post(self, body: bytes, headers: dict[str, str], retry: int) -> httpx.Response | None:
        counted = headers | ({"num_retry": str(retry)} if retry else {})
        answer = None
        try:
            answer = await self._client.post(self._webhook, content=body, headers=counted)
        except httpx.ConnectError:
            self._again(body, headers, retry)
            return None
        except httpx.HTTPError:
            self.late += 1
        if self._world.policy.retry_all and (answer is None or answer.status_code != 200):
            self._again(body, headers, retry)
        return answer

    def _again(self, body: bytes, headers: dict[str, str], retry: int) -> None:
        ladder = self._world.policy.ladder
        if retry >= len(ladder):
            self.enabled = False
            return

        async def later() -> None:
            await asyncio.sleep(ladder[retry])
            await self._post(body, headers, retry + 1)

        self.later(later())

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Does something in the background."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def settle(self) -> None:
        """Waits until nothing goes on in the background."""
        while self._background:
            await asyncio.wait(self._background)  # gather() of what is done gives the loop no turn to discard it

    async def close(self) -> None:
        """Ends; what still waits on the ladder is not waited for: its last step comes after hours."""
        for task in self._background:
            task.cancel()
        await self.settle()
        await self._client.aclose()
