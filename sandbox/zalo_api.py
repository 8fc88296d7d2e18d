"""Zalo's OA API: tokens, proof, rates, windows and shapes are checked in this order; errors come with HTTP 200."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import zalo_shapes
from sandbox.zalo_answers import after, before, success
from sandbox.zalo_errors import APP_LIMIT, Refused
from sandbox.zalo_events import message_id
from sandbox.zalo_world import OUTER_WINDOW, WINDOW, Account, World

_PICTURES = ("image/png", "image/jpeg")
_DOCUMENTS = (".pdf", ".doc", ".docx", ".csv")
Act = Callable[[Account, Request], Awaitable[Any]]


class OpenApi:
    """The API's endpoints; `sent` is called with each message a user gets."""

    def __init__(self, world: World, sent: Callable[[Account, str, str, dict[str, Any]], None]) -> None:
        self._world = world
        self._sent = sent
        self._calls: Counter[tuple[str, int]] = Counter()

    def routes(self) -> list[Route]:
        """Returns the routes."""
        posts: dict[str, Act] = {
            "/v3.0/oa/message/cs": self._message,
            "/v2.0/oa/message": self._old_message,
            "/v3.0/oa/quota/message": self._quota,
            "/v2.0/oa/upload/image": self._upload_picture,
            "/v2.0/oa/upload/gif": self._upload_gif,
            "/v2.0/oa/upload/file": self._upload_file,
        }
        gets: dict[str, Act] = {"/v2.0/oa/getoa": self._account, "/v3.0/oa/user/detail": self._person}
        return [
            *(Route(path, self._endpoint(act), methods=["POST"]) for path, act in posts.items()),
            *(Route(path, self._endpoint(act)) for path, act in gets.items()),
        ]

    def _endpoint(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self.call(request, act)

        return endpoint

    async def call(self, request: Request, act: Act) -> Response:
        """Answers one call."""
        policy = self._world.policy
        planned = policy.fail_next.pop(0) if policy.fail_next else None
        early = before(planned)
        if early:
            return early
        headers: dict[str, str] = {}
        try:
            account = self._authorised(request)
            headers = self._count(account)
            if isinstance(planned, int):
                raise Refused(planned)
            if account.trouble:
                raise Refused(account.trouble)
            data = await act(account, request)
        except Refused as refusal:
            return JSONResponse(refusal.body, headers=headers or self._headers(policy.app_limit, policy.app_limit))
        return await after(planned, success(data, headers), policy.slow_seconds)

    def _authorised(self, request: Request) -> Account:
        token = request.headers.get("access_token", "")
        account = self._world.by_access(token)
        if account is None:
            raise Refused(-216)
        if self._world.now > account.access_until:
            raise Refused(-220)
        proof = request.headers.get("appsecret_proof")
        right = hmac.new(self._world.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof != right and (self._world.policy.proof or proof is not None):
            raise Refused(-242)
        return account

    def _count(self, account: Account) -> dict[str, str]:
        """Counts a call; the counters begin anew each minute."""
        policy, minute = self._world.policy, int(self._world.now // 60)
        self._calls["app", minute] += 1
        self._calls[account.id, minute] += 1
        left = policy.app_limit - self._calls["app", minute]
        if left < 0:
            raise Refused(-32, APP_LIMIT)
        if policy.oa_limit is None:
            return self._headers(policy.app_limit, left)
        own = policy.oa_limit - self._calls[account.id, minute]
        if own < 0:
            raise Refused(-32)
        return self._headers(policy.oa_limit, min(own, left))

    @staticmethod
    def _headers(limit: int, remain: int) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remain": str(remain)}

    # ---- messages

    async def _message(self, account: Account, request: Request) -> dict[str, Any]:
        data = await _json(request)
        recipient = data.get("recipient")
        user = recipient.get("user_id") if isinstance(recipient, dict) else None
        if not isinstance(user, str) or not user:
            raise Refused(-201, "recipient is invalid!")
        shown = zalo_shapes.check(self._world, data.get("message"))
        silence = self._silence(account, user)
        if self._world.policy.night and self._is_night():
            raise Refused(-234)
        answer = {"user_id": user, "sent_time": str(int(self._world.now * 1000))}
        return self._deliver(account, user, shown) | answer | self._cost(account, silence)

    def _deliver(self, account: Account, user: str, shown: dict[str, Any]) -> dict[str, Any]:
        key = message_id()
        self._world.remember(account, user, "oa", shown, key)
        self._sent(account, user, key, shown)
        return {"message_id": key}

    def _silence(self, account: Account, user: str) -> float:
        if user in account.refusing:
            raise Refused(account.refusing[user])
        if user not in account.seen:
            raise Refused(-232)
        silence = self._world.now - account.seen[user]
        if silence > OUTER_WINDOW:
            raise Refused(-230)
        return silence

    def _cost(self, account: Account, silence: float) -> dict[str, Any]:
        """Returns the quota's part of an answer; without one the message was charged."""
        if silence <= WINDOW:
            return {"quota": {"quota_type": "reply"}}
        if self._world.policy.charged != "sub_quota" or account.package_left < 1:
            return {}
        account.package_left -= 1
        left = {"quota_type": "sub_quota", "remain": str(account.package_left), "total": "500"}
        return {"quota": left | {"expired_date": "31/12/2026"}}

    def _is_night(self) -> bool:
        hour = time.gmtime(self._world.now + 7 * 3600).tm_hour
        return hour >= 22 or hour < 6

    async def _old_message(self, account: Account, request: Request) -> dict[str, Any]:
        """The v2 path lives on for visitors without a log-in and for reactions."""
        data = await _json(request)
        recipient = data.get("recipient") if isinstance(data.get("recipient"), dict) else {}
        assert isinstance(recipient, dict)
        visitor, chat = recipient.get("anonymous_id"), recipient.get("conversation_id")
        if isinstance(visitor, str) and isinstance(chat, str):
            shown = zalo_shapes.check(self._world, data.get("message"))
            if shown.get("buttons"):
                raise Refused(-233)
            if f"{visitor}~{chat}" not in account.seen:
                raise Refused(-232)
            return self._deliver(account, visitor, shown) | {"anonymous_id": visitor}
        action = data.get("sender_action")
        if isinstance(action, dict) and action.get("react_icon") and action.get("react_message_id"):
            return {"message_id": message_id(), "user_id": str(recipient.get("user_id", ""))}
        raise Refused(-240)

    async def _quota(self, account: Account, request: Request) -> dict[str, Any]:
        user = str((await _json(request)).get("user_id", ""))
        if user not in account.seen:
            raise Refused(-232)
        last = str(int(account.seen[user] * 1000))
        return {"last_interaction": last, "cs_reply": {"remain": 8, "total": 8}, "promotion": {"remain": 0, "total": 0}}

    # ---- about accounts and people

    async def _account(self, account: Account, request: Request) -> dict[str, Any]:
        return {
            "oaid": account.id, "name": account.name, "description": "OA mô phỏng", "is_verified": True, "oa_type": 2,
            "num_follower": len(account.followers), "package_name": "Growth",
            "package_valid_through_date": "31/12/2026",
        }  # fmt: skip

    async def _person(self, account: Account, request: Request) -> dict[str, Any]:
        try:
            user = str(json.loads(request.query_params.get("data", ""))["user_id"])
        except (ValueError, KeyError, TypeError):
            raise Refused(-201, "data is invalid!") from None
        if user not in self._world.users:
            raise Refused(-213)
        last = time.strftime("%d/%m/%Y", time.gmtime(account.seen.get(user, 0)))
        return {
            "user_id": user, "user_id_by_app": f"3{user[1:]}", "display_name": self._world.users[user],
            "user_alias": "", "is_sensitive": False, "user_last_interaction_date": last,
            "user_is_follower": user in account.followers, "avatar": "", "avatars": {"120": "", "240": ""},
            "tags_and_notes_info": {"tag_names": [], "notes": []}, "shared_info": {},
        }  # fmt: skip

    # ---- uploads

    async def _upload_picture(self, account: Account, request: Request) -> dict[str, Any]:
        return {"attachment_id": await self._upload(request, 1 << 20, lambda f: f.content_type in _PICTURES)}

    async def _upload_gif(self, account: Account, request: Request) -> dict[str, Any]:
        return {"attachment_id": await self._upload(request, 5 << 20, lambda f: f.content_type == "image/gif")}

    async def _upload_file(self, account: Account, request: Request) -> dict[str, Any]:
        def fits(file: UploadFile) -> bool:
            return (file.filename or "").lower().endswith(_DOCUMENTS)

        return {"token": await self._upload(request, 5 << 20, fits)}

    async def _upload(self, request: Request, most: int, fits: Callable[[UploadFile], bool]) -> str:
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or not fits(file):
                raise Refused(-201, "file is invalid!")
            if len(await file.read()) > most:
                raise Refused(-210)
        key = secrets.token_urlsafe(24)
        self._world.uploads[key] = self._world.now
        return key


async def _json(request: Request) -> dict[str, Any]:
    try:
        data = await request.json()
    except (ValueError, RecursionError):
        raise Refused(-201, "body is invalid!") from None
    if not isinstance(data, dict):
        raise Refused(-201, "body is invalid!")
    return data
