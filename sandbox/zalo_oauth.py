"""Zalo's OAuth v4: the permission page where an admin connects an account, and the token endpoint."""

from __future__ import annotations

import base64
import hashlib
import secrets
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.zalo_answers import after, before
from sandbox.zalo_errors import oauth_error
from sandbox.zalo_world import ACCESS_LIVES, CODE_LIVES, Account, World

_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Cấp quyền (mô phỏng Zalo)</title>
<h1>Ứng dụng muốn quản lý Official Account</h1>
<p>Trang mô phỏng: chọn OA để cấp quyền cho ứng dụng {app}.</p>
<ul>{choices}</ul>"""


class Permission:
    """The two faces of OAuth."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route("/v4/oa/permission", self._page),
            Route("/v4/oa/permission/allow", self._allow),
            Route("/v4/oa/access_token", self._token, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        query = request.query_params
        if query.get("app_id") != self._world.app_id:
            return oauth_error(-14002)
        registered = self._world.policy.redirects
        if not query.get("redirect_uri") or (registered and query["redirect_uri"] not in registered):
            return oauth_error(-14003)
        choices = "".join(
            f'<li><a href="permission/allow?{escape(urlencode({**query, "oa": account.id}))}">'
            f"Cho phép với {escape(account.name)} ({account.id})</a></li>"
            for account in self._world.accounts.values()
        )
        return HTMLResponse(_PAGE.format(app=escape(self._world.app_id), choices=choices))

    async def _allow(self, request: Request) -> Response:
        query = request.query_params
        account = self._world.accounts.get(query.get("oa", ""))
        if account is None:
            return oauth_error(-14002)
        return RedirectResponse(self.allow(account, dict(query)), 302)

    def allow(self, account: Account, query: dict[str, str]) -> str:
        """Gives permission as an admin does; returns the address the browser is sent to."""
        code = secrets.token_urlsafe(32)
        self._world.codes[code] = {
            "account": account.id,
            "challenge": query.get("code_challenge", ""),
            "until": self._world.now + CODE_LIVES,
        }
        back = {"code": code, "oa_id": account.id} | ({"state": query["state"]} if query.get("state") else {})
        uri = query["redirect_uri"]
        return f"{uri}{'&' if '?' in uri else '?'}{urlencode(back)}"

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        planned = self._world.policy.oauth_next.pop(0) if self._world.policy.oauth_next else None
        if planned == "nameless":
            return oauth_error(-14014, numbered=False)
        if isinstance(planned, int):
            return oauth_error(planned)
        refused = before(planned) or self._refusal(request, form)
        if refused:
            return refused
        account = self._granted(form) if form["grant_type"] == "authorization_code" else self._refreshed(form)
        if isinstance(account, int):
            return oauth_error(account)
        self._world.issue(account)
        body: dict[str, Any] = {"access_token": account.access, "expires_in": str(ACCESS_LIVES)}
        if planned != "no refresh":
            body["refresh_token"] = account.refresh
        else:
            account.refresh = form.get("refresh_token", account.refresh)
        return await after(planned, JSONResponse(body), self._world.policy.slow_seconds)

    def _refusal(self, request: Request, form: dict[str, str]) -> Response | None:
        if request.headers.get("secret_key") != self._world.app_secret:
            return oauth_error(-14004)
        if form.get("app_id") != self._world.app_id:
            return oauth_error(-14002)
        if form.get("grant_type") not in ("refresh_token", "authorization_code"):
            return oauth_error(-14018)
        return None

    def _refreshed(self, form: dict[str, str]) -> Account | int:
        return self._world.by_refresh(form.get("refresh_token", "")) or -14014

    def _granted(self, form: dict[str, str]) -> Account | int:
        given = self._world.codes.pop(form.get("code", ""), None)
        if given is None or self._world.now > given["until"]:
            return -14005
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != given["challenge"]:
            return -14005
        return self._world.accounts[given["account"]]
