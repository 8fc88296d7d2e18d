"""Calls to Zalo's OA API: the token in its header, errors with HTTP 200, the rate in every answer's headers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import httpx
import orjson

from connectors.base.calls import name_of, retry_after, trouble_of
from connectors.zalo import metrics
from connectors.zalo.errors import RATE, TOKEN, Answer
from connectors.zalo.pace import Pace

#: A message whose turn comes later than this goes back to the outbox; its lease would run out.
PATIENCE = 6.0


class TokenError(RuntimeError):
    """No access token is to be had; the message says why."""


class Tokens(Protocol):
    """Holds the OA's access token (connectors.zalo.tokens)."""

    async def access(self) -> str:
        """Returns a token that should be good."""

    async def refresh(self, refused: str) -> str:
        """Returns a newer token than the one refused."""


class Api:
    """One account's API."""

    def __init__(
        self, http: httpx.AsyncClient, base: str, tokens: Tokens, pace: Pace | None = None, app_secret: str = ""
    ) -> None:
        self._http = http
        self._base = base.rstrip("/")
        self._tokens = tokens
        self._secret = app_secret.encode()
        self.pace = pace or Pace()

    async def post(self, path: str, payload: dict[str, Any]) -> Answer:
        """Posts a JSON body."""
        content = orjson.dumps(payload)

        def call(headers: dict[str, str]) -> Awaitable[httpx.Response]:
            headers = headers | {"content-type": "application/json"}
            return self._http.post(self._base + path, content=content, headers=headers)

        return await self._ask(call)

    async def get(self, path: str, data: dict[str, Any] | None = None) -> Answer:
        """Gets; parameters go as one query value that is JSON."""
        params = {"data": orjson.dumps(data).decode()} if data else None
        return await self._ask(lambda headers: self._http.get(self._base + path, params=params, headers=headers))

    async def upload(self, path: str, name: str, content: bytes, kind: str) -> Answer:
        """Uploads a file; the answer's data holds `attachment_id` (pictures) or `token` (files)."""
        files = {"file": (name, content, kind)}
        return await self._ask(lambda headers: self._http.post(self._base + path, files=files, headers=headers))

    # ---- the calls a connector needs

    async def account(self) -> Answer:
        """Returns what Zalo knows of the account itself."""
        return await self.get("/v2.0/oa/getoa")

    async def person(self, user: str) -> Answer:
        """Returns what Zalo tells about a user of the account."""
        return await self.get("/v3.0/oa/user/detail", {"user_id": user})

    async def quota(self, user: str) -> Answer:
        """Returns the last interaction of a user and what is left to send."""
        return await self.post("/v3.0/oa/quota/message", {"user_id": user})

    async def upload_image(self, name: str, content: bytes, kind: str = "image/png") -> Answer:
        """Uploads a picture (jpg or png, at most 1 MB); its id is good for 7 days."""
        return await self.upload("/v2.0/oa/upload/image", name, content, kind)

    async def upload_gif(self, name: str, content: bytes) -> Answer:
        """Uploads an animated picture."""
        return await self.upload("/v2.0/oa/upload/gif", name, content, "image/gif")

    async def upload_file(self, name: str, content: bytes, kind: str = "application/pdf") -> Answer:
        """Uploads a document (pdf, doc, docx, at most 5 MB); its token is good for 7 days."""
        return await self.upload("/v2.0/oa/upload/file", name, content, kind)

    # ---- how a call goes

    async def _ask(self, call: Callable[[dict[str, str]], Awaitable[httpx.Response]]) -> Answer:
        delay = self.pace.wait()
        if delay > PATIENCE:
            return Answer(None, trouble="waited", said="rate", wait=delay)
        if delay > 0:
            await asyncio.sleep(delay)
        try:
            token = await self._tokens.access()
            answer = await self._once(call, token)
            if answer.code in TOKEN:
                answer = await self._once(call, await self._tokens.refresh(token))
        except TokenError as error:
            return Answer(None, trouble="waited", said=str(error), wait=30)
        return answer

    async def _once(self, call: Callable[[dict[str, str]], Awaitable[httpx.Response]], token: str) -> Answer:
        headers = {"access_token": token}
        if self._secret:
            headers["appsecret_proof"] = hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()
        try:
            response = await call(headers)
        except httpx.HTTPError as error:
            answer = Answer(None, trouble=trouble_of(error), said=name_of(error))
        else:
            answer = self._read(response)
        metrics.answers.labels(answer.said if answer.code is None else str(answer.code)).inc()
        return answer

    def _read(self, response: httpx.Response) -> Answer:
        remain = response.headers.get("x-ratelimit-remain", "")
        limit = response.headers.get("x-ratelimit-limit", "")
        if remain.isdecimal() and limit.isdecimal() and int(limit) > 0:
            self.pace.told(int(limit), int(remain))
        try:
            body = orjson.loads(response.content)
            code = int(body["error"])
        except (ValueError, TypeError, KeyError):  # not Zalo's, but a proxy's, or cut short
            said = f"http {response.status_code}"
            return Answer(None, trouble="proxy", said=said, status=response.status_code, wait=retry_after(response))
        message = body.get("message")
        message = message if isinstance(message, str) else ""
        if code == RATE:
            self.pace.refused(of_app="application" in message.lower())
        data = body.get("data")
        wait = self.pace.rest if code == RATE else None
        return Answer(code, data if isinstance(data, dict) else {}, message, wait=wait)
