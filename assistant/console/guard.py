"""The way to every page: session → second factor → role → form → CSRF → one transaction → answer.

Nothing that a stranger sent is read: without a session a form's body stays where it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from assistant.console.forms import Sent, read_form
from assistant.console.visit import Handler, NotHere, Refused, Shell, Visit
from assistant.privacy.ring import is_one_of
from assistant.runtime.lanes import Busy, Lane
from assistant.runtime.request_origin import is_foreign
from assistant.staff import sessions
from assistant.staff.model import EVERYBODY, Role, Staff
from assistant.staff.sessions import Session

logger = logging.getLogger(__name__)
SIGN_IN = "/console/sign-in"
_LIVES = 12 * 3600
_BUSY = "Hệ thống đang bận. Bạn thử lại sau ít phút."
_NONSENSE = "Địa chỉ hoặc nội dung gửi lên không hợp lệ."
_BROKEN = "Trang này đang trục trặc, thao tác chưa được thực hiện. Lỗi đã được ghi lại để kỹ thuật xem."
_NOT_YOURS = "Vai trò của bạn không mở được trang này. Nếu cần, bạn nhờ quản trị viên thêm vai trò."
_TOO_OLD = (
    "Trang đã mở quá lâu hoặc được gửi từ nơi khác, nên thao tác chưa được thực hiện. Bạn tải lại trang và làm lại."
)
Endpoint = Callable[[Request], Awaitable[Response]]
#: Who comes with a form, before it is read.
_ADMITTING = Lane("admitting", 2, 64)


def _mark(key: bytes, token: str) -> str:
    return hmac.new(key, f"csrf {token}".encode(), hashlib.sha256).hexdigest()


class Guard:
    """Lets the right people in."""

    def __init__(self, console: Shell) -> None:
        self._console = console
        self.cookie = "__Host-console" if console.secure else "console"

    # -- cookies and marks ---------------------------------------------------------------------

    def set_cookie(self, response: Response, token: str) -> None:
        """Gives the browser a session's cookie."""
        response.set_cookie(
            self.cookie, token, max_age=_LIVES, path="/", secure=self._console.secure, httponly=True, samesite="lax"
        )

    def drop_cookie(self, response: Response) -> None:
        """Takes the cookie away."""
        response.delete_cookie(self.cookie, path="/", secure=self._console.secure, httponly=True, samesite="lax")

    def token(self, request: Request) -> str:
        """Returns the session cookie of a request, or an empty text."""
        return request.cookies.get(self.cookie, "")

    def mark(self, token: str) -> str:
        """Returns the CSRF mark of a session: bound to its cookie, so it changes with it."""
        return _mark(self._console.proving[0], token)

    def came_from_here(self, request: Request, token: str, given: str) -> bool:
        """Tells whether a POST was sent by one of our own pages."""
        return not is_foreign(request) and is_one_of(given, (_mark(key, token) for key in self._console.proving))

    # -- endpoints -----------------------------------------------------------------------------

    def around(self, handler: Handler, roles: frozenset[Role], most: int | None = None) -> Endpoint:
        """Returns the endpoint of a handler; `most` bytes of a form where it is an act."""

        async def endpoint(request: Request) -> Response:
            try:
                if not self.token(request):
                    return self._to_sign_in(request, None)
                sent = await self._sent(request, roles, most) if most is not None else None
                if isinstance(sent, Response):
                    return sent
                return await asyncio.to_thread(self._answer, request, handler, roles, sent)
            except HTTPException as error:
                return self.message(request, "Nội dung gửi lên quá lớn hoặc không đọc được.", error.status_code)
            except Busy:
                return self.message(request, _BUSY, 503)

        endpoint.roles = roles  # type: ignore[attr-defined]
        return endpoint

    async def _sent(self, request: Request, roles: frozenset[Role], most: int) -> Sent | Response:
        """Returns the form of somebody who may send it, or the answer to anybody else; their form is not read."""
        refused = await _ADMITTING.do(self._refused, request, roles)
        return refused or await read_form(request, most)

    def _refused(self, request: Request, roles: frozenset[Role]) -> Response | None:
        try:
            with self._console.pool.connection() as connection:
                found = sessions.find(connection, self.token(request))
        except (psycopg.OperationalError, PoolTimeout) as error:
            logger.warning("console: %s", type(error).__name__)
            return self.message(request, _BUSY, 503)
        if found is None or found[0].stage != "full":
            return self._to_sign_in(request, found)
        return None if roles & found[1].roles else self.message(request, _NOT_YOURS, 403, found[1])

    def _answer(self, request: Request, handler: Handler, roles: frozenset[Role], sent: Sent | None) -> Response:
        console = self._console
        try:
            with console.pool.connection() as connection:
                found = sessions.find(connection, self.token(request))
                if found is None or found[0].stage != "full":
                    return self._to_sign_in(request, found)
                session, me = found
                visit = Visit(console, request, connection, me, session, self.mark(self.token(request)))
                if not roles & me.roles:
                    return self.message(request, _NOT_YOURS, 403, me)
                if sent is not None:
                    given = request.headers.get("x-csrf") or sent.fields.get("csrf", [""])[0]
                    if not self.came_from_here(request, self.token(request), given):
                        return self.message(request, _TOO_OLD, 403, me)
                    visit.fields, visit.files = sent.fields, sent.files
                if "x-background" not in request.headers:
                    sessions.touch(connection, session)
                response = self._handle(visit, handler)
            for act in visit.after:
                act()
            return response
        except (psycopg.OperationalError, PoolTimeout) as error:
            logger.warning("console: %s", type(error).__name__)
            return self.message(request, _BUSY, 503)
        except Exception:
            logger.exception("%s %s failed", request.method, getattr(request.scope.get("route"), "path", ""))
            return self.message(request, _BROKEN, 500)

    def _handle(self, visit: Visit, handler: Handler) -> Response:
        try:
            with visit.connection.transaction():
                return handler(visit)
        except Refused as refusal:
            visit.after.clear()
            return self.message(visit.request, refusal.sentence, refusal.status, visit.me)
        except psycopg.DataError:  # a number, time or text in the request that PostgreSQL does not know
            visit.after.clear()
            return self.message(visit.request, _NONSENSE, 400, visit.me)

    def _to_sign_in(self, request: Request, found: tuple[Session, Staff] | None) -> Response:
        if "x-background" in request.headers or "x-fragment" in request.headers:
            return Response(status_code=401)
        if found:
            return RedirectResponse(f"{SIGN_IN}/{found[0].stage}", 303)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        onward = f"?next={quote(here)}" if request.method == "GET" and here != "/console" else ""
        return RedirectResponse(SIGN_IN + onward, 303)

    def around_stream(self, events: Callable[[Request, str], AsyncIterator[bytes]], roles: frozenset[Role]) -> Endpoint:
        """Returns the endpoint of server-sent events; the stream's maker ends it with the session."""

        async def endpoint(request: Request) -> Response:
            found = await asyncio.to_thread(self.who, request) if self.token(request) else None
            if found is None or not roles & found.roles:
                return Response(status_code=401 if found is None else 403)
            headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
            return StreamingResponse(events(request, found.name), media_type="text/event-stream", headers=headers)

        endpoint.roles = roles  # type: ignore[attr-defined]
        return endpoint

    def who(self, request: Request) -> Staff | None:
        """Returns who is signed in; None if nobody is, or no longer."""
        with self._console.pool.connection() as connection:
            return self.session_of(connection, request)

    def session_of(self, connection: psycopg.Connection[Any], request: Request) -> Staff | None:
        """Returns the same, on a connection that is open already."""
        found = sessions.find(connection, self.token(request))
        return found[1] if found and found[0].stage == "full" else None

    # -- what is not a page --------------------------------------------------------------------

    def message(self, request: Request, sentence: str, status: int, me: Staff | None = None) -> Response:
        """Returns a page that only says something; for scripts, the sentence alone."""
        if "x-fragment" in request.headers or "x-background" in request.headers:
            return Response(sentence, status, media_type="text/plain; charset=utf-8")
        values = {"me": me, "csrf": self.mark(self.token(request)) if me else ""}
        return self._console.page_of(request, "message.html", status, sentence=sentence, status=status, **values)

    async def nothing(self, request: Request) -> Response:
        """Answers every other address below /console."""

        def handler(visit: Visit) -> Response:
            raise NotHere

        if not self.token(request):
            return self._to_sign_in(request, None)
        return await asyncio.to_thread(self._answer, request, handler, EVERYBODY, None)
