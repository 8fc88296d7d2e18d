"""Signing in with the organisation's account: to the provider and back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from assistant.audit import Event
from assistant.console.guard import SIGN_IN
from assistant.console.pages.sign_in import BUSY, DOORWAY, PATHS, doer_of, onward
from assistant.console.visit import address_of
from assistant.privacy.vault import VaultError
from assistant.runtime.lanes import Busy
from assistant.staff import openid, sessions
from assistant.staff.model import StaffError

if TYPE_CHECKING:
    from assistant.console.shell import Console

_PATH = f"{SIGN_IN}/openid"
_BACK = f"{_PATH}/back"
_BOUND = "console openid"
_LIVES = 600
_NOT_HERE = "Lần đăng nhập này không bắt đầu từ trình duyệt này, hoặc đã quá 10 phút. Bạn làm lại từ đầu."


class OpenIdPages:
    """The way over the provider; without one in the settings there are no routes."""

    entries = ()

    def __init__(self, console: Console) -> None:
        self._console = console
        self._cookie = "__Host-console-openid" if console.secure else "console-openid"
        provider = openid.provider_of(console.node.settings)
        self._openid = openid.OpenId(provider, f"{console.node.settings.base_url}{_BACK}") if provider else None
        console.templates.env.globals["openid"] = provider is not None

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        if self._openid is None:
            return []
        return [Route(_PATH, self.begin, methods=["GET"]), Route(_BACK, self.back, methods=["GET"])]

    async def begin(self, request: Request) -> Response:
        """Sends the browser to the provider; what must come back is kept sealed in a cookie."""
        return await self._apart(request, self._begin)

    async def _apart(self, request: Request, step: Callable[[Request], Response]) -> Response:
        try:
            return await DOORWAY.do(step, request)
        except Busy:
            return self._console.guard.message(request, BUSY, 503)

    def _begin(self, request: Request) -> Response:
        assert self._openid is not None
        try:
            begun = self._openid.begin(onward(request.query_params.get("next", "")))
        except StaffError as refusal:
            return self._console.guard.message(request, str(refusal), 503)
        response = RedirectResponse(begun.url, 303)
        sealed = base64.urlsafe_b64encode(self._console.node.vault.seal(begun.remembered, _BOUND)).decode()
        response.set_cookie(
            self._cookie, sealed, max_age=_LIVES, path="/", secure=self._console.secure, httponly=True, samesite="lax"
        )
        return response

    async def back(self, request: Request) -> Response:
        """Takes the provider's answer."""
        return await self._apart(request, self._take)

    def _take(self, request: Request) -> Response:
        assert self._openid is not None
        try:
            sealed = base64.urlsafe_b64decode(request.cookies.get(self._cookie, ""))
            remembered = self._console.node.vault.open(sealed, _BOUND)
        except (ValueError, VaultError):
            return self._refused(request, _NOT_HERE)
        if "error" in request.query_params:
            return self._refused(request, "Cổng đăng nhập của cơ quan không cho đăng nhập. Bạn làm lại từ đầu.")
        try:
            known, target = self._openid.finish(
                remembered, request.query_params.get("state", ""), request.query_params.get("code", "")
            )
            return self._admit(request, known, target)
        except StaffError as refusal:
            with self._console.pool.connection() as connection:
                doer_of(request, "").record(connection, Event.STAFF_SIGN_IN_REFUSED, step="openid")
            return self._refused(request, str(refusal))

    def _admit(self, request: Request, known: openid.Known, target: str) -> Response:
        guard = self._console.guard
        with self._console.pool.connection() as connection:
            name, stage = openid.admit(connection, known, doer_of(request, ""))
            sessions.end(connection, sessions.hash_of(guard.token(request)))
            browser = request.headers.get("user-agent", "")
            token = sessions.start(connection, name, stage, address_of(request), browser)
            if stage == "full":
                doer_of(request, name).record(connection, Event.STAFF_SIGNED_IN, by="openid")
        path = target if stage == "full" else PATHS[stage]
        query = f"?{urlencode({'next': target})}" if stage != "full" and target != "/console" else ""
        response = RedirectResponse(path + query, 303)
        guard.set_cookie(response, token)
        response.delete_cookie(self._cookie, path="/", secure=self._console.secure, httponly=True, samesite="lax")
        return response

    def _refused(self, request: Request, sentence: str) -> Response:
        response = self._console.guard.message(request, sentence, 403)
        response.delete_cookie(self._cookie, path="/", secure=self._console.secure, httponly=True, samesite="lax")
        return response
