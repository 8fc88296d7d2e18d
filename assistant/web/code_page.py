"""The page that a call names: the code that was told is typed here, and becomes the link that sets the password."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from assistant.accounts import codes
from assistant.accounts.code_records import PostgresCodes
from assistant.accounts.codes import TooManyCodes, Typed, WrongCode
from assistant.accounts.records import PostgresResetStore
from assistant.content.languages import DEFAULT, Texts
from assistant.runtime.request_body import TooLarge
from assistant.runtime.request_origin import is_foreign
from assistant.settings.limits import LIMITS, Limits
from assistant.web import forms
from assistant.web.pages import RESET_HEADERS, RESET_PATH
from assistant.web.templating import PageTemplates
from connectors.web.language import QUERY, language_of

PATH = "/ma"
_LARGEST_FORM = 4 * 1024
#: Its address opens nothing, so that an older browser may name it as where the form comes from.
_HEADERS = RESET_HEADERS | {"referrer-policy": "same-origin"}
_NUMBER = re.compile(r"\d{10}|\d{12}")
_CODE = re.compile(rf"\d{{{codes.DIGITS}}}")
_BETWEEN = re.compile(r"[\s.\-]")


def _same_language(request: Request) -> str:
    """Returns what keeps the next page in this one's language: the call that began it was in Vietnamese."""
    language = language_of(request)
    return "" if language == DEFAULT else f"?{QUERY}={language}"


class CodePage:
    """The routes of the page."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        key: bytes,
        keys: Sequence[bytes],
        say: Texts,
        demo: bool,
        network: Callable[[Request], str],
        limits: Limits = LIMITS,
    ) -> None:
        """Takes the key of numbers and codes, those of forms, and what names a request's networks (hashed)."""
        self._connect = connect
        self._key = key
        self._guard = forms.FormGuard(keys, "code")
        self._texts = say
        self._network = network
        self._limits = limits
        self._templates = PageTemplates(demo)

    def routes(self) -> list[Route]:
        """Returns the routes to mount."""
        return [Route(PATH, self.open, methods=["GET"]), Route(PATH, self.take, methods=["POST"])]

    def _page(self, request: Request, error: str = "", status: int = 200) -> Response:
        """Returns the form; `error` is the name of what is wrong."""
        language = language_of(request)
        said = self._texts.of(language)[error] if error else ""
        about = {"csrf": self._guard.mark(PATH), "error": said, "digits": codes.DIGITS}
        return self._templates.page(request, "code.html", status, _HEADERS, language, **about)

    async def open(self, request: Request) -> Response:
        """Shows the form."""
        return self._page(request)

    async def take(self, request: Request) -> Response:
        """Takes a code; a right one leads on to the page that sets the password."""
        if is_foreign(request):
            return self._page(request, "code_form_expired", 400)
        try:
            fields = await forms.fields(request, _LARGEST_FORM)
        except TooLarge:
            return self._page(request, "code_wrong", 413)
        if not self._guard.good(PATH, fields.get("csrf", "")):
            return self._page(request, "code_form_expired", 400)
        number, code = (_BETWEEN.sub("", fields.get(name, "")) for name in ("number", "code"))
        if not (number.isascii() and _NUMBER.fullmatch(number) and code.isascii() and _CODE.fullmatch(code)):
            return self._page(request, "code_shape", 400)
        networks = tuple(self._network(request).split(" "))
        found = await forms.LOOKING.do(self._redeem, Typed(number, code, networks))
        if isinstance(found, str):
            return RedirectResponse(f"{RESET_PATH}/{found}{_same_language(request)}", 303, forms.PRIVATE)
        if isinstance(found, TooManyCodes):
            return self._page(request, "code_too_many", 429)
        return self._page(request, "code_wrong", 400)

    def _redeem(self, typed: Typed) -> str | WrongCode | TooManyCodes:
        with self._connect() as connection:
            store, kept = PostgresResetStore(connection), PostgresCodes(connection)
            return codes.redeem(typed, store, kept, self._key, self._limits)
