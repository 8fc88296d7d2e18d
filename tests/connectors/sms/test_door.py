"""The SMS door over the wire: a gateway's proofs and formats, doubles, the old way, the whole way to the e-mail."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from assistant import database
from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.messages.outbox import Sent
from connectors.base.channel import Parts
from connectors.base.described import BadDescription, read_described
from connectors.sms.channel import sms_channel
from connectors.sms.phones import Phones, sender_of, written
from connectors.sms.sender import SmsSender
from connectors.sms.settings import Gateway
from connectors.sms.webhook import _time
from sandbox.sms import SmsGateway, repeat, size
from tests.conftest import free_port
from tests.kit.turns import SAFE, Connection, count
from tests.kit.waiting import until_soon

SECRET, KEY, PHONE = "a-secret-of-the-gateway", "gateway-key", "0901000777"


class Wire:
    """A door and a gateway, each at its address."""

    def __init__(self, gateway: SmsGateway, sender: SmsSender, phones: Phones, url: str) -> None:
        self.gateway, self.sender, self.phones, self.url = gateway, sender, phones, url

    async def post(self, body: bytes, kind: str = "application/json", **headers: str) -> int:
        """Posts bytes, signed unless `x-signature` is given."""
        signed = {"x-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()} | headers
        async with httpx.AsyncClient() as client:
            sent = await client.post(f"{self.url}/webhooks/sms", content=body, headers={"content-type": kind} | signed)
            return sent.status_code

    async def user(self) -> str:
        return (await self.phones.keep(PHONE)).partition(":")[2]


@asynccontextmanager
async def wired(url: str, patience: float = 3, **changed: Any) -> AsyncIterator[Wire]:
    """Serves door and gateway on loopback."""
    here = f"http://127.0.0.1:{free_port()}"
    stand_in = SmsGateway(f"{here}/webhooks/sms", SECRET, KEY)
    described = SmsGateway.description(f"{here}/gateway", SECRET, KEY)
    for name, value in changed.items():
        described[name] = described[name] | value if isinstance(value, dict) else value
    gateway = Gateway.model_validate(described)
    async with database.pool(url, 4) as pool, httpx.AsyncClient(timeout=patience) as http:

        async def accept(event: Event) -> bool:
            async with pool.connection() as connection:
                return await inbox.accept(connection, event, SAFE)

        async def accept_all(events: Any) -> int:
            return sum([await accept(event) for event in events])

        channel = sms_channel(gateway, Parts(pool, SAFE, http, accept, accept_all))
        app = Starlette(routes=[*channel.routes, Mount("/gateway", routes=stand_in.routes())])
        port = int(here.rpartition(":")[2])
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off", ws="none"))
        task = asyncio.create_task(server.serve())
        await until_soon(lambda: server.started or task.done())
        assert isinstance(channel.sender, SmsSender)
        try:
            yield Wire(stand_in, channel.sender, Phones(pool, SAFE), here)
        finally:
            await stand_in.close()
            server.should_exit = True
            await task


@pytest.fixture
def on_the_wire(database_url: str) -> Callable[..., Any]:
    def run(act: Callable[[Wire], Coroutine[Any, Any, Any]], **changed: Any) -> Any:
        async def go() -> Any:
            async with wired(database_url, **changed) as wire:
                return await act(wire)

        return asyncio.run(go())

    return run


class TestComingIn:
    def test_a_message_is_kept_without_the_number(self, on_the_wire: Any, connection: Connection) -> None:
        async def act(wire: Wire) -> None:
            answer = await wire.gateway.phone_sends(PHONE, "số của em là 0901000777")
            assert answer.status_code == 200

        on_the_wire(act)
        row = connection.execute("SELECT conversation, kind, body ->> 'text' FROM inbox").fetchone()
        assert row is not None
        assert row[0].startswith("sms:")
        assert row[1] == "text"
        everything = str([
            connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in ("inbox", "conversations", "sms_numbers", "vault")
        ])  # fmt: skip
        assert "901000777" not in everything

    def test_a_message_sent_five_times_at_once_is_one(self, on_the_wire: Any, connection: Connection) -> None:
        async def act(wire: Wire) -> list[int]:
            message = {"from": "84901000777", "text": "1", "id": "m-1"}
            return await repeat(wire.gateway, message, 5)

        assert on_the_wire(act) == [200] * 5
        assert count(connection, "inbox") == 1

    def test_two_equal_texts_are_two_messages(self, on_the_wire: Any, connection: Connection) -> None:
        async def act(wire: Wire) -> None:
            for key in ("m-1", "m-2"):
                await wire.gateway.phone_sends(PHONE, "1", key)

        on_the_wire(act)
        assert count(connection, "inbox") == 2

    @pytest.mark.parametrize(
        "text", ["BH MK 7900000123", "bh mk 7900000123", "BHMK 7900000123", " BH  MK ", "BH MK DN4797900000123",
                 "Bh Mk 79-000-00123"]
    )  # fmt: skip
    def test_the_old_way_is_known(self, on_the_wire: Any, connection: Connection, text: str) -> None:
        on_the_wire(lambda wire: wire.gateway.phone_sends(PHONE, text))
        body = connection.execute("SELECT kind, body FROM inbox").fetchone()
        assert body == ("payload", {"payload": "#faq/sms_8079"})

    @pytest.mark.parametrize("text", ["BH MK là gì vậy ạ", "BHYT", "em soạn BH MK 7900000123 mà không được", "MK BH"])
    def test_questions_about_it_are_ordinary_messages(
        self, on_the_wire: Any, connection: Connection, text: str
    ) -> None:
        on_the_wire(lambda wire: wire.gateway.phone_sends(PHONE, text))
        assert connection.execute("SELECT kind FROM inbox").fetchone() == ("text",)

    @pytest.mark.parametrize("sender", ["8079", "VIETTEL", "", "0243789999", "+1 202 555 0100", "84", "²", "9" * 400])
    def test_who_has_no_mobile_number_is_not_answered(
        self, on_the_wire: Any, connection: Connection, sender: str
    ) -> None:
        async def act(wire: Wire) -> int:
            return (await wire.gateway.post({"from": sender, "text": "quảng cáo", "id": "1"})).status_code

        assert on_the_wire(act) == 200
        assert count(connection, "conversations") == 0

    @pytest.mark.parametrize("number", ["84901000777", "+84901000777", "0901000777", "0901 000 777", "84-901-000-777"])
    def test_one_phone_is_one_conversation_however_it_is_written(self, number: str) -> None:
        assert sender_of(number) == PHONE

    def test_forms_and_nested_fields(self, on_the_wire: Any, connection: Connection) -> None:
        async def act(wire: Wire) -> list[int]:
            form = b"from=84901000777&text=xin+ch%C3%A0o&id=f-1"
            nested = json.dumps({"messages": [{"msisdn": 84901000777, "content": "chào", "at": "2026-11-22 08:00:00"}]})
            return [
                await wire.post(form, "application/x-www-form-urlencoded"),
                await wire.post(nested.encode()),
            ]

        fields = {
            "from": "messages.0.msisdn",
            "text": "messages.0.content",
            "at": "messages.0.at",
            "id": "messages.0.id",
        }
        assert on_the_wire(act, inbound={"fields": fields}) == [200, 200]
        row = connection.execute("SELECT body ->> 'text', sent_at FROM inbox").fetchall()
        assert [(text, at.isoformat()) for text, at in row] == [("chào", "2026-11-22T01:00:00+00:00")]

    def test_a_form_with_the_usual_names(self, on_the_wire: Any, connection: Connection) -> None:
        async def act(wire: Wire) -> int:
            return await wire.post(b"from=84901000777&text=xin+ch%C3%A0o&id=f-1", "application/x-www-form-urlencoded")

        assert on_the_wire(act) == 200
        assert connection.execute("SELECT body ->> 'text' FROM inbox").fetchone() == ("xin chào",)

    @pytest.mark.parametrize(
        ("at", "read"),
        [("1767225600", "2026-01-01T00:00:00+00:00"), ("1767225600000", "2026-01-01T00:00:00+00:00"),
         ("2026-01-01T07:00:00+07:00", "2026-01-01T07:00:00+07:00"), ("2026-01-01 07:00", "2026-01-01T07:00:00+07:00"),
         ("hôm nay", None), ("", None), ("9" * 40, None)],
    )  # fmt: skip
    def test_times(self, at: str, read: str | None) -> None:
        found = _time(at)
        assert (found.isoformat() if found else None) == read


class TestProofs:
    def test_wrong_and_missing_signatures_are_refused(self, on_the_wire: Any, connection: Connection) -> None:
        async def act(wire: Wire) -> list[int]:
            body = json.dumps({"from": "84901000777", "text": "a", "id": "1"}).encode()
            good = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            tries = [
                "",
                "0" * 64,
                good[:-1],
                good + "0",
                "sha256=" + good,
                hmac.new(b"x", body, hashlib.sha256).hexdigest(),
            ]
            refused = [await wire.post(body, **{"x-signature": given}) for given in tries]
            return [*refused, await wire.post(body, **{"x-signature": good.upper()})]

        assert on_the_wire(act) == [401] * 6 + [200]
        assert count(connection, "inbox") == 1

    def test_base64_and_a_prefix(self, on_the_wire: Any) -> None:
        async def act(wire: Wire) -> list[int]:
            body = json.dumps({"from": "84901000777", "text": "a", "id": "1"}).encode()
            digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
            return [await wire.post(body, **{"x-hub": given}) for given in (f"v1={digest}", digest.lower())]

        changed = {"hmac": {"secret": SECRET, "header": "x-hub", "prefix": "v1=", "encoding": "base64"}}
        assert on_the_wire(act, inbound=changed) == [200, 401]

    def test_basic_authentication(self, on_the_wire: Any) -> None:
        async def act(wire: Wire) -> list[int]:
            body = json.dumps({"from": "84901000777", "text": "a", "id": "1"}).encode()
            tries = ["gate:a-password", "gate:wrong", "gate", ""]
            headers = [f"Basic {base64.b64encode(given.encode()).decode()}" for given in tries]
            return [await wire.post(body, authorization=shown.strip()) for shown in [*headers, "Basic !", "Bearer x"]]

        changed = {"hmac": None, "basic": {"user": "gate", "password": "a-password"}}
        assert on_the_wire(act, inbound=changed) == [200, 401, 401, 401, 401, 401]

    @pytest.mark.parametrize(
        ("body", "status"),
        [(b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b"\xff\xfe", 400), (b"{}", 200), (b"[" * 9000, 400),
         (b'{"from":"84901000777","text":"a"}', 400), (b'{"from":{"a":1},"text":[],"id":true}', 200),
         (b'{"from":"84901000777","text":null,"id":"1"}', 200), (b"x" * 20_000, 413)],
    )  # fmt: skip
    def test_bodies_that_are_no_message(self, on_the_wire: Any, body: bytes, status: int) -> None:
        assert on_the_wire(lambda wire: wire.post(body)) == status


class TestGoingOut:
    BODY: ClassVar = {
        "text": "Bạn chọn một việc:",
        "buttons": [{"title": "Lấy lại mật khẩu", "payload": "#reset_password"}],
    }

    def send(self, on_the_wire: Any, body: dict[str, Any] | None = None, **given: Any) -> tuple[Sent, SmsGateway]:
        plan = given.pop("plan", [])

        async def act(wire: Wire) -> tuple[Sent, SmsGateway]:
            wire.gateway.plan, wire.gateway.slow_seconds = plan, 1.0
            wire.gateway.longest = given.get("most_parts", 1) if given.get("concatenated") else 1
            return await wire.sender.send(await wire.user(), body or self.BODY), wire.gateway

        result: tuple[Sent, SmsGateway] = on_the_wire(act, patience=0.5, **given)
        return result

    def test_an_answer_is_a_numbered_menu_without_accents(self, on_the_wire: Any) -> None:
        result, gateway = self.send(on_the_wire)
        assert (result.outcome, result.platform_id) == ("sent", "sms-1")
        assert gateway.messages[0]["user"] == PHONE
        assert gateway.messages[0]["text"] == "Ban chon mot viec:\n\nBan nhan so de chon:\n1. Lay lai mat khau"

    def test_accents_on_demand(self, on_the_wire: Any) -> None:
        result, gateway = self.send(on_the_wire, {"text": "Chào bạn"}, accents=True)
        assert (result.outcome, gateway.messages[0]["text"]) == ("sent", "Chào bạn")

    @pytest.mark.parametrize(("joined", "messages"), [(False, 4), (True, 1)])
    def test_long_answers_go_in_parts_or_joined(self, on_the_wire: Any, joined: bool, messages: int) -> None:
        text = "Bạn gọi tổng đài 1900 9068. " * 20
        result, gateway = self.send(on_the_wire, {"text": text}, concatenated=joined, most_parts=9)
        assert result.outcome == "sent"
        assert len(gateway.messages) == messages
        assert all(size(m["text"]) <= (9 if joined else 1) for m in gateway.messages)

    @pytest.mark.parametrize(
        ("planned", "outcome"),
        [(9, "retry"), (7, "permanent"), ("500", "uncertain"), ("502", "uncertain"), ("cut", "uncertain"),
         ("slow", "uncertain"), ("garbage", "uncertain")],
    )  # fmt: skip
    def test_what_a_gateways_answer_means(self, on_the_wire: Any, planned: Any, outcome: str) -> None:
        assert self.send(on_the_wire, plan=[planned])[0].outcome == outcome

    def test_a_gateway_that_refuses_us_is_waited_for(self, on_the_wire: Any) -> None:
        result, _ = self.send(on_the_wire, outbound={"headers": {"authorization": "Bearer wrong"}})
        assert (result.outcome, result.retry_after) == ("retry", 600)

    def test_a_gateway_that_is_away_is_tried_again_and_surely_not_twice(self, on_the_wire: Any) -> None:
        result, _ = self.send(on_the_wire, outbound={"url": f"http://127.0.0.1:{free_port()}/send"})
        assert result == Sent("retry", error="gateway ConnectError")

    def test_a_part_that_arrived_is_not_sent_again(self, on_the_wire: Any) -> None:
        body = {"text": "Bạn gọi tổng đài 1900 9068. " * 20}

        async def act(wire: Wire) -> tuple[list[str], int]:
            wire.gateway.plan = [None, 9]
            user = await wire.user()
            outcomes = [(await wire.sender.send(user, body)).outcome for _ in range(2)]
            return outcomes, len(wire.gateway.messages)

        assert on_the_wire(act) == (["uncertain", "sent"], 4)

    def test_nobodys_number_is_a_dead_letter(self, on_the_wire: Any) -> None:
        assert on_the_wire(lambda wire: wire.sender.send("unknown", self.BODY)) == Sent("permanent", error="no number")

    @pytest.mark.parametrize(("style", "shown"), [("84", "84901000777"), ("+84", "+84901000777"), ("0", PHONE)])
    def test_numbers_are_written_as_the_gateway_wants(self, style: str, shown: str) -> None:
        assert written(PHONE, style) == shown


class TestDescriptions:
    GOOD = SmsGateway.description("http://127.0.0.1:1", SECRET, KEY)

    def test_from_text_and_file(self, tmp_path: Path) -> None:
        (tmp_path / "sms.json").write_text(json.dumps(self.GOOD))
        assert read_described(Gateway, json.dumps(self.GOOD)) == read_described(Gateway, str(tmp_path / "sms.json"))

    @pytest.mark.parametrize(
        ("change", "words"),
        [({"inbound": {}}, "either hmac or basic"), ({"inbound": {"hmac": {"secret": "short"}}}, "inbound.hmac.secret"),
         ({"outbound": {"url": "ftp://x"}}, "outbound.url"), ({"secret": "s3cret-value"}, "secret: Extra"),
         ({"most_parts": 0}, "most_parts")],
    )  # fmt: skip
    def test_mistakes_are_named_and_values_are_not(self, change: dict[str, Any], words: str) -> None:
        with pytest.raises(BadDescription) as raised:
            read_described(Gateway, json.dumps(self.GOOD | change))
        assert words in str(raised.value)
        assert "s3cret" not in str(raised.value)
        assert "short" not in str(raised.value).replace("String should", "")

    @pytest.mark.parametrize(("given", "words"), [("/no/such", "cannot be read"), ("{", "not JSON")])
    def test_no_file_and_no_json(self, given: str, words: str) -> None:
        with pytest.raises(BadDescription, match=words):
            read_described(Gateway, given)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    message=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["from", "text", "id", "time", "x"]), inner)
        ),
        max_leaves=8,
    ),
    known=st.booleans(),
)
def test_nothing_signed_breaks_the_door(
    database_url: str, loop: asyncio.AbstractEventLoop, message: Any, known: bool
) -> None:
    if known and isinstance(message, dict):
        message |= {"from": "84901000777", "id": "m"}

    async def act() -> int:
        async with wired_in_process(database_url) as post:
            return await post(json.dumps(message).encode())

    assert loop.run_until_complete(act()) in (200, 400)


@asynccontextmanager
async def wired_in_process(url: str) -> AsyncIterator[Callable[[bytes], Coroutine[Any, Any, int]]]:
    """Opens the door without a server."""
    gateway = Gateway.model_validate(TestDescriptions.GOOD)
    async with database.pool(url, 1) as pool, httpx.AsyncClient() as http:

        async def accept(event: Event) -> bool:
            async with pool.connection() as connection:
                return await inbox.accept(connection, event, SAFE)

        async def accept_all(events: Any) -> int:
            return len(events)

        channel = sms_channel(gateway, Parts(pool, SAFE, http, accept, accept_all))
        transport = httpx.ASGITransport(Starlette(routes=list(channel.routes)))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:

            async def post(body: bytes) -> int:
                signed = {"x-signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
                headers = {"content-type": "application/json"} | signed
                return (await client.post("/webhooks/sms", content=body, headers=headers)).status_code

            yield post
