"""The pages of a declaration: a short form behind a one-time link, and the papers made from it.

They go to an office, so they and their pages are in Vietnamese whatever language their person speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from assistant.declarations import links, papers
from assistant.declarations.content import form_of, texts
from assistant.declarations.filling import asked, check
from assistant.declarations.model import AlreadySent, Answers, Link, LinkGone, PaperNotMade, PaperType
from assistant.privacy.vault import Vault
from assistant.runtime.lanes import Busy, Lane
from assistant.runtime.request_body import TooLarge
from assistant.runtime.request_origin import is_foreign
from assistant.runtime.times import VIETNAM
from assistant.web import forms
from assistant.web.templating import PageTemplates

DECLARATION_PATH = links.PATH
_LARGEST_FORM = 16 * 1024
#: Papers are typeset one after the other; so many may be asked for at once.
_MOST_PAPERS = 16
_MEDIA: dict[PaperType, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


class DeclarationPages:
    """The routes of the declarations' pages."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        vault: Vault,
        keys: Sequence[bytes],
        say: dict[str, str],
        demo: bool,
    ) -> None:
        self._connect = connect
        self._vault = vault
        self._guard = forms.FormGuard(keys, "declaration csrf")
        self._say = say
        self._papers = Lane("papers", 1, _MOST_PAPERS)
        self._templates = PageTemplates(demo, fields_of=asked)

    def routes(self) -> list[Route]:
        """Returns the routes to mount."""
        return [
            Route(f"{DECLARATION_PATH}/{{token}}", self.open, methods=["GET"]),
            Route(f"{DECLARATION_PATH}/{{token}}", self.send, methods=["POST"]),
            Route(f"{DECLARATION_PATH}/{{token}}/pdf", self.pdf, methods=["GET"]),
            Route(f"{DECLARATION_PATH}/{{token}}/docx", self.docx, methods=["GET"]),
        ]

    def _page(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        return self._templates.page(request, name, status, forms.PRIVATE, **values)

    def _gone(self, request: Request) -> Response:
        return self._page(request, "declaration_gone.html", 404)

    def _form(
        self,
        request: Request,
        link: Link,
        typed: Answers | None = None,
        wrong: dict[str, str] | None = None,
        error: str = "",
        status: int = 200,
    ) -> Response:
        token = request.path_params["token"]
        return self._page(
            request, "declaration_form.html", status,
            form=form_of(link.kind), csrf=self._guard.mark(token),
            typed=typed or {}, wrong=wrong or {}, error=error,
        )  # fmt: skip

    def _ready(self, request: Request, link: Link, error: str = "", status: int = 200) -> Response:
        until = link.expires_at.astimezone(VIETNAM)
        return self._page(
            request, "declaration_ready.html", status,
            form=form_of(link.kind), fetched=link.fetched, error=error,
            path=f"{DECLARATION_PATH}/{request.path_params['token']}",
            until=until.strftime("%H:%M"), until_day=until.strftime("%d/%m/%Y"),
        )  # fmt: skip

    def _look(self, token: str) -> Link:
        with self._connect() as connection:
            return links.open_link(connection, token)

    async def open(self, request: Request) -> Response:
        """Shows the form of a good link, or its papers once the form was sent. Nothing is used up."""
        try:
            link = await forms.LOOKING.do(self._look, request.path_params["token"])
        except LinkGone:
            return self._gone(request)
        return self._ready(request, link) if link.sent else self._form(request, link)

    async def send(self, request: Request) -> Response:
        """Takes the form in and makes the papers."""
        token = request.path_params["token"]
        try:
            link = await forms.LOOKING.do(self._look, token)
            typed = await forms.fields(request, _LARGEST_FORM)
        except LinkGone:
            return self._gone(request)
        except TooLarge:
            return self._form(request, link, error=texts().page["too_large"], status=413)
        if link.sent:
            return self._ready(request, link, texts().page["already_sent"], 409)
        if is_foreign(request, hidden=True) or not self._guard.good(token, typed.get("csrf", "")):
            return self._form(request, link, typed, error=texts().page["form_expired"], status=400)
        answers, wrong = check(form_of(link.kind), typed)
        if wrong:
            return self._form(request, link, typed, wrong, status=422)
        try:
            await self._papers.do(self._make, token, link, answers)
        except LinkGone:
            return self._gone(request)
        except AlreadySent:
            pass  # a double click: the papers are there
        except (PaperNotMade, Busy):
            return self._form(request, link, typed, error=self._say["busy"], status=503)
        return RedirectResponse(f"{DECLARATION_PATH}/{token}", 303, headers=forms.PRIVATE)

    def _make(self, token: str, link: Link, answers: Answers) -> None:
        made = papers.make(form_of(link.kind), answers)
        with self._connect() as connection:
            links.keep(connection, self._vault, token, link, made)

    async def pdf(self, request: Request) -> Response:
        """Hands the PDF out."""
        return await self._hand_out(request, "pdf")

    async def docx(self, request: Request) -> Response:
        """Hands the DOCX out."""
        return await self._hand_out(request, "docx")

    async def _hand_out(self, request: Request, paper: PaperType) -> Response:
        token = request.path_params["token"]
        try:
            if request.method == "HEAD":  # looks without taking; the 15 minutes do not begin
                link, content = await forms.LOOKING.do(self._look, token), b""
                if not link.sent:
                    return self._gone(request)
            else:
                link, content = await forms.LOOKING.do(self._fetch, token, paper)
        except LinkGone:
            return self._gone(request)
        name = f"{form_of(link.kind).file}.{paper}"
        headers = forms.PRIVATE | {"content-disposition": f'attachment; filename="{name}"'}
        response = Response(content, media_type=_MEDIA[paper], headers=headers)
        if request.method == "HEAD":
            del response.headers["content-length"]
        return response

    def _fetch(self, token: str, paper: PaperType) -> tuple[Link, bytes]:
        with self._connect() as connection:
            return links.fetch(connection, self._vault, token, paper)
