"""Meta's side for the tests: the stand-in on a real server in a thread of its own, and what people do there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from starlette.applications import Starlette

from connectors.messenger.settings import MessengerApp, Page
from sandbox.graph_api import GraphApi
from sandbox.graph_delivery import escaped
from sandbox.messenger import APP_ID, PAGE_ID, MessengerStandIn
from tests.conftest import Served, free_port
from tests.kit.people import Store
from tests.kit.waiting import CLIENT, PATIENCE, until

SECRET, VERIFY, TOKEN = "app-secret-of-the-tests", "verify-token-of-the-tests", "page-token-of-the-tests"
T = TypeVar("T")

FIXTURES = Path("connectors/messenger/fixtures")


def fixture(name: str) -> dict[str, Any]:
    """Returns a recorded delivery."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0

    def __call__(self) -> float:
        return self.now


class Meta:
    """The stand-in, served; its methods that wait are called through `run`."""

    def __init__(self, webhook: str, **options: Any) -> None:
        self.page = MessengerStandIn(SECRET, VERIFY, TOKEN, webhook, **options)
        self.page.policy.by_itself = False
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.loop = asyncio.new_event_loop()
        app = Starlette(routes=GraphApi(self.page).routes())
        config = uvicorn.Config(app, port=self.port, log_config=None, lifespan="off", ws="none", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._server.serve())

    def start(self) -> None:
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        self.run(self.page.close())
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 30) -> T:
        """Does something in the stand-in's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    @property
    def app(self) -> MessengerApp:
        """The settings that go with it."""
        return MessengerApp(APP_ID, (SECRET,), VERIFY, (Page(PAGE_ID, TOKEN),), self.url)

    def environment(self, **other: str) -> dict[str, str]:
        """The same, as a node reads them."""
        return {
            "MESSENGER_APP_ID": APP_ID,
            "MESSENGER_APP_SECRETS": SECRET,
            "MESSENGER_VERIFY_TOKEN": VERIFY,
            "MESSENGER_PAGE_TOKENS": f"{PAGE_ID}:{TOKEN}",
            "MESSENGER_GRAPH_URL": self.url,
        } | other

    def sends(self) -> list[dict[str, Any]]:
        """Returns the bodies of the messages the app asked to send."""
        return [c["body"] for c in self.page.calls if c["path"].endswith("messages") and "message" in c["body"]]

    def actions(self) -> list[str]:
        """Returns the typing and seen marks."""
        return [c["body"]["sender_action"] for c in self.page.calls if "sender_action" in c["body"]]


@contextmanager
def meta(webhook: str = "http://127.0.0.1:9/webhooks/messenger", **options: Any) -> Iterator[Meta]:
    """Serves a stand-in."""
    served = Meta(webhook, **options)
    served.start()
    try:
        yield served
    finally:
        served.stop()


class Person:
    """A person on Messenger who writes to a served node through the stand-in."""

    number = 2_000_000_000_000_100

    def __init__(self, served: Meta, node: Served) -> None:
        Person.number += 1
        self.user = str(Person.number)
        self.meta, self.node = served, node
        self.conversation = f"messenger:{self.user}"
        self.store = Store(node.database_url)

    def does(self, part: dict[str, Any]) -> httpx.Response | None:
        """Does something; returns the webhook's answer."""
        return self.meta.run(self.meta.page.does(self.user, part))

    def ask(self, text: str) -> list[dict[str, Any]]:
        """Writes and returns what the page shows for it."""
        return self.after(self.meta.page.user_sends(self.user, text))

    def act(self, part: dict[str, Any]) -> list[dict[str, Any]]:
        """Does something and returns what the page shows for it."""
        return self.after(self.meta.page.does(self.user, part))

    def after(self, work: Coroutine[Any, Any, httpx.Response | None]) -> list[dict[str, Any]]:
        before = len(self.shown())
        answer = self.meta.run(work)
        assert answer is not None
        assert answer.status_code == 200, answer.text
        self.settled()
        return self.shown()[before:]

    def text(self, said: str) -> str:
        """Writes and returns the answer as one text."""
        return "\n".join(message["text"] for message in self.ask(said))

    def shown(self) -> list[dict[str, Any]]:
        """Returns the page's messages in the thread."""
        return self.meta.page.shown(self.user, "page")

    def settled(self) -> None:
        """Waits until everything of this person is answered and delivered."""
        query = "SELECT count(*) FROM outbox WHERE conversation = %s AND state = 'waiting'"
        until(lambda: not self.store.waiting(self.conversation) and not self.store.value(query, self.conversation))
        self.meta.run(self.meta.page.settle())


def post(node: Served, data: Any, secret: str = SECRET, **headers: str) -> httpx.Response:
    """Posts a delivery to a node, signed."""
    return post_raw(node, escaped(data), secret, **headers)


def post_raw(node: Served, body: bytes, secret: str = SECRET, **headers: str) -> httpx.Response:
    """Posts bytes, signed."""
    import hashlib
    import hmac

    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    signed = {"content-type": "application/json", "x-hub-signature-256": f"sha256={mac}"} | headers
    return httpx.post(f"{node.url}/webhooks/messenger", content=body, headers=signed, timeout=CLIENT)
