"""Those in charge are told outside the console that somebody is needed: once each way, and again if it failed."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.desk import push
from assistant.runtime.origins import is_named
from tests.conftest import Served, serve
from tests.console.conftest import Join, always_open
from tests.console.test_desk import empty_desk, waits
from tests.kit import postgres
from tests.kit.people import CODE, Store, Visitor
from tests.kit.registries import Serving
from tests.kit.waiting import until

pytestmark = pytest.mark.dear(60)

__all__ = ["empty_desk"]  # a fixture that pytest finds by its name here
CHIEF = "truong.ban@example.com"


class Browser:
    """A browser that is told: its keys, and what came to it."""

    def __init__(self, service: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.endpoint = f"{service}/push/{uuid.uuid4().hex}"

    @property
    def subscription(self) -> str:
        keys = {"p256dh": push.encoded(push.public_key(self._key)), "auth": push.encoded(self._auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> dict[str, str]:
        """Decrypts a message as a browser does (RFC 8291)."""
        salt, length, rest = body[:16], body[20], body[21:]
        point, sealed = rest[:length], rest[length:]
        secret = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        info = b"WebPush: info\0" + push.public_key(self._key) + point
        material = HKDF(hashes.SHA256(), 32, self._auth, info).derive(secret)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
        found: dict[str, str] = json.loads(AESGCM(key).decrypt(nonce, sealed, None).removesuffix(b"\x02"))
        return found


class Group:
    """A group chat's incoming webhook, and a push service of browsers."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.refused = 0
        self.works = True
        self.pushed: list[tuple[str, Request, bytes]] = []
        self.push_says = 201
        hook = Route("/hook", self.take, methods=["POST"])
        self.serving = Serving(Starlette(routes=[hook, Route("/push/{browser}", self.push, methods=["POST"])]))

    async def push(self, request: Request) -> Response:
        self.pushed.append((str(request.url), request, await request.body()))
        return Response(status_code=self.push_says)

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
    served = serve(
        postgres.create(server_url), model_path, folder, DESK_FILE=always_open(folder),
        ALERT_WEBHOOK=f"{group.serving.url}/hook", ALERT_EMAILS=CHIEF, ALERT_WAIT_SECONDS="1",
        PUSH_SERVICES=group.serving.url,
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def nothing_told(group: Group, store: Store) -> None:
    """Nothing was told so far, and nobody was missed."""
    store.do(
        "UPDATE handovers SET dealt_at = now() WHERE state = 'closed'", "DELETE FROM questions",
        "DELETE FROM zalo_tokens WHERE oa_id = 'tried'", "DELETE FROM push_subscriptions",
    )  # fmt: skip
    group.told.clear()
    group.pushed.clear()
    group.refused, group.works, group.push_says = 0, True, 201


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


def test_an_agents_browser_is_told_what_only_it_can_read(
    joined: Join, node: Served, store: Store, group: Group
) -> None:
    hoa, browser = joined("agent"), Browser(group.serving.url)
    assert hoa.post("/console/push", subscription=browser.subscription).status_code == 303
    assert browser.endpoint.encode() not in bytes(store.value("SELECT sealed FROM push_subscriptions"))
    visitor = Visitor(node.url)
    waits(store, visitor)
    address, request, body = until(lambda: group.pushed)[0]
    assert address == browser.endpoint
    assert browser.read(body) == {
        "title": "Bàn trực VssID: có việc cần người", "text": "1 người đang chờ nhân viên ở bàn trực mà chưa ai nhận.",
        "url": f"{node.url}/console/desk",
    }  # fmt: skip
    assert visitor.conversation.encode() not in body
    token, key = re.fullmatch(r"vapid t=(\S+), k=(\S+)", request.headers["authorization"]).groups()  # type: ignore[union-attr]
    head, claims, signature = token.split(".")
    assert json.loads(push.decoded(claims))["aud"] == group.serving.url
    signed = push.decoded(signature)
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), push.decoded(key))
    dss = encode_dss_signature(int.from_bytes(signed[:32]), int.from_bytes(signed[32:]))
    ours.verify(dss, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert f'data-push="{key}"' in hoa.get("/console/desk").text, "the browser subscribes with the same key"


def test_a_browser_that_wants_no_more_is_forgotten(joined: Join, node: Served, store: Store, group: Group) -> None:
    hoa, browser = joined("agent"), Browser(group.serving.url)
    hoa.post("/console/push", subscription=browser.subscription)
    group.push_says = 410
    waits(store, Visitor(node.url))
    until(lambda: store.value("SELECT count(*) FROM push_subscriptions") == 0)
    hoa.post("/console/push", subscription=browser.subscription)
    hoa.post("/console/push", endpoint=browser.endpoint)
    assert store.value("SELECT count(*) FROM push_subscriptions") == 0


@pytest.mark.parametrize(
    "wrong", ["", "{", "[]", '{"endpoint": "x"}', "http://127.0.0.1:1/x", "https://push.example.com/x", "http://u@{}/x"]
)
def test_nobody_makes_us_call_another_address(joined: Join, store: Store, group: Group, wrong: str) -> None:
    hoa = joined("agent")
    subscription = wrong
    if wrong.startswith("http"):
        browser = Browser("")
        browser.endpoint = wrong.format(group.serving.url.removeprefix("http://"))
        subscription = browser.subscription
    assert hoa.post("/console/push", subscription=subscription).status_code in (303, 400)
    assert store.value("SELECT count(*) FROM push_subscriptions") == 0


def test_services_are_named_by_origin() -> None:
    named = ["https://fcm.example.com", "https://*.push.example.com"]
    for good in ("https://fcm.example.com/a", "https://eu.push.example.com/a?b"):
        assert is_named(good, named)
    for bad in (
        "http://fcm.example.com/a", "https://fcm.example.com:444/a", "https://fcm.example.com.evil.test/a",
        "https://push.example.com@evil.test/", "https://xpush.example.com/", "https://[::1/", "file:///etc/passwd",
        "https://eu.push.example.com:8443/",
    ):  # fmt: skip
        assert not is_named(bad, named), bad


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
