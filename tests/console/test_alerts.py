"""Those in charge are told outside the console that somebody is needed: once each way, and again if it failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.conftest import Served, serve
from tests.console.conftest import _ALWAYS_OPEN
from tests.console.test_desk import empty_desk, waits
from tests.kit import postgres
from tests.kit.people import CODE, Store, Visitor
from tests.kit.registries import Serving
from tests.kit.waiting import until

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here
CHIEF = "truong.ban@example.com"


class Group:
    """A group chat's incoming webhook."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.refused = 0
        self.works = True
        self.serving = Serving(Starlette(routes=[Route("/hook", self.take, methods=["POST"])]))

    async def take(self, request: Request) -> Response:
        if not self.works:
            self.refused += 1
            return Response(status_code=503)
        self.told.append((await request.json())["text"])
        return Response("ok")


@pytest.fixture(scope="module")
def group() -> Iterator[Group]:
    """Takes what is told."""
    made = Group()
    yield made
    made.serving.stop()


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: Any, group: Group) -> Iterator[Served]:
    """A running node that tells a group and a chief."""
    folder = tmp_path_factory.mktemp("alerts")
    (folder / "desk.yml").write_text(_ALWAYS_OPEN, encoding="utf-8")
    served = serve(
        postgres.create(server_url), model_path, folder, DESK_FILE=str(folder / "desk.yml"),
        ALERT_WEBHOOK=f"{group.serving.url}/hook", ALERT_EMAILS=CHIEF, ALERT_WAIT_SECONDS="1",
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def nothing_told(group: Group, store: Store) -> None:
    """Nothing was told so far, and nobody was missed."""
    store.do(
        "UPDATE handovers SET dealt_at = now() WHERE state = 'closed'", "DELETE FROM questions",
        "DELETE FROM zalo_tokens WHERE oa_id = 'tried'",
    )  # fmt: skip
    group.told.clear()
    group.refused, group.works = 0, True


def letters(node: Served, words: str) -> list[dict[str, Any]]:
    return [mail for mail in node.mails() if mail["to"] == CHIEF and words in mail["text"]]


def test_somebody_who_waits_is_told_once_each_way_without_a_word_of_theirs(
    node: Served, store: Store, group: Group
) -> None:
    visitor = Visitor(node.url)
    visitor.ask(f"mã của em là {CODE}")
    waits(store, visitor)
    before = len(letters(node, "1 người đang chờ"))
    (text,) = until(lambda: group.told)
    until(lambda: len(letters(node, "1 người đang chờ")) == before + 1)
    assert text.splitlines() == [
        "1 người đang chờ nhân viên ở bàn trực mà chưa ai nhận.", f"Mở bàn trực: {node.url}/console/desk"
    ]  # fmt: skip
    waits(store, Visitor(node.url))
    until(lambda: len(group.told) == 2)  # the next look: of the first nothing is said again
    assert group.told[1].startswith("1 người đang chờ")
    assert visitor.conversation not in "".join(group.told)


def test_what_could_not_be_told_is_told_later_while_it_is_so(node: Served, store: Store, group: Group) -> None:
    group.works = False
    waits(store, Visitor(node.url))
    until(lambda: group.refused)
    assert group.told == []
    group.works = True
    store.do("UPDATE desk_alerts SET next_try_at = now() WHERE sent_at IS NULL")
    assert "1 người đang chờ" in until(lambda: group.told)[0]


def test_what_is_over_is_not_told_any_more(node: Served, store: Store, group: Group) -> None:
    group.works = False
    waits(store, Visitor(node.url))
    until(lambda: group.refused)
    store.do("UPDATE handovers SET state = 'closed', outcome = 'left', closed_at = now() WHERE state = 'waiting'")
    until(lambda: not store.value("SELECT count(*) FROM desk_alerts WHERE sent_at IS NULL AND way = 'webhook'"))
    assert group.told == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (("INSERT INTO handovers (conversation, state, reason, outcome, closed_at) SELECT id, 'closed', 'asked',"
         " 'nobody', now() FROM conversations LIMIT 1"), "1 người đã chờ mà chưa gặp được nhân viên"),
        (("INSERT INTO handovers (conversation, state, reason, agent, taken_at, held_at) SELECT id, 'with_person',"
         " 'asked', 'hoa', now() - interval '6 min', now() FROM conversations LIMIT 1"),
         "1 cuộc trò chuyện đã có nhân viên nhận"),
        (("INSERT INTO zalo_tokens (oa_id, sealed, expires_at, trouble, trouble_at) VALUES ('tried', '', now(),"
         " 'refused', now())"), "Zalo từ chối kết nối của 1 tài khoản"),
    ],
)  # fmt: skip
def test_what_else_needs_somebody(node: Served, store: Store, group: Group, statement: str, words: str) -> None:
    Visitor(node.url).ask("chào")
    store.do("INSERT INTO desk_presence (agent) VALUES ('hoa') ON CONFLICT (agent) DO UPDATE SET seen_at = now()")
    store.do(statement)
    until(lambda: any(words in text for text in group.told))
