"""What /sandbox does with the Zalo stand-in beside texts: pictures, followers, colleagues, trouble, time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.zalo import ZaloStandIn
from sandbox.zalo_errors import MESSAGES
from sandbox.zalo_events import ATTACHMENTS
from sandbox.zalo_world import Clock

_LONGEST_JUMP = 100 * 24 * 3600
Act = Callable[[str, dict[str, Any]], Awaitable[httpx.Response | None]]


class ZaloBench:
    """Routes below /sandbox/api/zalo."""

    def __init__(self, zalo: ZaloStandIn) -> None:
        self._zalo = zalo
        self._acts: dict[str, Act] = {
            **{kind: self._medium(kind) for kind in ATTACHMENTS},
            "follow": lambda user, data: zalo.user_follows(user),
            "unfollow": lambda user, data: zalo.user_leaves(user),
            "open": lambda user, data: zalo.user_opens_chat(user),
            "withdraw": lambda user, data: zalo.user_withdraws(user),
            "colleague": lambda user, data: zalo.colleague_writes(user, str(data.get("text", ""))[:2000]),
        }

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route("/api/zalo/acts", self._act, methods=["POST"]),
            Route("/api/zalo/rules", self._rules, methods=["GET"]),
            Route("/api/zalo/rules", self._change, methods=["POST"]),
        ]

    def _medium(self, kind: str) -> Act:
        return lambda user, data: self._zalo.user_sends_medium(user, kind, str(data.get("text", ""))[:2000])

    async def _act(self, request: Request) -> Response:
        data = await _object(request)
        user, act = str(data.get("user", ""))[:40], self._acts.get(str(data.get("act", "")))
        if not (user.isascii() and user.isdigit()) or act is None:
            return JSONResponse({"error": "Thiếu người gửi hoặc việc cần làm."}, 400)
        if data["act"] == "colleague" and not str(data.get("text", "")).strip():
            return JSONResponse({"error": "Bạn gõ câu trả lời của nhân viên trước."}, 400)
        self._zalo.add_user(user, f"Người dùng {user[-4:]}")
        answer = await act(user, data)
        if answer is None or answer.status_code != 200:
            return JSONResponse({"error": "Trợ lý chưa nhận được sự kiện, bạn thử lại."}, 502)
        return JSONResponse({"ok": True})

    async def _rules(self, request: Request) -> Response:
        return JSONResponse(self._shown())

    def _shown(self) -> dict[str, Any]:
        policy = self._zalo.policy
        ahead = policy.clock.ahead if isinstance(policy.clock, Clock) else 0.0
        return {"buttons": policy.buttons, "hours_ahead": round(ahead / 3600), "errors": MESSAGES}

    async def _change(self, request: Request) -> Response:
        """Changes how the stand-in behaves: {"buttons": bool}, {"error": code}, {"hours": number}."""
        data, policy = await _object(request), self._zalo.policy
        if isinstance(data.get("buttons"), bool):
            policy.buttons = data["buttons"]
        if data.get("error") in MESSAGES:
            policy.fail_next.append(data["error"])
        hours = data.get("hours")
        if isinstance(hours, int) and 0 < hours * 3600 <= _LONGEST_JUMP and isinstance(policy.clock, Clock):
            policy.clock.advance(hours * 3600)
        return JSONResponse(self._shown())


async def _object(request: Request) -> dict[str, Any]:
    try:
        data = await request.json()
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
