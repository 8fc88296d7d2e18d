"""One request of somebody signed in: what a page needs to answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from assistant import audit
from assistant.console.forms import Upload
from assistant.console.node import Node
from assistant.database.reading import Readings
from assistant.staff import sessions
from assistant.staff.doer import Doer
from assistant.staff.model import Staff
from assistant.staff.sessions import Session


class Shell(Protocol):
    """What a request needs of the console."""

    node: Node
    key: bytes
    proving: Sequence[bytes]
    secure: bool
    pool: ConnectionPool[psycopg.Connection[Any]]
    readings: Readings
    templates: Jinja2Templates

    def page_of(self, request: Request, template: str, code: int = 200, /, **values: Any) -> Response:
        """Returns a page made from a template."""


class Refused(Exception):
    """The act cannot be done; the sentence says why, in Vietnamese. What it wrote is taken back."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class NotHere(Refused):
    """There is no such thing."""

    def __init__(self, sentence: str = "Không tìm thấy trang hoặc mục này. Có thể nó đã được xóa.") -> None:
        super().__init__(sentence, 404)


T = TypeVar("T")


@dataclass
class Visit:
    """A request of `me`, inside one transaction that is committed when the page is done.

    `form` has the first value of each field, `fields` all of them, `files` what was uploaded.
    """

    console: Shell
    request: Request
    connection: psycopg.Connection[Any]
    me: Staff
    session: Session
    csrf: str
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def form(self) -> dict[str, str]:
        """The first value of each field that was sent."""
        return {name: values[0] for name, values in self.fields.items()}

    @property
    def doer(self) -> Doer:
        """Who does this and from where, for the audit trail."""
        return Doer(audit.Staff(self.me.name), place_of(self.request), address_of(self.request))

    def query(self, name: str, default: str = "") -> str:
        """Returns a value of the address's query."""
        return self.request.query_params.get(name, default).strip()

    def part(self, name: str) -> str:
        """Returns a variable part of the path."""
        return str(self.request.path_params[name])

    def look_up(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Returns what `work` finds where it costs nobody who writes anything (DATABASE_READ_URL): a moment old."""
        return self.console.readings.ask(self.connection, work)

    def rows(self, query: str, *values: Any, **named: Any) -> list[Any]:
        """Returns the rows of a query, each with its columns as attributes."""
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(query, named or values or None).fetchall()

    def row(self, query: str, *values: Any, **named: Any) -> Any:
        """Returns the first row of a query, or None."""
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(query, named or values or None).fetchone()

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Returns a page made from a template below templates/."""
        said = self.session.said
        if said and not self.is_fragment:
            sessions.say(self.connection, self.session, None)
            values = {"said": said} | values
        return self.console.page_of(self.request, template, status, **({"me": self.me, "csrf": self.csrf} | values))

    def redirect(self, path: str, said: str = "", good: bool = True) -> Response:
        """Returns a redirect after an act; `said` is shown on the page that follows."""
        if said:
            sessions.say(self.connection, self.session, [said, "good" if good else "bad"])
        return RedirectResponse(path, 303)

    @property
    def is_fragment(self) -> bool:
        """Whether a script asks, not a person's navigation."""
        return "x-fragment" in self.request.headers

    def done(self, path: str, said: str = "") -> Response:
        """Returns the answer to an act: nothing for a script, which shows the change itself, else a redirect."""
        return Response(status_code=204) if self.is_fragment else self.redirect(path, said)

    def record(self, event: audit.Event, subject: audit.trail.Subject = "", **details: str | int | bool) -> None:
        """Writes an act into the audit trail; `subject` is a conversation, or audit.Staff(a colleague)."""
        self.doer.record(self.connection, event, subject, **details)

    def viewed(
        self, conversations: Iterable[str], view: str, *, every_time: bool = True, **details: str | int | bool
    ) -> None:
        """Notes that this page shows words of these people; every page that does calls it (audit.viewing)."""
        who = self.doer
        known = {"address": who.address} if who.address else {}
        audit.viewed(
            self.connection, conversations, actor=who.actor, where=who.where, view=view, every_time=every_time,
            **known, **details,
        )  # fmt: skip

    def after_commit(self, act: Callable[[], None]) -> None:
        """Does something once the transaction is committed, e.g. wakes a worker."""
        self.after.append(act)


def address_of(request: Request) -> str:
    """Returns the address a request came from; behind a proxy on this machine, the one the proxy names."""
    return request.client.host if request.client else ""


def place_of(request: Request) -> str:
    """Returns the room of a request, as the audit trail names it: "console:desk"."""
    return f"console:{request.url.path.removeprefix('/console').strip('/').partition('/')[0] or 'home'}"


#: Answers the request of somebody signed in.
Handler = Callable[[Visit], Response]
