"""The page /sandbox and what it calls: Zalo users, the mailbox, demo accounts, a VssID log-in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from assistant.accounts.demo_members import MEMBERS
from sandbox.graph_api import GraphApi
from sandbox.mailbox import Mailbox
from sandbox.messenger import MessengerStandIn
from sandbox.messenger_page import MessengerBench
from sandbox.phone import JambonzStandIn
from sandbox.phone_page import PhoneBench
from sandbox.sms import SmsGateway
from sandbox.sms_page import SmsBench
from sandbox.zalo import ZaloStandIn
from sandbox.zalo_page import ZaloBench

_HERE = Path(__file__).parent
_USERS = {
    "2000000000000000001": "Cô Lan (Nghệ An)",
    "2000000000000000002": "Anh Tuấn (Bình Dương)",
    "2000000000000000003": "Bác Sáu (Cần Thơ)",
}


class LogIn(Protocol):
    """Checks a password as VssID would."""

    def password_matches(self, code: str, password: str) -> bool:
        """Tells whether the log-in succeeds."""


class Sandbox:
    """Routes below /sandbox."""

    def __init__(
        self,
        zalo: ZaloStandIn,
        mailbox: Mailbox,
        log_in: LogIn,
        sms: SmsGateway | None = None,
        messenger: MessengerStandIn | None = None,
        phone: JambonzStandIn | None = None,
    ) -> None:
        self._zalo = zalo
        self._mailbox = mailbox
        self._log_in = log_in
        self._zalo_bench, self._sms_bench, self._phone_bench = ZaloBench(zalo), SmsBench(sms), PhoneBench(phone)
        self.messenger, self._messenger_bench = messenger, MessengerBench(messenger)
        self._templates = Jinja2Templates(_HERE / "templates")
        for user, name in _USERS.items():
            zalo.add_user(user, name)

    def mount(self) -> Mount:
        """Returns the mount."""
        return Mount(
            "/sandbox",
            routes=[
                Route("/", self._page),
                Route("/api/accounts", self._accounts),
                Route("/api/mailbox", self._mails),
                Route("/api/mailbox/{name}", self._mail),
                Route("/api/zalo/users", self._users),
                Route("/api/zalo/messages", self._messages, methods=["GET"]),
                Route("/api/zalo/messages", self._send, methods=["POST"]),
                *self._zalo_bench.routes(),
                *self._sms_bench.routes(),
                *self._phone_bench.routes(),
                *self._messenger_bench.routes(),
                Route("/api/login", self._try_log_in, methods=["POST"]),
                Mount("/zalo", routes=self._zalo.routes()),
                Mount("/messenger", routes=GraphApi(self.messenger).routes() if self.messenger else []),
                Mount("/static", StaticFiles(directory=_HERE / "static")),
            ],
        )

    async def _page(self, request: Request) -> Response:
        return self._templates.TemplateResponse(request, "sandbox.html")

    async def _accounts(self, request: Request) -> Response:
        rows = [
            {"code": m.code, "cccd": m.cccd, "phone": ", ".join(m.phones), "email": m.email or "", "shows": m.shows}
            for m in MEMBERS
        ]
        return JSONResponse(rows)

    async def _mail(self, request: Request) -> Response:
        """One mail as a mail program shows it: its own styles, nothing fetched, nothing run."""
        page = await asyncio.to_thread(self._mailbox.page, request.path_params["name"])
        policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        headers = {"content-security-policy": policy}
        return HTMLResponse(page or "", 200 if page else 404, headers)

    async def _mails(self, request: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(self._mailbox.messages))

    async def _users(self, request: Request) -> Response:
        return JSONResponse([{"id": user, "name": name} for user, name in self._zalo.users.items()])

    async def _messages(self, request: Request) -> Response:
        user, after = request.query_params.get("user", ""), request.query_params.get("after", "0")
        since = int(after) if after.isdecimal() else 0
        return JSONResponse([m for m in self._zalo.messages if m["user"] == user and m["id"] > since])

    async def _send(self, request: Request) -> Response:
        data = await _object(request)
        user, text = str(data.get("user", ""))[:40], str(data.get("text", ""))
        if not (user.isascii() and user.isdigit()) or not text.strip():
            return JSONResponse({"error": "Thiếu người gửi hoặc nội dung."}, 400)
        self._zalo.add_user(user, f"Người dùng {user[-4:]}")
        answer = await self._zalo.user_sends(user, text)
        if answer is None or answer.status_code != 200:
            return JSONResponse({"error": "Trợ lý chưa nhận được tin, bạn thử lại."}, 502)
        return JSONResponse({"ok": True})

    async def _try_log_in(self, request: Request) -> Response:
        data = await _object(request)
        code, password = str(data.get("code", "")).strip(), str(data.get("password", ""))
        good = await asyncio.to_thread(self._log_in.password_matches, code, password)
        message = "Đăng nhập thành công." if good else "Mã số hoặc mật khẩu không đúng."
        return JSONResponse({"ok": good, "message": message})


async def _object(request: Request) -> dict[str, Any]:
    """Returns the JSON object of a request; an empty one where it is none."""
    try:
        data = await request.json()
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
