"""A stand-in for Zalo that speaks the wire contract: signed webhooks out, the OA API and OAuth in.

What it enforces: access tokens of 25 hours that die when a new one is issued, refresh tokens that
work once, texts of at most 2,000 characters, at most five buttons, the 48-hour and 7-day windows,
errors with HTTP 200. After each accepted message it sends the echo a real OA gets.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_ACCESS_LIVES = 25 * 3600
_REFRESH_LIVES = 90 * 24 * 3600
_WINDOW, _OUTER_WINDOW = 48 * 3600, 7 * 24 * 3600
#: Seconds before the retries of a webhook that could not connect.
LADDER = (30, 300, 900, 1800, 3600)
OA_ID = "4000000000000000004"


@dataclass
class _Tokens:
    access: str = ""
    access_until: float = 0
    refresh: str = ""
    refresh_until: float = 0


@dataclass
class Policy:
    """What a test may change."""

    buttons: bool = True  # accept cards with buttons on /message/cs
    fail_next: list[Any] = field(default_factory=list)  # error codes, "slow", "500" for the next calls
    ladder: tuple[float, ...] = LADDER
    clock: Callable[[], float] = time.time


class ZaloStandIn:
    """One OA with its users."""

    def __init__(self, app_id: str, app_secret: str, oa_secret: str, webhook: str, state: Path | None = None) -> None:
        self.app_id = app_id
        self._app_secret = app_secret
        self._oa_secret = oa_secret
        self._webhook = webhook
        self._state = state
        self.policy = Policy()
        self._tokens = _Tokens()
        self.users: dict[str, str] = {}
        self.messages: list[dict[str, Any]] = []
        self.seen: dict[str, float] = {}
        self._background: set[asyncio.Task[Any]] = set()
        self._client = httpx.AsyncClient(timeout=2)
        if state and state.exists():
            kept = json.loads(state.read_text())
            self._tokens = _Tokens(**kept["tokens"])
            self.users, self.messages, self.seen = kept["users"], kept["messages"], kept["seen"]

    def _keep(self) -> None:
        if self._state:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._state.with_suffix(".tmp")
            kept = {
                "tokens": vars(self._tokens),
                "users": self.users,
                "messages": self.messages[-500:],
                "seen": self.seen,
            }
            fresh.write_text(json.dumps(kept, ensure_ascii=False))
            fresh.replace(self._state)

    def grant(self) -> str:
        """Returns a refresh token as the OA's admin gets it when connecting the app."""
        if not self._tokens.refresh:
            self._issue()
        return self._tokens.refresh

    def _issue(self) -> _Tokens:
        now = self.policy.clock()
        self._tokens = _Tokens(
            secrets.token_urlsafe(48), now + _ACCESS_LIVES, secrets.token_urlsafe(48), now + _REFRESH_LIVES
        )
        self._keep()
        return self._tokens

    # ---- what users do

    def add_user(self, user: str, name: str) -> None:
        """Adds a Zalo user."""
        self.users.setdefault(user, name)

    async def user_sends(self, user: str, text: str) -> httpx.Response | None:
        """Lets a user write to the OA; returns the webhook's answer, None if it could not connect."""
        message_id = secrets.token_hex(10)
        now = self.policy.clock()
        self.seen[user] = now
        self._remember(user, "user", {"text": text}, message_id)
        return await self.deliver(self.event("user_send_text", user, {"text": text, "msg_id": message_id}))

    def _remember(self, user: str, sender: str, body: dict[str, Any], message_id: str) -> None:
        number = self.messages[-1]["id"] + 1 if self.messages else 1
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.policy.clock()))
        entry: dict[str, Any] = {"id": number, "user": user, "from": sender, "at": at, "message_id": message_id}
        self.messages.append({"buttons": []} | entry | body)
        self._keep()

    def event(self, name: str, user: str, message: dict[str, Any], from_oa: bool = False) -> bytes:
        """Returns the bytes of a webhook event."""
        user_party, oa_party = {"id": user}, {"id": OA_ID}
        body = {
            "app_id": self.app_id,
            "sender": oa_party if from_oa else user_party,
            "user_id_by_app": f"3{user[1:]}",
            "recipient": user_party if from_oa else oa_party,
            "event_name": name,
            "message": message,
            "timestamp": str(int(self.policy.clock() * 1000)),
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def signed(self, body: bytes) -> dict[str, str]:
        """Returns the headers of a webhook."""
        timestamp = json.loads(body)["timestamp"]
        mac = hashlib.sha256(self.app_id.encode() + body + timestamp.encode() + self._oa_secret.encode()).hexdigest()
        return {"content-type": "application/json", "x-zevent-signature": f"mac={mac}"}

    async def deliver(self, body: bytes, retry: int = 0) -> httpx.Response | None:
        """Posts an event; where no connection opens, tries again on the contract's ladder."""
        headers = self.signed(body) | ({"num_retry": str(retry)} if retry else {})
        try:
            return await self._client.post(self._webhook, content=body, headers=headers)
        except httpx.ConnectError:
            if retry < len(self.policy.ladder):
                self._later(self._again(body, retry))
        except httpx.HTTPError:
            pass
        return None

    async def _again(self, body: bytes, retry: int) -> None:
        await asyncio.sleep(self.policy.ladder[retry])
        await self.deliver(body, retry + 1)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ---- what the app calls

    def routes(self) -> list[Route]:
        """Returns the API's routes."""
        return [
            Route("/v3.0/oa/message/cs", self._send, methods=["POST"]),
            Route("/v4/oa/access_token", self._token, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        form = await request.form()

        def refuse(code: int, name: str) -> Response:
            return JSONResponse(
                {"error": code, "error_name": name, "error_description": name, "error_reason": name, "ref_doc": ""}
            )

        if request.headers.get("secret_key") != self._app_secret:
            return refuse(-14004, "Invalid secret key.")
        if form.get("app_id") != self.app_id:
            return refuse(-14002, "Invalid appId.")
        if form.get("grant_type") != "refresh_token":
            return refuse(-14018, "Invalid grant type.")
        if form.get("refresh_token") != self._tokens.refresh or self.policy.clock() > self._tokens.refresh_until:
            return refuse(-14014, "Invalid refresh token.")
        issued = self._issue()
        return JSONResponse(
            {"access_token": issued.access, "refresh_token": issued.refresh, "expires_in": str(_ACCESS_LIVES)}
        )

    async def _send(self, request: Request) -> Response:
        def answer(body: dict[str, Any]) -> Response:
            return JSONResponse(body, headers={"X-RateLimit-Limit": "4000", "X-RateLimit-Remain": "3999"})

        def refuse(code: int, message: str) -> Response:
            return answer({"error": code, "message": message})

        planned = self.policy.fail_next.pop(0) if self.policy.fail_next else None
        if planned == "500":
            return Response("upstream error", 502)
        if isinstance(planned, int):
            return refuse(planned, "planned")
        token = request.headers.get("access_token", "")
        if token != self._tokens.access:
            return refuse(-216, "Access token is invalid")
        if self.policy.clock() > self._tokens.access_until:
            return refuse(-220, "access_token is expired or removed")
        try:
            data = await request.json()
            user, message = str(data["recipient"]["user_id"]), dict(data["message"])
        except (ValueError, KeyError, TypeError):
            return refuse(-201, "recipient is invalid!")
        text = message.get("text")
        if not isinstance(text, str) or not text.strip():
            return refuse(-201, "text is invalid!")
        if len(text) > 2000:
            return refuse(-210, "Parameter exceeds allowable limit")
        buttons = message.get("attachment", {}).get("payload", {}).get("buttons", [])
        if message.get("attachment") and not self.policy.buttons:
            return refuse(-233, "message type is invalid or not support")
        if len(buttons) > 5 or any(
            len(b.get("title", "")) > 100 or len(str(b.get("payload", ""))) > 1000 for b in buttons
        ):
            return refuse(-210, "Parameter exceeds allowable limit")
        silence = self.policy.clock() - self.seen.get(user, 0)
        if user not in self.seen:
            return refuse(-232, "User has not interacted with the OA, or the last interaction has expired")
        if silence > _OUTER_WINDOW:
            return refuse(-230, "User has not interacted with the OA in the past 7 days")
        message_id = secrets.token_hex(10)
        shown = [{"title": button["title"], "payload": button["payload"]} for button in buttons]
        self._remember(user, "oa", {"text": text, "buttons": shown}, message_id)
        echo = self.event("oa_send_text", user, {"text": text, "msg_id": message_id}, from_oa=True)
        self._later(self.deliver(echo))
        if planned == "slow":
            await asyncio.sleep(15)
        data = {"message_id": message_id, "user_id": user, "sent_time": str(int(self.policy.clock() * 1000))}
        if silence <= _WINDOW:
            data["quota"] = {"quota_type": "reply"}  # type: ignore[assignment]
        return answer({"data": data, "error": 0, "message": "Success"})
