"""The declarations' pages on a small application of their own, with a real PostgreSQL."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from assistant.declarations import Kind, new_link
from assistant.privacy.vault import Vault
from assistant.settings import ROOT
from assistant.web.declarations import DECLARATION_PATH, DeclarationPages
from tests.conftest import free_port
from tests.kit.waiting import CLIENT, PATIENCE

KEY = bytes(range(32))
CONVERSATION = "web:nguoi-thu"
SAY = {"busy": "Hệ thống đang bận. Bạn thử lại sau ít phút nhé."}

#: What a person types; no two values alike, each one findable.
TYPED = {
    "full_name": "Đặng Thị Hồng Ngự",
    "birth_date": "5/9/1968",
    "gender": "nu",
    "citizen_id": "079 168 004 321",
    "code": "7900000123",
    "phone": "0901 000 123",
    "address": "Số 12, ngõ 34 đường Trần Phú, phường Hà Đông, thành phố Hà Nội",
    "new_email": "Hong.Ngu@example.com",
    "new_phone": "+84 912 345 678",
    "changes": "Họ đệm đang ghi “Thi”,\r\nsửa thành “Thị”.",
}
TK1 = TYPED | {"hand_in": "employer", "employer": "Công ty TNHH May mặc Phương Đông"}
E_TRANSACTION = TYPED | {"old_email": "ngu.cu@example.com", "old_phone": "0987000321"}
#: What must stand on the paper.
PRINTED = [
    "ĐẶNG THỊ HỒNG NGỰ", "05/09/1968", "Nữ", "079168004321", "7900000123", "0901000123",
    "Số 12, ngõ 34 đường Trần Phú, phường Hà Đông, thành phố Hà Nội", "hong.ngu@example.com", "0912345678",
    "Họ đệm đang ghi “Thi”,", "sửa thành “Thị”.",
]  # fmt: skip


def application(database_url: str, vault: Vault | None = None) -> Starlette:
    """Returns an application with nothing but the declarations."""

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(database_url)

    pages = DeclarationPages(connect, vault or Vault([KEY]), [KEY], SAY, demo=False)
    static = Mount("/static", StaticFiles(directory=ROOT / "assistant/web/static"))
    return Starlette(routes=[*pages.routes(), static])


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serves an application on a port of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(PATIENCE)


@contextmanager
def client(app: Starlette) -> Iterator[httpx.Client]:
    """Talks to an application over the wire."""
    with served(app) as url, httpx.Client(base_url=url, follow_redirects=True, timeout=CLIENT) as http:
        yield http


@dataclass
class Person:
    """Somebody with a link: opens it, fills the form in, fetches the papers."""

    http: httpx.Client
    connection: psycopg.Connection[Any]
    token: str = ""
    seen: list[httpx.Response] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"{DECLARATION_PATH}/{self.token}"

    def asks_for(self, kind: Kind) -> Person:
        """Gets a link in the chat."""
        self.token = new_link(self.connection, CONVERSATION, kind)
        return self

    def get(self, under: str = "") -> httpx.Response:
        self.seen.append(self.http.get(self.path + under))
        return self.seen[-1]

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get().text)
        assert found
        return found[1]

    def sends(self, typed: dict[str, str], csrf: str | None = None) -> httpx.Response:
        form = typed | {"csrf": self.csrf() if csrf is None else csrf}
        self.seen.append(self.http.post(self.path, data=form))
        return self.seen[-1]

    def time_passes(self, **of: int) -> None:
        """Moves the end of everything nearer."""
        unit, amount = next(iter(of.items()))
        self.connection.execute(
            f"UPDATE declarations SET expires_at = expires_at - interval '{amount} {unit}',"
            f" made_at = made_at - interval '{amount} {unit}'"
        )

    def row(self) -> dict[str, Any]:
        """Returns the one row there is."""
        cursor = self.connection.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute("SELECT * FROM declarations").fetchall()[0]


@pytest.fixture
def database(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A fresh database with a conversation in it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, 'web')", (CONVERSATION,))
        yield connection


@pytest.fixture
def person(database_url: str, database: psycopg.Connection[Any]) -> Iterator[Person]:
    """Somebody who talks to the assistant; JavaScript is nowhere."""
    with client(application(database_url)) as http:
        yield Person(http, database)
