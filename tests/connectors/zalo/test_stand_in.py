"""The stand-in keeps Zalo's contract: what it sends, refuses, limits and forgets. Its list is sandbox/zalo.md."""

from __future__ import annotations

import asyncio
import datetime
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.zalo import signature
from sandbox.zalo import LADDER, OA_ID, Clock
from sandbox.zalo_delivery import Delivery
from sandbox.zalo_events import ATTACHMENTS, Events
from sandbox.zalo_world import Policy, World
from tests.conftest import ROOT, free_port
from tests.connectors.zalo.conftest import fixture
from tests.connectors.zalo.sending import APP, OTHER_OA, SECRET, USER, Zalo, serving, two_accounts

HOUR, DAY = 3600, 24 * 3600


def with_stand_in(act: Callable[[Zalo, httpx.AsyncClient], Awaitable[Any]], **serving_with: Any) -> Any:
    async def run() -> Any:
        async with serving(**serving_with) as zalo, httpx.AsyncClient(base_url=zalo.url, timeout=30) as client:
            return await act(zalo, client)

    return asyncio.run(run())


async def send(client: httpx.AsyncClient, token: str, message: Any, user: str = USER, **headers: str) -> Any:
    """Sends a message as a client of the API does; returns status, headers and body."""
    body = {"recipient": {"user_id": user}, "message": message}
    return await client.post("/v3.0/oa/message/cs", json=body, headers={"access_token": token} | headers)


async def code(client: httpx.AsyncClient, token: str, message: Any, user: str = USER, **headers: str) -> int:
    return int((await send(client, token, message, user, **headers)).json()["error"])


