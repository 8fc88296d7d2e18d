"""People at the doors: a visitor of the web chat, a user of Zalo, and what they may ask of a served node."""

from __future__ import annotations

import hashlib
import html
import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg

from connectors.web.session import Session
from tests.kit import connections
from tests.kit.nodes import Served
from tests.kit.waiting import CLIENT, until

CODE, PHONE, EMAIL = "7900000123", "0901000123", "nguyen.an@example.com"

MASKED = "n•••n@e•••.com"
APP_ID = "1000000000000000001"
OA_ID = "4000000000000000004"
GOOD_PASSWORD = "bốn con voi tím"
LINK = re.compile(r"http://\S+/dat-lai-mat-khau/[\w-]+")
_clients: list[httpx.Client] = []
_TRACES = ("Traceback", 'File "', ".py", "psycopg", "starlette", "Error:")


def client(url: str) -> httpx.Client:
    """Returns a client that `close_clients` closes."""
    _clients.append(httpx.Client(base_url=url, timeout=CLIENT))
    return _clients[-1]


def close_clients() -> None:
    """Closes what the people of a test opened."""
    while _clients:
        _clients.pop().close()


def is_vietnamese(text: str) -> bool:
    """Tells whether a text has letters that only Vietnamese has, and nothing of the inside."""
    return bool(re.search("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđư]", text)) and not any(
        mark in text for mark in _TRACES
    )


