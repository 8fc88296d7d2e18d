"""Who may open what: every route of the console, for every role and for nobody.

The table says it; a route that is not in the table, or is not guarded, fails.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.routing import Route

from assistant.console.rooms import console_of
from assistant.privacy.vault import Vault
from assistant.settings import Settings
from assistant.staff.model import EVERYBODY, ROLES
from tests.conftest import Served
from tests.console.conftest import Join
from tests.kit.colleagues import Colleague, join
from tests.kit.people import client
from tests.kit.waiting import CLIENT

#: Open before anybody is signed in; each checks for itself (test_sign_in.py).
OPEN = {
    "GET /console/",
    "GET /console/push-worker.js",
    "GET /console/sign-in",
    "POST /console/sign-in",
    "GET /console/sign-in/code",
    "POST /console/sign-in/code",
    "GET /console/sign-in/enrol",
    "POST /console/sign-in/enrol",
    "GET /console/invitation/{token}",
    "POST /console/invitation/{token}",
}
_ALL = set(EVERYBODY)
GUARDED: dict[str, set[str]] = {
    "GET /console": _ALL,
    "POST /console/alive": _ALL,
    "POST /console/sign-out": _ALL,
    "GET /console/me": _ALL,
    "POST /console/me/password": _ALL,
    "POST /console/me/recovery-codes": _ALL,
    "GET /console/people": {"admin"},
    "POST /console/people": {"admin"},
    "POST /console/people/{name}/roles": {"admin"},
    "POST /console/people/{name}/disable": {"admin"},
    "POST /console/people/{name}/enable": {"admin"},
    "POST /console/people/{name}/second-factor": {"admin"},
    "POST /console/people/{name}/password": {"admin"},
    # the desk
    "GET /console/counts": _ALL,
    "GET /console/desk": {"agent"},
    "GET /console/desk/queue": {"agent"},
    "GET /console/desk/live": {"agent"},
    "POST /console/desk/presence": {"agent"},
    "GET /console/desk/{conversation}": {"agent"},
    "GET /console/desk/{conversation}/lines": {"agent"},
    "GET /console/desk/{conversation}/reveal": {"agent"},
    "POST /console/desk/{conversation}/take": {"agent"},
    "POST /console/desk/{conversation}/relieve": {"agent"},
    "POST /console/desk/{conversation}/reply": {"agent"},
    "POST /console/desk/{conversation}/back": {"agent"},
    "POST /console/desk/{conversation}/close": {"agent"},
    "POST /console/desk/{conversation}/note": {"agent"},
    "POST /console/desk/{conversation}/again": {"agent"},
    "POST /console/desk/{conversation}/reveal": {"agent"},
    "POST /console/desk/{conversation}/draft": {"agent"},
    "POST /console/desk/{conversation}/transfer": {"agent"},
    "POST /console/questions/{number}/draft": {"agent"},
    "POST /console/questions/{number}/promise": {"agent"},
    "POST /console/desk/{conversation}/settle": {"agent"},
    "POST /console/desk/{conversation}/dealt": {"agent"},
    "GET /console/questions": {"agent"},
    "GET /console/questions/{number}": {"agent"},
    "POST /console/questions/{number}/assign": {"agent"},
    "POST /console/questions/{number}/release": {"agent"},
    "POST /console/questions/{number}/answer": {"agent"},
    "POST /console/questions/{number}/close": {"agent"},
    "GET /console/hours": _ALL,
    "POST /console/hours": {"content", "admin"},
    "POST /console/hours/open": {"agent"},
    "POST /console/push": {"agent"},
    "GET /console/desk-ways": _ALL,
    "POST /console/desk-ways": {"content", "admin"},
    "POST /console/desk-ways/{id:int}/restore": {"content", "admin"},
    "POST /console/desk/{conversation}/take-back": {"agent"},
    "POST /console/desk/{conversation}/typing": {"agent"},
    "POST /console/desk/{conversation}/tags": {"agent"},
    "GET /console/desk/{conversation}/pictures/{number:int}": {"agent"},
    "POST /console/desk/{conversation}/form": {"agent"},
    "POST /console/desk/{conversation}/prepared": {"agent"},
    "GET /console/pictures": {"agent", "content", "auditor"},
    "POST /console/pictures": {"content"},
    "POST /console/pictures/{name}/retire": {"content"},
    "POST /console/hours/{id:int}/restore": {"content", "admin"},
    "POST /console/canned/history/{id:int}/restore": {"agent", "content"},
    "GET /console/canned": {"agent", "content"},
    "POST /console/canned": {"agent", "content"},
    "POST /console/canned/start": {"agent", "content"},
    "POST /console/canned/{id:int}": {"agent", "content"},
    "POST /console/canned/{id:int}/delete": {"agent", "content"},
    "GET /console/undelivered": {"agent", "admin"},
    "POST /console/undelivered/all": {"agent", "admin"},
    "POST /console/undelivered/{id:int}": {"agent", "admin"},
    # content
    "GET /console/faq": {"content", "auditor"},
    "GET /console/faq/new": {"content"},
    "POST /console/faq/new": {"content"},
    "POST /console/faq/check": {"content"},
    "POST /console/faq/drafts": {"content"},
    "POST /console/faq/drafts/here": {"content"},
    "POST /console/faq/drafts/drop": {"content"},
    "GET /console/faq/topics/{topic}": {"content", "auditor"},
    "POST /console/faq/topics/{topic}": {"content"},
    "POST /console/faq/topics/{topic}/rename": {"content"},
    "POST /console/faq/several": {"content"},
    "POST /console/faq/topics/{topic}/retire": {"content"},
    "GET /console/faq/changes": {"content", "auditor"},
    "GET /console/faq/changes/{number}": {"content", "auditor"},
    "GET /console/faq/topics/{topic}/history": {"content", "auditor"},
    "GET /console/faq/topics/{topic}/commits/{commit}": {"content", "auditor"},
    "POST /console/faq/topics/{topic}/restore": {"content"},
    "POST /console/faq/changes/{number}/undo": {"content"},
    "GET /console/faq/files": {"content", "auditor"},
    "GET /console/faq/files/export.{kind}": {"content", "auditor"},
    "POST /console/faq/files": {"content"},
    "GET /console/faq/files/{number}": {"content"},
    "POST /console/faq/files/{number}": {"content"},
    "GET /console/learning": {"content"},
    "POST /console/learning/assign": {"content"},
    "POST /console/learning/new-topic": {"content"},
    "POST /console/learning/aside": {"content"},
    "GET /console/learning/texts": {"content"},
    "POST /console/learning/texts": {"content"},
    "GET /console/learning/turns/{turn}": {"content"},
    "POST /console/learning/turns/{turn}": {"content"},
    "GET /console/learning/drafts/{draft}": {"content"},
    "POST /console/learning/drafts/{draft}": {"content"},
    "GET /console/release": {"content", "admin", "auditor"},
    "POST /console/release": {"content"},
    "GET /console/release/live": {"content", "admin", "auditor"},
    "GET /console/release/{id:int}": {"content", "admin", "auditor"},
    "POST /console/release/{id:int}/cancel": {"content"},
    "POST /console/release/{id:int}/move": {"content"},
    "POST /console/release/{id:int}/accept": {"content"},
    "POST /console/release/{id:int}/approve": {"content", "admin"},
    "POST /console/release/{id:int}/promote": {"content", "admin"},
    "POST /console/release/{id:int}/rollback": {"content", "admin"},
    "POST /console/release/{id:int}/talk": {"content"},
    "POST /console/release/{id:int}/talk/new": {"content"},
    "POST /console/release/{id:int}/shadow": {"content"},
    # conversations and the system
    "GET /console/conversations": {"agent", "content", "auditor"},
    "GET /console/conversations/{conversation}": {"agent", "content", "auditor"},
    "GET /console/insight": {"agent", "content", "auditor", "admin"},
    "GET /console/insight/so-lieu.{kind}": {"agent", "content", "auditor", "admin"},
    "GET /console/insight/{chart}.svg": {"agent", "content", "auditor", "admin"},
    "GET /console/settings": {"admin", "auditor"},
    "GET /console/audit": {"auditor"},
    "GET /console/channels/zalo": {"admin"},
    "POST /console/channels/zalo": {"admin"},
    "GET /console/channels/zalo/back": {"admin"},
}


class Parts:
    """A node of which only the named parts are there; the others are never used to make routes."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        return Parts()

    def __call__(self, *values: Any, **named: Any) -> Any:
        return Parts()

    def __iter__(self) -> Iterator[Any]:
        return iter(())