def shape(value: Any) -> Any:
    """Returns names and types of a value, without its values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


class TestEvents:
    def test_its_bodies_have_the_shapes_of_the_recorded_ones(self) -> None:
        events, at = Events(APP), 1767225600.0
        for kind, (name, payload) in ATTACHMENTS.items():
            message = {"attachments": [{"type": name, "payload": payload}], "msg_id": "a"}
            if kind == "link":
                message["text"] = "https://example.com/"
            made = events.from_user(f"user_send_{kind}", OA_ID, USER, message, at)
            assert shape(made) == shape(fixture(f"user_send_{kind}")), kind
        text = events.from_user("user_send_text", OA_ID, USER, {"text": "x", "msg_id": "a"}, at)
        colleague = events.from_oa("oa_send_text", OA_ID, USER, {"text": "x", "msg_id": "a"}, at, "6001")
        for name, made in (
            ("user_send_text", text),
            ("oa_send_text_by_colleague", colleague),
            ("follow", events.follow("follow", OA_ID, USER, at)),
            ("user_click_chatnow", events.of_account("user_click_chatnow", OA_ID, USER, at)),
            ("user_received_message", events.from_oa("user_received_message", OA_ID, USER, {"msg_id": "a"}, at)),
        ):
            assert shape(made) == shape(fixture(name)), name
            assert re.fullmatch(r"\d{13}", made["timestamp"])

    @pytest.mark.parametrize(("mode", "pattern"), [("mac", "mac=[0-9a-f]{64}"), ("bare", "[0-9a-f]{64}"),
                                                   ("upper", "mac=[0-9A-F]{64}"), ("wrong", "mac=0{64}")])  # fmt: skip
    def test_it_signs_in_every_way_that_is_seen(self, mode: str, pattern: str) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            zalo.policy.signature = mode
            await zalo.user_sends(USER, "chào")
            request = zalo.events_got[0]
            shown = request.headers["x-zevent-signature"]
            assert re.fullmatch(pattern, shown)
            body = await request.body()
            good = signature.valid(shown, APP, body, json.loads(body)["timestamp"], ["oa-secret"])
            assert good is (mode != "wrong")

        with_stand_in(act)

    @pytest.mark.parametrize("escaped", [True, False])
    def test_letters_are_written_raw_or_escaped(self, escaped: bool) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> bytes:
            zalo.policy.escaped = escaped
            await zalo.user_sends(USER, "chào bạn")
            return await zalo.events_got[0].body()

        body = with_stand_in(act)
        assert (b"\\u00e0" in body) is escaped
        assert b": " not in body

    def test_a_test_of_the_console_is_not_signed(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            await zalo.console_test()
            assert "x-zevent-signature" not in zalo.events_got[0].headers

        with_stand_in(act)

    def test_after_a_message_come_echo_and_receipts_in_order(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            answer = (await send(client, zalo.token, {"text": "Chào"})).json()
            await zalo.delivery.settle()
            bodies = [json.loads(await request.body()) for request in zalo.events_got]
            names = [body["event_name"] for body in bodies]
            assert names == ["oa_send_text", "user_received_message", "user_seen_message"]
            assert "admin_id" not in bodies[0]["sender"]
            assert bodies[0]["message"]["msg_id"] == answer["data"]["message_id"]
            assert bodies[2]["message"] == {"msg_ids": [answer["data"]["message_id"]]}
            await zalo.colleague_writes(USER, "Chào chị")
            assert json.loads(await zalo.events_got[-1].body())["sender"]["admin_id"] == "5001"

        with_stand_in(act)

    def test_a_receipt_of_a_template_comes_from_another_server(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            await zalo.template_receipt("84901000123", "otp-1")
            assert zalo.events_got[0].headers["x-zevent-server"] == "ZNS"
            assert shape(json.loads(await zalo.events_got[0].body())) == shape(
                fixture("user_received_message_template")
            )

        with_stand_in(act)


class TestDelivery:
    @pytest.mark.timeout(60)
    def test_settling_ends_while_what_is_done_is_not_yet_forgotten(self) -> None:
        async def settle() -> None:
            delivery = Delivery(World(APP, SECRET, two_accounts(), Policy(), None), "http://127.0.0.1:9")
            delivery.later(asyncio.sleep(0))
            (task,) = delivery._background
            while not task.done():  # noqa: ASYNC110 - until just before it is discarded
                await asyncio.sleep(0)
            assert delivery._background == {task}
            await delivery.close()
            assert not delivery._background

        asyncio.run(settle())

    @pytest.mark.timeout(60)
    def test_an_end_does_not_wait_for_the_ladder(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            assert await zalo.user_sends(USER, "chào") is None
            assert zalo.delivery._background  # the first step comes in half a minute

        with_stand_in(act, webhook=f"http://127.0.0.1:{free_port()}/webhook")

    def test_the_ladder_is_the_contracts(self) -> None:
        assert LADDER == (30, 300, 900, 1800, 3600)

    def test_who_cannot_be_reached_is_tried_five_times_then_no_more(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            zalo.policy.ladder = (0.01,) * 5
            assert await zalo.user_sends(USER, "chào") is None
            await zalo.delivery.settle()
            assert not zalo.delivery.enabled
            assert await zalo.user_sends(USER, "chào") is None

        with_stand_in(act, webhook=f"http://127.0.0.1:{free_port()}/webhook")

    def test_a_retry_has_the_same_body_and_says_its_number(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            zalo.policy.ladder, zalo.policy.retry_all = (0.01, 0.01), True
            zalo.delivery._client, zalo.late = httpx.AsyncClient(timeout=0.2), 0.5
            await zalo.user_sends(USER, "chào")
            zalo.late = 0
            await zalo.delivery.settle()
            got = [(request.headers.get("num_retry"), await request.body()) for request in zalo.events_got]
            assert got[-1][0] == "1"
            assert len({body for _, body in got}) == 1
            assert zalo.delivery.late == 1

        with_stand_in(act)

    def test_copies_and_disorder_on_demand(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[str]:
            zalo.policy.copies, zalo.policy.swap = 2, True
            for text in ("một", "hai"):
                await zalo.user_sends(USER, text)
            return [json.loads(await request.body())["message"]["text"] for request in zalo.events_got]

        assert with_stand_in(act) == ["hai", "hai", "một", "một"]


class TestMessages:
    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            ({"text": "a" * 2000}, 0),
            ({"text": "a" * 2001}, -210),
            ({"text": "😀" * 1001}, -210),
            ({"text": ""}, -201),
            ({}, -201),
            ("x", -201),
            ({"text": 5}, -201),
            ({"text": "a", "attachment": {"type": "template", "payload": {"template_type": "promotion"}}}, -233),
            ({"text": "a", "attachment": {"type": "template", "payload": {"template_type": "button"}}}, -233),
            ({"text": "a", "attachment": {"type": "video", "payload": {}}}, -233),
            ({"attachment": {"type": "file", "payload": {"token": "unknown"}}}, -201),
            ({"attachment": {"type": "template", "payload": {"template_type": "request_user_info",
                                                             "elements": []}}}, -201),
            ({"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [
                {"media_type": "image", "url": "https://example.com/a.png"}]}}}, 0),
            ({"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [{}, {}]}}}, -201),
        ],
    )  # fmt: skip
    def test_shapes_and_limits(self, message: Any, expected: int) -> None:
        assert with_stand_in(lambda zalo, client: code(client, zalo.token, message)) == expected

    @pytest.mark.parametrize(
        ("buttons", "expected"),
        [
            ([{"title": "t", "type": "oa.query.show", "payload": "#a"}] * 5, 0),
            ([{"title": "t", "type": "oa.query.hide", "payload": "#a"}], 0),
            ([{"title": "t", "type": "oa.open.url", "payload": {"url": "https://example.com"}}], 0),
            ([{"title": "t", "type": "oa.open.phone", "payload": {"phone_code": "19009068"}}], 0),
            ([{"title": "t", "type": "oa.open.sms", "payload": {"phone_code": "1", "content": "a"}}], 0),
            ([{"title": "t", "type": "oa.query.show", "payload": "#a"}] * 6, -210),
            ([{"title": "t" * 101, "type": "oa.query.show", "payload": "#a"}], -210),
            ([{"title": "t", "type": "oa.query.show", "payload": "a" * 1001}], -210),
            ([{"title": "t", "type": "postback", "payload": "#a"}], -201),
            ([{"title": "", "type": "oa.query.show", "payload": "#a"}], -201),
            ([], -201),
            ("x", -201),
        ],
    )
    def test_buttons(self, buttons: Any, expected: int) -> None:
        message = {"text": "Chọn", "attachment": {"type": "template", "payload": {"buttons": buttons}}}
        assert with_stand_in(lambda zalo, client: code(client, zalo.token, message)) == expected

    def test_each_shape_of_a_card_can_be_switched(self) -> None:
        element = {"title": "a", "subtitle": "b", "button": {"title": "t", "type": "oa.query.hide", "payload": "#a"}}
        card = {"text": "a", "attachment": {"type": "template", "payload": {"buttons": [element["button"]]}}}
        listed = {"attachment": {"type": "template", "payload": {"template_type": "list", "elements": [element]}}}
        bare = {"attachment": {"type": "template", "payload": {"template_type": "list", "elements": [{"title": "a"}]}}}

        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[int]:
            codes = [await code(client, zalo.token, message) for message in (card, listed)]
            zalo.policy.buttons, zalo.policy.lists = False, True
            return codes + [await code(client, zalo.token, message) for message in (card, listed, bare)]

        assert with_stand_in(act) == [0, -233, -233, 0, -201]

    def test_windows_follow_the_last_interaction_and_the_clock(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[Any]:
            assert isinstance(zalo.policy.clock, Clock)
            zalo.account().access_until += 90 * DAY
            told: list[Any] = [await code(client, zalo.token, {"text": "a"}, "2999")]
            for passed in (47 * HOUR, 2 * HOUR, 4 * DAY, 2 * DAY):
                zalo.policy.clock.advance(passed)
                body = (await send(client, zalo.token, {"text": "a"})).json()
                told.append(body["data"].get("quota", {}).get("quota_type") if body["error"] == 0 else body["error"])
            await zalo.user_follows(USER)
            told.append((await send(client, zalo.token, {"text": "a"})).json()["data"]["quota"]["quota_type"])
            return told

        assert with_stand_in(act) == [-232, "reply", "sub_quota", "sub_quota", -230, "reply"]

    def test_users_who_refuse_and_accounts_in_trouble(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[int]:
            zalo.account().refusing[USER] = -244
            codes = [await code(client, zalo.token, {"text": "a"})]
            zalo.account().trouble = -224
            codes.append(await code(client, zalo.token, {"text": "a"}))
            zalo.account().trouble, zalo.account().refusing = 0, {}
            zalo.policy.night = True
            zalo.policy.clock = lambda: datetime.datetime(2026, 11, 22, 16, tzinfo=datetime.UTC).timestamp()
            zalo.account().seen[USER], zalo.account().access_until = zalo.policy.clock(), zalo.policy.clock() + 9
            return [*codes, await code(client, zalo.token, {"text": "a"})]

        assert with_stand_in(act) == [-244, -224, -234]


class TestTokens:
    def test_a_new_token_kills_the_old_one_and_a_refresh_token_works_once(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            old, form = zalo.token, {"app_id": APP, "grant_type": "refresh_token", "refresh_token": zalo.grant()}
            headers = {"secret_key": SECRET}
            first = await client.post("/v4/oa/access_token", data=form, headers=headers)
            assert first.json()["expires_in"] == "90000"
            assert await code(client, old, {"text": "a"}) == -216
            assert await code(client, first.json()["access_token"], {"text": "a"}) == 0
            again = await client.post("/v4/oa/access_token", data=form, headers=headers)
            assert (again.status_code, again.json()["error"]) == (200, -14014)
            assert set(again.json()) == {"error", "error_name", "error_description", "error_reason", "ref_doc"}
            wrong = [({"secret_key": "x"}, {}), (headers, {"app_id": "9"}), (headers, {"grant_type": "password"})]
            codes = [
                (await client.post("/v4/oa/access_token", data=form | changed, headers=given)).json()["error"]
                for given, changed in wrong
            ]
            assert codes == [-14004, -14002, -14018]

        with_stand_in(act)

    def test_tokens_die_by_the_clock(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> tuple[int, int]:
            assert isinstance(zalo.policy.clock, Clock)
            zalo.policy.clock.advance(25 * HOUR + 1)
            dead = await code(client, zalo.token, {"text": "a"})
            zalo.policy.clock.advance(90 * DAY)
            form = {"app_id": APP, "grant_type": "refresh_token", "refresh_token": zalo.account().refresh}
            answer = await client.post("/v4/oa/access_token", data=form, headers={"secret_key": SECRET})
            return dead, answer.json()["error"]

        assert with_stand_in(act) == (-220, -14014)

    def test_a_token_reaches_only_its_own_account(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[str]:
            for oa in (OA_ID, OTHER_OA):
                assert await code(client, zalo.account(oa).access, {"text": oa}) == 0
            return [message["oa"] for message in zalo.said()]

        assert with_stand_in(act, accounts=two_accounts()) == [OA_ID, OTHER_OA]

    def test_the_permission_page_checks_app_callback_and_proof(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            zalo.policy.redirects = ("https://a.example/",)
            query = {"app_id": APP, "redirect_uri": "https://a.example/", "code_challenge": "x", "state": "s"}
            page = "/v4/oa/permission"
            assert (await client.get(page, params=query | {"app_id": "9"})).json()["error"] == -14002
            assert (await client.get(page, params=query | {"redirect_uri": "https://b.example/"})).json()[
                "error"
            ] == -14003
            assert "Cho phép với" in (await client.get(page, params=query)).text
            back = await client.get(f"{page}/allow", params=query | {"oa": OA_ID})
            given = httpx.URL(back.headers["location"]).params
            assert (given["state"], given["oa_id"]) == ("s", OA_ID)
            form = {"app_id": APP, "grant_type": "authorization_code", "code": given["code"], "code_verifier": "wrong"}
            for _ in range(2):
                answer = await client.post("/v4/oa/access_token", data=form, headers={"secret_key": SECRET})
                assert answer.json()["error"] == -14005

        with_stand_in(act)


class TestRates:
    @pytest.mark.parametrize(("app", "words"), [(True, "Your application reached"), (False, "Your OA reached")])
    def test_calls_are_counted_by_the_minute_and_told(self, app: bool, words: str) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            zalo.policy.app_limit, zalo.policy.oa_limit = (2, None) if app else (4000, 2)
            told = []
            for _ in range(3):
                answer = await send(client, zalo.token, {"text": "a"})
                told.append((answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remain"]))
            assert told[:2] == [("2", "1"), ("2", "0")]
            assert answer.json()["error"] == -32
            assert answer.json()["message"].startswith(words)
            assert isinstance(zalo.policy.clock, Clock)
            zalo.policy.clock.advance(60)
            assert await code(client, zalo.token, {"text": "a"}) == 0

        with_stand_in(act)


class TestOtherCalls:
    def test_accounts_people_and_quota_are_told(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> None:
            zalo.add_user(USER, "Cô Lan")
            headers = {"access_token": zalo.token}
            oa = (await client.get("/v2.0/oa/getoa", headers=headers)).json()["data"]
            assert (oa["oaid"], oa["is_verified"]) == (OA_ID, True)
            data = json.dumps({"user_id": USER})
            person = (await client.get("/v3.0/oa/user/detail", params={"data": data}, headers=headers)).json()["data"]
            assert (person["display_name"], person["user_is_follower"]) == ("Cô Lan", False)
            quota = (await client.post("/v3.0/oa/quota/message", json={"user_id": USER}, headers=headers)).json()
            assert re.fullmatch(r"\d{13}", quota["data"]["last_interaction"])
            for bad in ("", "[]", "{"):
                answer = await client.get("/v3.0/oa/user/detail", params={"data": bad}, headers=headers)
                assert (answer.status_code, answer.json()["error"]) == (200, -201)

        with_stand_in(act)

    def test_the_old_path_lives_for_visitors_and_reactions_only(self) -> None:
        async def act(zalo: Zalo, client: httpx.AsyncClient) -> list[int]:
            headers = {"access_token": zalo.token}
            await zalo.visitor_sends("7001", "8001", "chào")
            bodies: list[dict[str, Any]] = [
                {"recipient": {"anonymous_id": "7001", "conversation_id": "8001"}, "message": {"text": "a"}},
                {"recipient": {"user_id": USER}, "sender_action": {"react_icon": "/-heart", "react_message_id": "m"}},
                {"recipient": {"user_id": USER}, "message": {"text": "a"}},
                {"recipient": {"anonymous_id": "7002", "conversation_id": "8001"}, "message": {"text": "a"}},
            ]
            return [(await client.post("/v2.0/oa/message", json=b, headers=headers)).json()["error"] for b in bodies]

        assert with_stand_in(act) == [0, 0, -240, -232]


class TestTheList:
    LIST = (ROOT / "sandbox" / "zalo.md").read_text(encoding="utf-8")

    def test_every_point_of_the_list_names_a_test_that_exists(self) -> None:
        named = re.findall(r"`(tests/[\w/]+\.py)::(?:(\w+)::)?(\w+)`", self.LIST)
        assert len(named) > 40
        for path, group, name in named:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"\bdef {name}\b", source), f"{path}::{name}"
            assert not group or f"class {group}" in source

    def test_every_point_names_a_module_that_exists(self) -> None:
        for path in re.findall(r"`((?:sandbox|connectors)/[\w/]+\.py)`", self.LIST):
            assert Path(ROOT / path).exists(), path