class Store:
    """Looks into the database of a node."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Returns all rows of a query."""
        return connections.kept(self.url).execute(query, values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """Returns the first value of a query."""
        return self.rows(query, *values)[0][0]

    def do(self, *statements: str) -> None:
        """Runs statements."""
        for statement in statements:
            connections.kept(self.url).execute(statement)

    def forget_resets(self) -> None:
        """So that the limits of earlier tests do not meet the next one."""
        self.do("DELETE FROM resets", "DELETE FROM attempts")

    @contextmanager
    def held(self, conversation: str) -> Iterator[None]:
        """Holds a conversation as a worker in the middle of a turn does: nobody else can answer it."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT 1 FROM conversations WHERE id = %s FOR NO KEY UPDATE", (conversation,))
            yield
            connection.rollback()

    def waiting(self, conversation: str) -> int:
        """Counts events that are not answered."""
        return int(self.value("SELECT count(*) FROM inbox WHERE conversation = %s AND done_at IS NULL", conversation))

    def replies(self, conversation: str) -> list[dict[str, Any]]:
        """Returns what was answered, in order."""
        return [
            row[0] for row in self.rows("SELECT body FROM outbox WHERE conversation = %s ORDER BY id", conversation)
        ]


def conversation_of(cookie: str) -> str:
    """Returns the conversation of a browser's cookie."""
    return Session(cookie.partition(".")[0]).conversation


class Visitor:
    """Talks to the web chat over the wire."""

    def __init__(self, url: str) -> None:
        self.http = client(url)
        self.http.get("/").raise_for_status()
        self.conversation = conversation_of(self.http.cookies["chat"])

    def send(self, text: str, message_id: str | None = None, **changed: Any) -> httpx.Response:
        """Posts a text, or with payload=… the press of a button."""
        message = {"id": message_id or secrets.token_hex(16), "text": text} | changed
        return self.http.post("/chat/messages", json=message)

    def history(self) -> dict[str, Any]:
        """Returns what the page shows after a reload."""
        return self.http.get("/chat/history").raise_for_status().json()

    def answered(self) -> list[dict[str, Any]]:
        """Waits until nothing is pending and returns all messages."""
        return until(lambda: (said := self.history()) and not said["pending"] and said["messages"])

    def ask(self, text: str, **changed: Any) -> list[dict[str, Any]]:
        """Sends a message and returns the answers to it."""
        before = {message["id"] for message in self.history()["messages"]}
        assert self.send(text, **changed).status_code == 202
        return [m for m in self.answered() if m["from"] == "bot" and m["id"] not in before]

    def text(self, *said: str) -> str:
        """Says each in turn and returns the last answer as one text."""
        return "\n".join(message["text"] for message in [self.ask(text) for text in said][-1])


def fresh_link(node: Served, code: str = CODE, contact: str = PHONE) -> tuple[Visitor, str]:
    """Goes the way to the e-mail and returns who asked and the link in it."""
    store = Store(node.database_url)
    # A letter of an earlier test that is just being sent would come among the new ones.
    underway = (
        "SELECT NOT EXISTS (SELECT FROM mail WHERE state = 'waiting' AND (lease_until > now() OR next_try_at <= now()))"
    )
    until(lambda: store.value(underway))
    store.forget_resets()
    before = _links(node)
    visitor = Visitor(node.url)
    answer = visitor.text("quên mật khẩu", code, contact)
    assert "Mình đã gửi thư" in answer, answer
    (link,) = until(lambda: _links(node) - before)
    return visitor, link


def _links(node: Served) -> set[str]:
    """Returns the links in all letters; one about an earlier change may come between, and has none."""
    return {link for mail in node.mails() for link in LINK.findall(mail["text"])}


def csrf_of(page: str) -> str:
    """Returns the form's token on a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


class ZaloUser:
    """Writes to the OA by webhooks it signs itself; reads what the stand-in was told to show."""

    def __init__(self, node: Served, user: str = "", secret: str = "") -> None:
        self.node = node
        self.user = user or f"9{secrets.randbelow(10**18):018d}"
        self.conversation = f"zalo:{self.user}"
        self._secret = secret or json.loads((node.var_dir / "secrets.json").read_text())["zalo_oa_secret"]
        self._http = client(node.url)

    def event(self, name: str = "user_send_text", message: Any = None, **changed: Any) -> dict[str, Any]:
        """Returns an event of the contract's shape."""
        return {
            "app_id": APP_ID,
            "sender": {"id": self.user},
            "user_id_by_app": "3000000000000000003",
            "recipient": {"id": OA_ID},
            "event_name": name,
            "message": {"text": "chào", "msg_id": secrets.token_hex(10)} if message is None else message,
            "timestamp": str(int(time.time() * 1000)),
        } | changed

    def text_event(self, text: str, message_id: str = "") -> dict[str, Any]:
        """Returns the event of a text."""
        return self.event(message={"text": text, "msg_id": message_id or secrets.token_hex(10)})

    def signed(self, body: bytes, timestamp: str, secret: str = "") -> dict[str, str]:
        """Returns the headers Zalo sends with a body: plain SHA-256 of app id, body, timestamp, OA secret."""
        data = APP_ID.encode() + body + timestamp.encode() + (secret or self._secret).encode()
        return {"content-type": "application/json", "x-zevent-signature": f"mac={hashlib.sha256(data).hexdigest()}"}

    def post(self, event: dict[str, Any], **json_options: Any) -> httpx.Response:
        """Posts an event, signed."""
        body = json.dumps(event, **({"ensure_ascii": False, "separators": (",", ":")} | json_options)).encode()
        timestamp = event.get("timestamp", "")
        shown = timestamp if isinstance(timestamp, str) else json.dumps(timestamp)
        return self.post_raw(body, self.signed(body, shown))

    def post_raw(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """Posts bytes."""
        return self._http.post("/webhooks/zalo", content=body, headers=headers or {})

    def follows_the_stand_in(self) -> ZaloUser:
        """Makes the stand-in know the user, as Zalo knows whoever wrote; it answers nobody else."""
        self.types("chào bạn")
        until(lambda: self.shown("oa"))
        return self

    def types(self, text: str) -> None:
        """Writes in the stand-in's window; the stand-in signs and sends the webhook."""
        sent = self._http.post("/sandbox/api/zalo/messages", json={"user": self.user, "text": text})
        assert sent.status_code == 200, sent.text

    def shown(self, sender: str = "") -> list[dict[str, Any]]:
        """Returns the messages in the stand-in's window."""
        found = self._http.get("/sandbox/api/zalo/messages", params={"user": self.user}).json()
        return [message for message in found if not sender or message["from"] == sender]

    def ask(self, text: str) -> str:
        """Sends a text by a webhook of its own and returns what the OA showed for it."""
        return self.ask_event(self.text_event(text))

    def ask_event(self, event: dict[str, Any]) -> str:
        """Sends an event and returns what the OA showed for it."""
        before = len(self.shown("oa"))
        assert self.post(event).status_code == 200
        self.settled()
        return "\n".join(message["text"] for message in self.shown("oa")[before:])

    def settled(self) -> None:
        """Waits until everything of this user is answered and delivered."""
        store = Store(self.node.database_url)
        until(
            lambda: (
                not store.waiting(self.conversation)
                and not store.value(
                    "SELECT count(*) FROM outbox WHERE conversation = %s AND state = 'waiting'", self.conversation
                )
            )
        )


def all_answered_once(store: Store, visitors: list[Visitor]) -> None:
    """Waits for all answers; each event has one turn, in the order of the events."""
    for visitor in visitors:
        until(lambda visitor=visitor: store.waiting(visitor.conversation) == 0)  # type: ignore[misc]
        events = store.value("SELECT count(*) FROM inbox WHERE conversation = %s", visitor.conversation)
        rows = store.rows(
            "SELECT inbox_id, count(*) FROM turns WHERE conversation = %s GROUP BY 1", visitor.conversation
        )
        assert [count for _, count in rows] == [1] * events
        order = store.rows("SELECT inbox_id FROM turns WHERE conversation = %s ORDER BY id", visitor.conversation)
        assert order == sorted(order)
        assert store.value("SELECT turns FROM conversations WHERE id = %s", visitor.conversation) == events
