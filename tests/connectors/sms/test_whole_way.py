"""From an SMS to the e-mail with the link, through a served node and the gateway of /sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from sandbox.sms import size
from tests.conftest import Served, serve
from tests.kit import postgres
from tests.kit.people import CODE, EMAIL, MASKED, PHONE, Store
from tests.kit.waiting import CLIENT, until

READER = "0912000111"


class Phone:
    """A phone that writes to the assistant."""

    def __init__(self, node: Served, number: str = READER) -> None:
        self.number = number
        self._http = httpx.Client(base_url=node.url, timeout=CLIENT)

    def shown(self) -> list[dict[str, str]]:
        """Returns what the assistant sent, one entry an SMS."""
        found = self._http.get("/sandbox/api/sms/messages", params={"user": self.number}).json()["messages"]
        return [message for message in found if message["from"] == "oa"]

    def ask(self, text: str, expected: str) -> str:
        """Sends a text and returns the answer, once it says what is expected."""
        before = len(self.shown())
        sent = self._http.post("/sandbox/api/sms/messages", json={"user": self.number, "text": text})
        assert sent.status_code == 200, sent.text
        return until(lambda: expected in (said := " ".join(m["text"] for m in self.shown()[before:])) and said)

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def phones(node: Served) -> Iterator[Callable[..., Phone]]:
    """Makes phones, and closes them."""
    made: list[Phone] = []

    def make(number: str = READER) -> Phone:
        made.append(Phone(node, number))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = postgres.create(server_url)
    served = serve(url, model_path, tmp_path_factory.mktemp("sms"), SMS_GATEWAY="sandbox")
    served.start()
    yield served
    served.stop()


def test_the_old_way_is_answered_and_the_new_way_goes_to_the_mail(node: Served, phones: Callable[..., Phone]) -> None:
    phone = phones()
    mails = len(node.mails())
    old = phone.ask(f"BH MK {CODE}", "2. Lay lai mat khau")
    assert "Nguon" not in old
    assert "da duoc thay the" in old
    assert "1900 9068" in old
    phone.ask("2", "ma so BHXH")
    phone.ask(CODE, "so dien thoai")
    sent = phone.ask(PHONE, MASKED.replace("•", "")[:1])
    assert "@e" in sent
    mail = until(lambda: (found := node.mails()) and len(found) > mails and found[0])
    assert mail["to"] == EMAIL
    assert all(size(message["text"]) == 1 for message in phone.shown())
    assert all(message["text"].isascii() for message in phone.shown())

    store = Store(node.database_url)
    with psycopg.connect(node.database_url) as connection:
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        everything = "".join(str(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables)
    assert READER[1:] not in everything
    assert store.value("SELECT count(*) FROM outbox WHERE state <> 'sent'") == 0
    assert READER[1:] not in node.log.read_text()


def test_two_phones_stay_apart_and_other_senders_get_nothing(phones: Callable[..., Phone]) -> None:
    one, other = phones(), phones("0935000222")
    one.ask("em quên mật khẩu", "ma so BHXH")
    assert "ma so BHXH" not in other.ask("chào bạn", "tro ly")
    for body in ({"user": "8079", "text": "x"}, {"user": READER, "text": " "}, {}, []):
        assert one._http.post("/sandbox/api/sms/messages", json=body).status_code == 400
    assert one._http.post("/webhooks/sms", json={"from": "84912000111", "text": "a", "id": "1"}).status_code == 401


def test_without_a_gateway_there_is_no_door(monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.settings import Settings
    from connectors.sms.kind import KIND

    monkeypatch.delenv("SMS_GATEWAY", raising=False)
    assert KIND.build
    assert KIND.build(Settings(), None) is None  # type: ignore[arg-type]


def test_the_page_of_the_connector_describes_a_gateway_that_is_read() -> None:
    from connectors.base.described import read_described
    from connectors.sms.settings import Gateway

    page = (Path(__file__).parents[3] / "connectors/sms/README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert examples
    for example in examples:
        assert read_described(Gateway, json.dumps(json.loads(example)))
