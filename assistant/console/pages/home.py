"""The first page: what each person can do here, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from assistant.console import to_do
from assistant.console.navigation import Entry, seen_by
from assistant.console.visit import Visit
from assistant.staff.model import EVERYBODY

if TYPE_CHECKING:
    from starlette.requests import Request

    from assistant.console.shell import Console


class Home:
    """The overview."""

    entries = (Entry("Tổng quan", "/console", "", EVERYBODY),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            self._console.page("/console", self.overview, EVERYBODY),
            Route("/console/", self.without_slash, methods=["GET"]),
            self._console.act("/console/alive", self.alive, EVERYBODY),
        ]

    async def without_slash(self, request: Request) -> Response:
        """Takes people who typed a slash to the page."""
        return RedirectResponse("/console", 308)

    def overview(self, visit: Visit) -> Response:
        """What waits, and the rooms this person may open."""
        groups = seen_by(self._console.entries, visit.me.roles)
        return visit.render(
            "home.html",
            groups=[(group, [entry for entry in found if entry.path != "/console"]) for group, found in groups],
            to_do=to_do.items(visit, self._console),
            may_wait=bool({"agent", "admin", "content"} & visit.me.roles),
        )

    def alive(self, visit: Visit) -> Response:
        """Notes that somebody is working on an open page; the session goes on."""
        return Response(status_code=204)
