"""The pages citizens see: the chat, the page that sets a password, privacy, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.accounts import reset
from assistant.accounts.model import LinkInvalid, RegistryUnavailable, Reset, WeakPassword
from assistant.accounts.passwords import common_passwords, composed
from assistant.accounts.ports import Registry
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.registry.guarded import SECONDS
from assistant.content.languages import Texts
from assistant.runtime import socket_deadline
from assistant.runtime.request_body import TooLarge
from assistant.runtime.request_origin import is_foreign
from assistant.settings.limits import LIMITS, Limits
from assistant.web import forms
from assistant.web.templating import PageTemplates
from connectors.web.language import language_of
from connectors.web.session import Sessions

RESET_PATH = "/dat-lai-mat-khau"
_LARGEST_FORM = 8 * 1024
_BYTES_OF_A_SIGN = 12  # "%F0%9F%90%9D"
#: The page needs our own script and style and nothing else; nothing on it may send the address on.
RESET_HEADERS = forms.PRIVATE | {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}


class Pages:
    """The routes of all pages."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        registry: Registry,
        keys: Sequence[bytes],
        say: Texts,
        demo: bool,
        completed: Callable[[psycopg.Connection[Any], Reset], None],
        committed: Callable[[Reset], None],
        limits: Limits = LIMITS,
        sessions: Sessions | None = None,
    ) -> None:
        """`sessions` gives browsers their cookie with the chat's page; None: the page comes without."""
        self._sessions = sessions
        self._connect = connect
        self._registry = registry
        self._guard = forms.FormGuard(keys, "csrf")
        self._texts = say
        self._completed = completed
        self._committed = committed
        self._limits = limits
        self._templates = PageTemplates(demo)

    def routes(self) -> list[Route]:
        """Returns the routes to mount."""
        return [
            Route("/", self.chat),
            Route("/quyen-rieng-tu", self.privacy),
            Route(f"{RESET_PATH}/{{token}}", self.open, methods=["GET"]),
            Route(f"{RESET_PATH}/{{token}}", self.save, methods=["POST"]),
        ]

    def _page(self, request: Request, name: str, code: int = 200, **values: Any) -> Response:
        return self._templates.page(request, name, code, language=language_of(request), **values)

    def _private(self, request: Request, name: str, found: Reset | None, code: int = 200, **values: Any) -> Response:
        """Returns a page behind a link, in the language that its reset was asked for in."""
        spoken = language_of(request, found.language if found else "")
        return self._templates.page(request, name, code, RESET_HEADERS, spoken, **values)

    def _say(self, request: Request, found: Reset, what: str) -> str:
        return str(self._texts.of(language_of(request, found.language))[what])

    async def chat(self, request: Request) -> Response:
        """The web chat."""
        response = self._page(request, "chat.html")
        response.headers["cache-control"] = "no-cache"
        response.headers["vary"] = "Cookie, Accept-Language"
        if self._sessions and self._sessions.of(request) is None:
            self._sessions.start(response)
        return response

    async def privacy(self, request: Request) -> Response:
        """What is kept, how long, and how to have it erased."""
        return self._page(request, "privacy.html")

    async def error(self, request: Request, status: int, reason: str) -> Response:
        """The page for what went wrong; it says nothing about the inside."""
        return self._page(
            request, "error.html", status, status=status, message=self._texts.of(language_of(request))[reason]
        )

    def _form(self, request: Request, token: str, found: Reset, error: str = "", status: int = 200) -> Response:
        return self._private(
            request, "reset.html", found, status, masked_code=found.masked_code,
            csrf=self._guard.mark(token), error=error, min_length=self._limits.shortest_password,
        )  # fmt: skip

    def _gone(self, request: Request) -> Response:
        return self._private(request, "reset_invalid.html", None, 404)

    async def open(self, request: Request) -> Response:
        """Shows the form of a good link. Nothing is used up: mail scanners open links, too."""
        token = request.path_params["token"]
        try:
            found = await forms.LOOKING.do(self._look, token)
        except LinkInvalid:
            return self._gone(request)
        return self._form(request, token, found)

    def _look(self, token: str) -> Reset:
        with self._connect() as connection:
            return reset.open_link(token, PostgresResetStore(connection))

    async def save(self, request: Request) -> Response:
        """Sets the password."""
        token = request.path_params["token"]
        try:
            found = await forms.LOOKING.do(self._look, token)
            largest = max(_LARGEST_FORM, 3 * _BYTES_OF_A_SIGN * self._limits.longest_password)
            fields = await forms.fields(request, largest)
        except LinkInvalid:
            return self._gone(request)
        except TooLarge:
            return self._form(request, token, found, self._why_weak(request, found, "long"), 413)
        if is_foreign(request, hidden=True) or not self._guard.good(token, fields.get("csrf", "")):
            return self._form(request, token, found, self._say(request, found, "form_expired"), 400)
        password = composed(fields.get("password", ""))
        if password != composed(fields.get("password_again", "")):
            return self._form(request, token, found, self._say(request, found, "password_differs"), 400)
        try:
            done = await forms.LOOKING.do(self._set, token, password)
        except LinkInvalid:
            return self._gone(request)
        except WeakPassword as weak:
            return self._form(request, token, found, self._why_weak(request, found, weak.reason), 400)
        except RegistryUnavailable:
            return self._form(request, token, found, self._say(request, found, "registry_down"), 503)
        self._committed(done)
        return self._private(request, "reset_done.html", found)

    def _why_weak(self, request: Request, found: Reset, reason: str) -> str:
        length = self._limits.longest_password if reason == "long" else self._limits.shortest_password
        return self._say(request, found, f"password_{reason}").format(length=length)

    def _set(self, token: str, password: str) -> Reset:
        with socket_deadline.within(SECONDS):  # for all that is asked of the register, together
            return self._set_in_time(token, password)

    def _set_in_time(self, token: str, password: str) -> Reset:
        common = common_passwords()
        with self._connect() as connection:
            store = PostgresResetStore(connection)
            reset.announce_password(token, password, store, self._registry, common, self._limits)
        try:
            with self._connect() as connection:
                store = PostgresResetStore(connection)
                done = reset.set_password(token, password, store, self._registry, common, self._limits)
                self._completed(connection, done)
                return done
        except WeakPassword:
            with self._connect() as connection:
                reset.withdraw_announcement(token, PostgresResetStore(connection))
            raise
