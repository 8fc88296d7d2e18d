"""Connecting a Zalo official account: its administrator gives permission on Zalo's page and comes back here."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.visit import Refused, Visit
from assistant.staff.model import Role
from connectors.base.connecting import ConnectError

if TYPE_CHECKING:
    from assistant.console.shell import Console

_ADMIN: frozenset[Role] = frozenset({"admin"})
_PATH = "/console/channels/zalo"
_COOKIE = "console-zalo"
_LIVES = 600


class ZaloPage:
    """The page, and where Zalo sends the browser back to."""

    entries = ()

    def __init__(self, console: Console) -> None:
        self._console = console
        self._channel = next((one for one in console.node.channels if one.name == "zalo"), None)
        self._connect = self._channel.connecting if self._channel else None
        self._back = f"{console.node.settings.base_url}{_PATH}/back"

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            self._console.page(_PATH, self.show, _ADMIN),
            self._console.act(_PATH, self.begin, _ADMIN),
            self._console.page(f"{_PATH}/back", self.back, _ADMIN),
        ]

    def show(self, visit: Visit, url: str = "") -> Response:
        """How the accounts are doing, and the way to Zalo's page."""
        ask = self._channel.health if self._channel else None
        health = self._console.wait_for(ask(), 5) if ask else {"alarms": [], "accounts": []}
        return visit.render("zalo.html", health=health, back=self._back, url=url, can_connect=self._connect is not None)

    def begin(self, visit: Visit) -> Response:
        """Makes a link to Zalo's page, good for ten minutes and for this browser."""
        if self._connect is None:
            raise Refused("Chưa thiết lập ứng dụng Zalo (ZALO_APP_ID, ZALO_APP_SECRET).")
        begun = self._console.wait_for(self._connect.begin(self._back), 5)
        # A link and not a redirect: forms of the console may lead nowhere else.
        page = self.show(visit, begun.url)
        page.set_cookie(
            _COOKIE, begun.state, max_age=_LIVES, path=_PATH, secure=self._console.secure, httponly=True, samesite="lax"
        )
        return page

    def back(self, visit: Visit) -> Response:
        """Takes Zalo's code and keeps the tokens."""
        state, code = visit.query("state"), visit.query("code")
        expected = visit.request.cookies.get(_COOKIE, "")
        if not expected or not secrets.compare_digest(expected.encode(), state.encode()):
            raise Refused(
                "Lượt cấp quyền này không bắt đầu từ trình duyệt này, hoặc đã quá 10 phút. Bạn làm lại từ đầu."
            )
        if not code or self._connect is None:
            raise Refused("Zalo không gửi mã cấp quyền: quản trị viên OA chưa đồng ý. Bạn làm lại từ đầu.")
        try:
            done = self._console.wait_for(self._connect.finish(code, state, visit.query("oa_id")), 20)
        except ConnectError as error:
            raise Refused(str(error)) from error
        visit.record(Event.CHANNEL_CONNECTED, channel="zalo", account=f"oa {done.oa_id[-4:]}")
        response = visit.redirect(_PATH, f"Đã kết nối {done.name or 'OA'} ({done.oa_id or 'không rõ số'}).")
        response.delete_cookie(_COOKIE, path=_PATH)
        return response
