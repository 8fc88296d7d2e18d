"""A thumb down does something for the person at once: asks what they meant, with three ways and a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Served, serve
from tests.kit import people, postgres
from tests.kit.people import Store, Visitor
from tests.kit.waiting import until

WORDS = "trả lời chưa đúng ý"


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running node."""
    served = serve(postgres.create(server_url), model_path, tmp_path_factory.mktemp("not-right"))
    served.start()
    yield served
    served.stop()
    people.close_clients()


def rated(visitor: Visitor, good: bool = False, times: int = 1) -> int:
    """Asks something and judges the answer."""
    answer = visitor.ask("tổng đài số mấy vậy")[-1]
    for _ in range(times):
        sent = visitor.http.post("/chat/ratings", json={"id": answer["id"], "good": good})
        assert sent.status_code == 200
    return int(answer["id"])


def said(visitor: Visitor) -> list[dict]:
    return [message for message in visitor.answered() if WORDS in message["text"]]


def test_what_else_it_may_have_been_and_a_person_are_offered(node: Served) -> None:
    visitor = Visitor(node.url)
    rated(visitor)
    (offer,) = until(lambda: said(visitor))
    payloads = [button["payload"] for button in offer["buttons"]]
    assert payloads[-1] == "#ask_human"
    assert 2 <= len(payloads) <= 4
    assert "#faq/hotline" not in payloads  # that was the wrong one
    chosen = offer["buttons"][0]
    assert visitor.ask(chosen["title"], payload=chosen["payload"], title=chosen["title"])


def test_it_is_asked_once_however_often_it_is_pressed(node: Served) -> None:
    visitor = Visitor(node.url)
    rated(visitor, times=3)
    until(lambda: said(visitor))
    assert len(said(visitor)) == 1


def test_a_thumb_up_asks_nothing(node: Served) -> None:
    visitor = Visitor(node.url)
    rated(visitor, good=True)
    visitor.ask("cảm ơn")
    assert said(visitor) == []


def test_nor_does_one_while_a_colleague_answers(node: Served) -> None:
    visitor, store = Visitor(node.url), Store(node.database_url)
    answer = visitor.ask("tổng đài số mấy vậy")[-1]
    store.do(
        "INSERT INTO handovers (conversation, state, reason, agent, taken_at) VALUES"
        f" ('{visitor.conversation}', 'with_person', 'asked', 'hoa', now())",
        "INSERT INTO desk_presence (agent) VALUES ('hoa') ON CONFLICT (agent) DO UPDATE SET seen_at = now()",
    )
    assert visitor.http.post("/chat/ratings", json={"id": answer["id"], "good": False}).status_code == 200
    visitor.answered()
    assert said(visitor) == []
