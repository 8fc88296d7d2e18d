"""Zalo as far as a load test needs it: signed webhooks out, the OA API and OAuth in, and who waits for which reply.

It lives in the benchmark's own process, as the real platform is one party: a reply is seen at the moment it
arrives, on the same clock that started the question.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections import defaultdict, deque

import orjson

from bench import wire

_OA = "4000000000000000004"
_APP = "1000000000000000009"
_APP_SECRET, _OA_SECRET, ACCESS = "bench-app-secret", "bench-oa-secret", "bench-access-token"


class Platform:
    """One OA: sends what users write, takes what the assistant answers."""

    def __init__(self) -> None:
        self.taken = 0  # replies received
        self.unasked = 0  # replies nobody waited for: doubled, or in several parts
        self._waiting: defaultdict[str, deque[asyncio.Future[float]]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._run = time.time_ns()
        self._server: asyncio.Server | None = None
        self._url = ""

    async def start(self, socket: str = "", port: int = 0) -> None:
        """Starts to listen on loopback, or at a socket that is reached as `port` of other machines' loopback."""
        self._server, own = await wire.serve(self._answer, socket)
        self._url = f"http://127.0.0.1:{port or own}"

    def stop(self) -> None:
        """Stops listening."""
        if self._server:
            self._server.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._url

    def settings(self) -> dict[str, str]:
        """Returns the assistant's settings for this platform."""
        return {
            "ZALO_APP_ID": _APP,
            "ZALO_APP_SECRET": _APP_SECRET,
            "ZALO_OA_SECRET_KEYS": _OA_SECRET,
            "ZALO_REFRESH_TOKEN": "bench-refresh-token",
            "ZALO_API_URL": self._url,
            "ZALO_OAUTH_URL": self._url,
        }

    def written(self, user: str, text: str) -> tuple[bytes, wire.Headers]:
        """Returns body and headers of the webhook for a user's message."""
        body = orjson.dumps(
            {
                "app_id": _APP,
                "sender": {"id": user},
                "user_id_by_app": f"3{user[1:]}",
                "recipient": {"id": _OA},
                "event_name": "user_send_text",
                "message": {"text": text, "msg_id": f"{self._run}-{next(self._numbers)}"},
                "timestamp": (timestamp := str(time.time_ns() // 1_000_000)),
            }
        )
        mac = hashlib.sha256(_APP.encode() + body + timestamp.encode() + _OA_SECRET.encode()).hexdigest()
        return body, {"content-type": "application/json", "x-zevent-signature": f"mac={mac}"}

    def reply_to(self, user: str) -> asyncio.Future[float]:
        """Returns what becomes the time at which the user's next reply arrives."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[user].append(future)
        return future

    async def _answer(self, path: str, headers: wire.Headers, body: bytes) -> bytes:
        if path.startswith("/v4/oa/access_token"):
            return orjson.dumps({"access_token": ACCESS, "refresh_token": "next", "expires_in": "90000"})
        if headers.get("access_token") != ACCESS:
            return orjson.dumps({"error": -216, "message": "Access token is invalid"})
        user = str(orjson.loads(body)["recipient"]["user_id"])
        self.taken += 1
        waiting = self._waiting[user]
        while waiting and waiting[0].done():
            waiting.popleft()  # given up
        if waiting:
            waiting.popleft().set_result(time.perf_counter())
        else:
            self.unasked += 1
        data = {"message_id": f"m{self.taken}", "user_id": user, "quota": {"quota_type": "reply"}}
        return orjson.dumps({"data": data, "error": 0, "message": "Success"})