@pytest.fixture(scope="module")
def routes() -> dict[str, Any]:
    """Every route of the console by "METHOD path", with its endpoint."""
    node: Any = Parts(settings=Settings(assistant_mode="demo"), vault=Vault([b"k" * 32]), url="postgresql://nowhere")
    found = {}
    for route in console_of(node).routes():
        if isinstance(route, Route) and route.path != "/console/{rest:path}":
            assert route.methods
            for method in route.methods - {"HEAD"}:
                found[f"{method} {route.path}"] = route.endpoint
    return found


def test_every_route_is_in_the_table_and_guarded_as_it_says(routes: dict[str, Any]) -> None:
    assert set(routes) == OPEN | set(GUARDED)
    assert {name: set(getattr(routes[name], "roles", ())) for name in GUARDED} == GUARDED
    assert [name for name in OPEN if hasattr(routes[name], "roles")] == []


class Unread(Request):
    """A request whose body nobody may read."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        raise AssertionError("a stranger's body was read")
        yield b""


@pytest.mark.parametrize("cookie", ["", "console=" + "x" * 43])
@pytest.mark.parametrize("name", sorted(name for name in GUARDED if name.startswith("POST")))
def test_a_form_of_a_stranger_is_never_read(routes: dict[str, Any], name: str, cookie: str) -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/console", "query_string": b"", "path_params": {},
        "headers": [(b"content-length", b"5000000"), (b"cookie", cookie.encode())],
    }  # fmt: skip
    with ThreadPoolExecutor(1) as apart:  # a browser's loop may run in this thread
        answer = apart.submit(asyncio.run, routes[name](Unread(scope))).result()
    # With a cookie that may be somebody's the store is asked, which is nowhere here.
    assert answer.status_code == (503 if cookie else 303)


@pytest.fixture(scope="module")
def of_each_role(node: Served) -> Iterator[dict[str, Colleague]]:
    """One colleague of each role."""
    clients = {role: httpx.Client(base_url=node.url, timeout=CLIENT) for role in ROLES}
    yield {role: join(node, [role], http=http) for role, http in clients.items()}
    for http in clients.values():
        http.close()


def _path(name: str) -> str:
    return re.sub(r"\{[^}:]+\}", "x", re.sub(r"\{[^}]+:int\}", "1", name.partition(" ")[2]))


def _send(http: httpx.Client, name: str, **fields: str) -> httpx.Response:
    with http.stream(name.partition(" ")[0], _path(name), data=fields or None) as answer:
        return answer  # a stream of events never ends; its status is enough


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_nobody_opens_it_without_signing_in(node: Served, name: str) -> None:
    answer = _send(client(node.url), name)
    assert answer.status_code in (303, 401)
    assert answer.status_code == 401 or answer.headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize("name", sorted(name for name in GUARDED if GUARDED[name] != _ALL))
def test_other_roles_are_turned_away(of_each_role: dict[str, Colleague], name: str) -> None:
    answers = {role: _send(of_each_role[role].http, name, csrf="x").status_code for role in ROLES}
    assert {role for role, status in answers.items() if status == 403} >= set(ROLES) - GUARDED[name]
    if name.startswith("GET"):
        assert {role for role, status in answers.items() if status != 403} == GUARDED[name], answers


@pytest.mark.parametrize("name", sorted(name for name in GUARDED if name.startswith("POST")))
def test_an_act_without_its_mark_is_refused(joined: Join, of_each_role: dict[str, Colleague], name: str) -> None:
    who = of_each_role[sorted(GUARDED[name])[0]]
    for mark in ("", "x", "0" * 64):
        answer = _send(who.http, name, csrf=mark)
        assert answer.status_code == 403
    assert who.get("/console").status_code == 200


def test_addresses_below_the_console_that_do_not_exist_are_guarded_too(node: Served, joined: Join) -> None:
    assert client(node.url).get("/console/no/such").headers["location"].startswith("/console/sign-in")
    assert joined("agent").get("/console/no/such").status_code == 404
