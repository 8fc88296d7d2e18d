"""A link to a form is its person's alone: whoever reads the transcript cannot open it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from assistant import audit, database
from assistant.declarations import links
from assistant.declarations.model import LinkGone
from assistant.identifiers import tokens
from assistant.messages.link_revealing import RevealingSender
from assistant.messages.outbox import Sent
from assistant.privacy import export, secret_links
from assistant.privacy.vault import Vault
from tests.conftest import Served
from tests.kit import people
from tests.kit.people import Store, Visitor, ZaloUser

Connection = psycopg.Connection[Any]
VAULT = Vault([b"k" * 32])
ME = "zalo:123"


class Platform:
    """Remembers what it was told to send."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        self.sent.append(body["text"])
        return Sent("sent")


def links_in(text: str) -> list[str]:
    return [word.partition("/to-khai/")[2] for word in text.split() if "/to-khai/" in word]


@pytest.fixture
def hidden(connection: Connection) -> str:
    connection.execute("INSERT INTO conversations (id, channel) VALUES (%s, 'zalo')", (ME,))
    return f"Mở https://tro-ly.example/to-khai/{secret_links.hide(connection, VAULT, ME, 's3cret')} nhé"


async def sent_to(user: str, database_url: str, text: str) -> str:
    platform = Platform()
    async with database.pool(database_url, 1) as pool:
        await RevealingSender("zalo", platform, pool, VAULT).send(user, {"text": text, "buttons": []})
    return platform.sent[0]


class TestTheMessage:
    def test_has_the_link_when_it_goes_out(self, database_url: str, hidden: str) -> None:
        assert "s3cret" not in hidden
        assert asyncio.run(sent_to("123", database_url, hidden)) == "Mở https://tro-ly.example/to-khai/s3cret nhé"

    def test_has_it_for_its_person_only(self, database_url: str, hidden: str) -> None:
        assert asyncio.run(sent_to("456", database_url, hidden)) == "Mở https://tro-ly.example/to-khai/het-han nhé"

    def test_has_none_once_it_is_gone(self, database_url: str, hidden: str, connection: Connection) -> None:
        connection.execute("UPDATE vault SET expires_at = now()")
        assert links_in(asyncio.run(sent_to("123", database_url, hidden))) == ["het-han"]

    def test_without_a_link_is_left_alone(self, database_url: str) -> None:
        token = tokens.token_for(VAULT.token_key, ME, "phone", "0901000123")
        assert asyncio.run(sent_to("123", database_url, f"số {token}")) == f"số {token}"


def test_an_export_does_not_hand_it_out(connection: Connection, hidden: str) -> None:
    kept = export.export(connection, VAULT, ME, actor=audit.Staff("lan"), where="test")
    assert "s3cret" not in str(kept)


class TestOnAServedNode:
    @pytest.fixture
    def store(self, node: Served) -> Iterator[Store]:
        yield Store(node.database_url)
        people.close_clients()

    def kept(self, store: Store, conversation: str) -> str:
        return str(store.rows("SELECT body FROM outbox WHERE conversation = %s", conversation))

    @pytest.mark.parametrize("reload", [False, True])
    def test_a_visitor_gets_a_link_that_works_and_the_store_has_none(
        self, node: Served, store: Store, reload: bool
    ) -> None:
        visitor = Visitor(node.url)
        (answer, *_) = visitor.ask("", payload="#declare_tk1")
        shown = visitor.history()["messages"][-1]["text"] if reload else answer["text"]
        (link,) = links_in(shown)
        assert visitor.http.get(f"/to-khai/{link}").status_code == 200
        self.unreadable(store, visitor.conversation, link)

    def test_a_user_of_zalo_gets_one_too(self, node: Served, store: Store) -> None:
        user = ZaloUser(node).follows_the_stand_in()
        (link,) = links_in(user.ask_event(user.event(message={"text": "#declare_tk1", "msg_id": "m1"})))
        assert Visitor(node.url).http.get(f"/to-khai/{link}").status_code == 200
        self.unreadable(store, user.conversation, link)

    def unreadable(self, store: Store, conversation: str, link: str) -> None:
        kept = self.kept(store, conversation)
        assert "/to-khai/⟦link:" in kept
        assert link not in kept
        assert link not in str(store.rows("SELECT tracker, menu FROM conversations"))
        assert len(link) >= 40
        with psycopg.connect(store.url) as connection, pytest.raises(LinkGone):
            links.open_link(connection, links_in(kept)[0])
