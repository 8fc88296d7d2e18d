"""A burst on the wire: what arrives in pieces is answered once, by a node that waits as in the field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import postgres
from tests.kit.nodes import Served, serve
from tests.kit.people import Store, Visitor, ZaloUser
from tests.kit.waiting import until


@pytest.fixture(scope="module")
def patient(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    node = serve(
        postgres.create(server_url), model_path, tmp_path_factory.mktemp("n"), WORKERS="1", BURST_SECONDS="1.5"
    )
    node.start()
    yield node
    node.stop()


def intents(node: Served, conversation: str) -> list[str]:
    rows = Store(node.database_url).rows("SELECT intent FROM turns WHERE conversation = %s ORDER BY id", conversation)
    return [row[0] for row in rows]


def test_pieces_are_answered_once_and_a_lone_piece_is_answered_too(patient: Served) -> None:
    store, visitor = Store(patient.database_url), Visitor(patient.url)
    assert visitor.text("alo")
    with store.held(visitor.conversation):  # as if the node were in the middle of a turn: nobody counts on speed
        for text in ("ad ơi", "cho e hỏi xíu", "số tổng đài bhxh"):
            assert visitor.send(text).status_code == 202
    visitor.answered()
    assert intents(patient, visitor.conversation) == ["greet", "joined", "joined", "faq/hotline"]
    assert len(store.replies(visitor.conversation)) == 2


def test_five_photos_of_an_album_get_one_answer_at_zalo(patient: Served) -> None:
    user = ZaloUser(patient).follows_the_stand_in()
    store = Store(patient.database_url)
    user.settled()
    before = len(user.shown("oa"))
    with store.held(user.conversation):
        for number in range(5):
            photo = {"attachments": [{"type": "image", "payload": {"url": "https://photo.example/1.jpg"}}]}
            event = user.event("user_send_image", photo | {"msg_id": f"{user.user}{number}"})
            assert user.post(event).status_code == 200
    user.settled()
    until(lambda: intents(patient, user.conversation)[1:] == [*["joined"] * 4, "sent_media"])
    assert len(user.shown("oa")) == before + 1
