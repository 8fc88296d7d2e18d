"""The shell of the console: what every room of pages uses to open its routes and to make its pages."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from psycopg_pool import ConnectionPool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from assistant import database
from assistant.console import words
from assistant.console.forms import LARGEST_FORM
from assistant.console.guard import Guard
from assistant.console.live import Live
from assistant.console.navigation import Entry, seen_by
from assistant.console.node import Node
from assistant.console.visit import Handler
from assistant.database.reading import Readings
from assistant.database.sessions import Session, patient
from assistant.privacy.ring import Derived
from assistant.staff import tries
from assistant.staff.model import Role

logger = logging.getLogger(__name__)
T = TypeVar("T")

_HERE = Path(__file__).parent
_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}


class Room(Protocol):
    """Some pages that belong together."""

    @property
    def entries(self) -> Sequence[Entry]:
        """What the room adds to the navigation."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes, each made by `console.page`, `act` or `stream`."""


class Console:
    """Everything below /console. Rooms reach the node's parts through `node`."""

    def __init__(self, node: Node, rooms: Sequence[Callable[[Console], Room]]) -> None:
        self.node = node
        #: For what is counted by name; marks of forms have keys that take each other's place.
        self.key = tries.key_of(node.vault.token_key)
        self.proving: Sequence[bytes] = Derived(node.vault.proving, b"console")
        self.secure = node.settings.base_url.startswith("https")
        given = database.way(node.url, "assistant-console") | {"connect_timeout": 5}
        self.pool = ConnectionPool(
            given.pop("conninfo"), connection_class=patient(Session, database.PATIENCE), min_size=0, max_size=6,
            open=False, timeout=5, reconnect_timeout=5, max_idle=60, kwargs=given,
        )  # fmt: skip
        self.readings = Readings(node.settings.database_read_url)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.guard = Guard(self)
        self.live = Live(self, self.guard)
        self.templates = _templates(node.settings.demo)
        self.rooms = [room(self) for room in rooms]
        self.entries: list[Entry] = [entry for room in self.rooms for entry in room.entries]

    # -- what rooms use ------------------------------------------------------------------------

    def page(self, path: str, handler: Handler, roles: Collection[Role]) -> Route:
        """Returns the route of a page (GET) that somebody with one of `roles` may open."""
        return Route(path, self.guard.around(handler, frozenset(roles)), methods=["GET"])

    def act(self, path: str, handler: Handler, roles: Collection[Role], most: int = LARGEST_FORM) -> Route:
        """Returns the route of an act (POST with a CSRF mark, at most `most` bytes)."""
        return Route(path, self.guard.around(handler, frozenset(roles), most), methods=["POST"])

    def stream(
        self, path: str, events: Callable[[Request, str], AsyncIterator[bytes]], roles: Collection[Role]
    ) -> Route:
        """Returns the route of server-sent events; `events` gets the request and who listens."""
        return Route(path, self.guard.around_stream(events, frozenset(roles)), methods=["GET"])

    def wait_for(self, work: Coroutine[Any, Any, T] | Awaitable[T], seconds: float) -> T:
        """Runs what belongs to the event loop from a handler's thread, and waits for it.

        Raises:
            TimeoutError: if it takes longer; and whatever it raises.
        """

        async def within() -> T:
            async with asyncio.timeout(seconds):
                return await work

        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(within(), self._loop).result(seconds + 1)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins what belongs to the event loop, from a handler's thread; nobody waits for it."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def page_of(self, request: Request, template: str, code: int = 200, /, **values: Any) -> Response:
        """Returns a page made from a template, for whoever `me` is."""
        me = values.get("me")
        values.setdefault("navigation", seen_by(self.entries, me.roles) if me else [])
        return self.templates.TemplateResponse(request, template, values, status_code=code, headers=_PRIVATE)

    # -- what the server uses ------------------------------------------------------------------

    def routes(self) -> list[BaseRoute]:
        """Returns all routes; every address below /console is answered here."""
        return [
            Route("/console/push-worker.js", _push_worker),
            Mount("/console/static", StaticFiles(directory=_HERE / "static")),
            *(route for room in self.rooms for route in room.routes()),
            Route("/console/{rest:path}", self.guard.nothing, methods=["GET", "POST"]),
        ]

    def start(self) -> None:
        """Opens what the console holds; called in the event loop."""
        self._loop = asyncio.get_running_loop()
        self.pool.open()
        self.readings.start()

    def stop(self) -> None:
        """Closes it."""
        self.pool.close()
        self.readings.stop()


async def _push_worker(request: Request) -> Response:
    """Serves the script that shows what is pushed; at the top, since it may only act below where it lies."""
    return FileResponse(
        _HERE / "static/push-worker.js", media_type="text/javascript", headers={"cache-control": "no-cache"}
    )


@lru_cache(maxsize=100)
def _version(name: str, changed: float) -> str:
    return hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:10]


def _asset(name: str) -> str:
    """Returns the address of a static file; it changes with the file, so no browser keeps an old one."""
    return f"/console/static/{name}?v={_version(name, (_HERE / 'static' / name).stat().st_mtime)}"


def _templates(demo: bool) -> Jinja2Templates:
    templates = Jinja2Templates(_HERE / "templates")
    templates.env.trim_blocks = templates.env.lstrip_blocks = True
    templates.env.globals.update(
        asset=_asset, demo=demo, role_names=words.ROLE_NAMES, facet_names=words.FACET_NAMES, now=_now
    )
    templates.env.filters.update(words.FILTERS)
    return templates


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
