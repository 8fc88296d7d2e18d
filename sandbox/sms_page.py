"""What /sandbox does with the SMS gateway: phones write, and read what comes."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.sms import SmsGateway

_MOBILE = re.compile(r"0[35789]\d{8}")


class SmsBench:
    """Routes below /sandbox; without a gateway only the question whether there is one."""

    def __init__(self, gateway: SmsGateway | None) -> None:
        self._gateway = gateway

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        routes: list[BaseRoute] = [Route("/api/sms/messages", self._messages, methods=["GET"])]
        if self._gateway:
            routes.append(Route("/api/sms/messages", self._send, methods=["POST"]))
            routes.append(Mount("/sms", routes=self._gateway.routes()))
        return routes

    async def _messages(self, request: Request) -> Response:
        if self._gateway is None:
            return JSONResponse({"on": False, "messages": []})
        user, after = request.query_params.get("user", ""), request.query_params.get("after", "0")
        since = int(after) if after.isascii() and after.isdigit() and len(after) < 12 else 0
        found = [m for m in self._gateway.messages if m["user"] == user and m["id"] > since]
        return JSONResponse({"on": True, "messages": found})

    async def _send(self, request: Request) -> Response:
        assert self._gateway
        try:
            data: Any = await request.json()
        except (ValueError, RecursionError):
            data = {}
        number = str(data.get("user", "")) if isinstance(data, dict) else ""
        text = str(data.get("text", ""))[:1000] if isinstance(data, dict) else ""
        if not _MOBILE.fullmatch(number) or not text.strip():
            return JSONResponse({"error": "Thiếu số di động hoặc nội dung."}, 400)
        answer = await self._gateway.phone_sends(number, text)
        if answer.status_code != 200:
            return JSONResponse({"error": "Trợ lý chưa nhận được tin, bạn thử lại."}, 502)
        return JSONResponse({"ok": True})
