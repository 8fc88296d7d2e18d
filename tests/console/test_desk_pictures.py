"""A picture that a person sends is shown to the agent who has the chat, and is kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.privacy import keyring
from connectors.messenger.events import _message
from tests.conftest import ROOT, Served, serve
from tests.console.conftest import Join, always_open
from tests.console.test_desk import empty_desk, held
from tests.kit import postgres
from tests.kit.colleagues import keys_of
from tests.kit.people import Store, Visitor
from tests.kit.registries import Serving
from tests.kit.waiting import until

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Platform:
    """Where pictures are."""

    def __init__(self) -> None:
        self.asked = 0
        self.serving = Serving(Starlette(routes=[Route("/{what}", self.give)]))

    async def give(self, request: Request) -> Response:
        self.asked += 1
        match request.path_params["what"]:
            case "a.png":
                return Response(PIXEL, media_type="image/png")
            case "page.png":
                return Response(b"<script>alert(1)</script>", media_type="text/html")
            case "away.png":
                return Response(status_code=302, headers={"location": f"{self.serving.url}/a.png"})
            case "large.png":
                return Response(bytes(11 * 2**20), media_type="image/png")
        return Response(status_code=404)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Serves pictures."""
    made = Platform()
    yield made
    made.serving.stop()


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: Any, platform: Platform) -> Iterator[Served]:
    """A running node that may fetch pictures from there."""
    folder = tmp_path_factory.mktemp("pictures")
    served = serve(
        postgres.create(server_url), model_path, folder, DESK_FILE=always_open(folder),
        PICTURE_SERVERS=platform.serving.url,
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


def sends(node: Served, store: Store, visitor: Visitor, address: str) -> int:
    """Sends a picture as a platform delivers it; returns the message's number once a worker has seen it."""
    vault = keyring.open_vault_at(node.database_url, keys_of(node))
    event = Event("web", f"{visitor.conversation}/{address}", visitor.conversation, "media", media="image")
    with psycopg.connect(node.database_url) as connection:
        inbox.accept_within(connection, Event(**(event.__dict__ | {"picture": address})), vault)
    until(lambda: store.waiting(visitor.conversation) == 0)
    return int(store.value("SELECT max(id) FROM inbox WHERE conversation = %s", visitor.conversation))


def test_the_agent_who_has_the_chat_sees_it_and_nobody_else(
    joined: Join, node: Served, store: Store, platform: Platform
) -> None:
    hoa, nam, visitor = joined("agent"), joined("agent", "auditor"), Visitor(node.url)
    path = held(store, visitor, hoa)
    number = sends(node, store, visitor, f"{platform.serving.url}/a.png")
    assert platform.serving.url not in str(store.rows("SELECT body FROM inbox"))
    assert f"{path}/pictures/{number}".replace(":", "%3A") in hoa.get(path).text
    seen = hoa.get(f"{path}/pictures/{number}")
    assert (seen.status_code, seen.content, seen.headers["content-type"]) == (200, PIXEL, "image/png")
    assert seen.headers["cache-control"] == "no-store"
    assert "sandbox" in seen.headers["content-security-policy"]
    assert store.value("SELECT count(*) FROM audit WHERE details::text LIKE '%%picture%%'") >= 1
    asked = platform.asked
    assert nam.get(f"{path}/pictures/{number}").status_code == 409
    assert hoa.get(f"{path}/pictures/{number + 999}").status_code == 409
    assert platform.asked == asked
    assert hoa.post(f"{path}/back").status_code == 303
    assert hoa.get(f"{path}/pictures/{number}").status_code == 409
    until(lambda: store.value("SELECT count(*) FROM inbox WHERE body ? 'picture'") == 0)


@pytest.mark.parametrize("what", ["page.png", "away.png", "large.png", "none.png"])
def test_what_is_no_picture_is_not_shown(
    joined: Join, node: Served, store: Store, platform: Platform, what: str
) -> None:
    hoa, visitor = joined("agent"), Visitor(node.url)
    path = held(store, visitor, hoa)
    number = sends(node, store, visitor, f"{platform.serving.url}/{what}")
    assert hoa.get(f"{path}/pictures/{number}").status_code == 409


def test_no_other_server_is_called(joined: Join, node: Served, store: Store, platform: Platform) -> None:
    hoa, visitor = joined("agent"), Visitor(node.url)
    path = held(store, visitor, hoa)
    for address in (f"{node.url}/metrics", platform.serving.url.replace("127.0.0.1", "localhost") + "/a.png"):
        number, asked = sends(node, store, visitor, address), platform.asked
        assert hoa.get(f"{path}/pictures/{number}").status_code == 409
        assert platform.asked == asked


def test_of_a_chat_with_the_assistant_nothing_of_it_is_kept(node: Served, store: Store, platform: Platform) -> None:
    visitor = Visitor(node.url)
    visitor.ask("chào")
    sends(node, store, visitor, f"{platform.serving.url}/a.png")
    assert store.value("SELECT body ? 'picture' FROM inbox ORDER BY id DESC LIMIT 1") is False


def test_platforms_say_where_it_is() -> None:
    recorded = json.loads((ROOT / "connectors/messenger/fixtures/image.json").read_text())
    message = recorded["entry"][0]["messaging"][0]["message"]
    found = _message(message, {})
    assert found
    assert found["picture"] == message["attachments"][0]["payload"]["url"]
