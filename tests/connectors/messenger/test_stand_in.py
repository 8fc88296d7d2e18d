"""The stand-in keeps the contract itself: what it refuses, what it tells, when it loses patience."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.messenger.api import proof
from sandbox import graph_people as people
from sandbox.graph_delivery import LADDER
from sandbox.graph_errors import GraphError
from sandbox.graph_limits import check_send
from sandbox.messenger import APP_ID, PAGE_ID, MessengerStandIn
from tests.connectors.messenger.meta import SECRET, TOKEN, VERIFY, Clock, Meta, meta

USER = "2000000000000001"
AUTH = {"access_token": TOKEN, "appsecret_proof": proof(SECRET, TOKEN)}
APP = {"access_token": f"{APP_ID}|{SECRET}"}


@pytest.fixture
def served() -> Iterator[Meta]:
    with meta() as served:
        served.page.webhooks.enabled = False
        served.run(served.page.does(USER, people.text("chào")))
        yield served


def _call(served: Meta, method: str, path: str, body: Any = None, **params: str) -> httpx.Response:
    return httpx.request(method, f"{served.url}/{path}", params=AUTH | params, json=body)


def _send(served: Meta, message: Any = None, **more: Any) -> httpx.Response:
    body = {"recipient": {"id": USER}, "messaging_type": "RESPONSE", "message": message or {"text": "x"}} | more
    body = {name: value for name, value in body.items() if value is not ...}
    return _call(served, "POST", "v26.0/me/messages", body)


def _refused(answer: httpx.Response) -> tuple[int, int]:
    error = answer.json()["error"]
    assert error["fbtrace_id"]
    assert answer.status_code >= 400
    return error["code"], error.get("error_subcode", 0)


# ---- versions, tokens, proofs


def test_versions(served: Meta) -> None:
    for version in ("v26.0/", "v21.0/", "v2.6/", ""):  # an expired one is served as the oldest
        assert _call(served, "GET", f"{version}me").json()["id"] == PAGE_ID
    assert _refused(_call(served, "GET", "v27.0/me")) == (2500, 0)


def test_tokens_and_proofs(served: Meta) -> None:
    url = f"{served.url}/v26.0/me"
    assert _refused(httpx.get(url)) == (190, 0)
    assert _refused(httpx.get(url, params={"access_token": "x"})) == (190, 0)
    assert "appsecret_proof argument" in httpx.get(url, params={"access_token": TOKEN}).json()["error"]["message"]
    wrong = httpx.get(url, params=AUTH | {"appsecret_proof": "0" * 64})
    assert "Invalid appsecret_proof" in wrong.json()["error"]["message"]
    served.page.policy.require_proof = False
    assert httpx.get(url, params={"access_token": TOKEN}).status_code == 200
    assert httpx.get(url, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    for state, code in {"expired": 463, "password": 460, "checkpoint": 459, "not installed": 458}.items():
        served.page.policy.session = state
        assert _refused(httpx.get(url, params=AUTH)) == (190, code)


def test_forms_are_taken_like_json(served: Meta) -> None:
    form = {"recipient": json.dumps({"id": USER}), "message": json.dumps({"text": "x"}), "messaging_type": "RESPONSE"}
    answer = httpx.post(f"{served.url}/v26.0/{PAGE_ID}/messages", params=AUTH, data=form)
    assert set(answer.json()) == {"recipient_id", "message_id"}


# ---- every field of a message


def _reply(**changed: Any) -> dict[str, Any]:
    return {"content_type": "text", "title": "x", "payload": "y"} | changed


def _template(**payload: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


def _button(**changed: Any) -> dict[str, Any]:
    return {"type": "postback", "title": "x", "payload": "y"} | changed


def _cards(*elements: Any) -> dict[str, Any]:
    return _template(template_type="generic", elements=list(elements))


GOOD: list[dict[str, Any]] = [
    {"text": "x"},
    {"text": "x" * 1999},
    {"text": "😀" * 999},
    {"text": "x", "metadata": "y" * 999},
    {"text": "x", "quick_replies": [_reply()] * 13},
    {"text": "x", "quick_replies": [_reply(title="x" * 20)]},
    {"text": "x", "quick_replies": [_reply(payload="y" * 1000)]},
    {"text": "x", "quick_replies": [{"content_type": "user_phone_number"}, {"content_type": "user_email"}]},
    _template(template_type="button", text="x" * 640, buttons=[_button()] * 3),
    _template(template_type="button", text="x", buttons=[{"type": "web_url", "title": "x", "url": "https://a.b"}]),
    _template(template_type="button", text="x", buttons=[_button(type="phone_number", payload="+841900")]),
    _cards(*[{"title": "x" * 80, "subtitle": "y" * 80, "buttons": [_button()] * 3}] * 10),
    _cards({"title": "x", "default_action": {"type": "web_url", "url": "https://a.b"}}),
    _template(template_type="media", elements=[{"media_type": "image", "attachment_id": "1"}]),
    {"attachment": {"type": "image", "payload": {"url": "https://a.b/c.png"}}},
]
BAD: list[tuple[Any, int]] = [
    ({"text": "x" * 2000}, 0), ({"text": "😀" * 1000}, 0), ({"text": ""}, 0), ({"text": 5}, 0), ({}, 2018034),
    ({"text": "x", "attachment": {"type": "image", "payload": {"url": "a"}}}, 0), ({"text": "x", "other": 1}, 0),
    ({"text": "x", "metadata": "y" * 1000}, 0), ({"text": "x", "quick_replies": [_reply()] * 14}, 0),
    ({"text": "x", "quick_replies": []}, 0), ({"text": "x", "quick_replies": [_reply(title="x" * 21)]}, 0),
    ({"text": "x", "quick_replies": [_reply(payload="x" * 1001)]}, 0),
    ({"text": "x", "quick_replies": [_reply(content_type="location")]}, 0),
    ({"text": "x", "quick_replies": [{"content_type": "text", "title": "x"}]}, 0),
    (_template(template_type="button", text="x" * 641, buttons=[_button()]), 0),
    (_template(template_type="button", text="x", buttons=[_button()] * 4), 0),
    (_template(template_type="button", text="x", buttons=[]), 0),
    (_template(template_type="button", text="x", buttons=[_button(title="x" * 21)]), 0),
    (_template(template_type="button", text="x", buttons=[_button(type="phone_number", payload="1900")]), 0),
    (_template(template_type="button", text="x", buttons=[{"type": "web_url", "title": "x", "url": "ftp://a"}]), 0),
    (_cards(*[{"title": "x", "subtitle": "y"}] * 11), 0), (_cards({"title": "x"}), 0),
    (_cards({"title": "x" * 81, "subtitle": "y"}), 0), (_cards({"title": "x", "subtitle": "y" * 81}), 0),
    (_cards({"title": "x", "default_action": {"title": "x", "url": "https://a"}}), 0),
    (_template(template_type="media", elements=[]), 0), (_template(template_type="list"), 0),
    ({"attachment": {"type": "image", "payload": {}}}, 2018074), ({"attachment": 5}, 0), (5, 0),
]  # fmt: skip


@pytest.mark.parametrize("message", GOOD)
def test_what_is_within_the_limits_is_taken(message: dict[str, Any]) -> None:
    check_send({"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": message})


@pytest.mark.parametrize(("message", "subcode"), BAD)
def test_what_is_beyond_is_refused_as_meta_refuses_it(message: Any, subcode: int) -> None:
    with pytest.raises(GraphError) as caught:
        check_send({"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": message})
    assert caught.value.code == 100
    assert caught.value.body.get("error_subcode", 0) == subcode
    assert caught.value.body["message"].startswith("(#100)")


def test_the_words_of_the_length_error(served: Meta) -> None:
    answer = _send(served, {"text": "x" * 3000})
    assert "Length of param message[text] must be less than or equal to" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [({"messaging_type": ...}, (100, 0)), ({"messaging_type": "X"}, (100, 0)), ({"recipient": ...}, (100, 0)),
     ({"recipient": {}}, (100, 0)), ({"recipient": {"id": "1", "user_ref": "2"}}, (100, 0)),
     ({"recipient": {"id": "2000000000000099"}}, (100, 2018001)), ({"sender_action": "typing_on"}, (100, 2018014)),
     ({"message": ..., "sender_action": "dance"}, (100, 0)), ({"tag": "HUMAN_AGENT"}, (100, 0)),
     ({"messaging_type": "MESSAGE_TAG"}, (100, 0)), ({"messaging_type": "MESSAGE_TAG", "tag": "X"}, (100, 0)),
     ({"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}, (100, 0)),
     ({"messaging_type": "MESSAGE_TAG", "tag": "CUSTOMER_FEEDBACK"}, (100, 0)), ({"other": 1}, (100, 0))],
)  # fmt: skip
def test_the_rest_of_a_request(served: Meta, more: dict[str, Any], expected: tuple[int, int]) -> None:
    assert _refused(_send(served, **more)) == expected


def test_actions_need_no_message_and_show(served: Meta) -> None:
    for action in ("typing_on", "typing_off", "mark_seen"):
        assert _send(served, message=..., sender_action=action, messaging_type=...).json() == {"recipient_id": USER}
    person = served.page.users[USER]
    assert person["typing_until"] == 0
    assert person["seen_at"] > 0


# ---- windows, threads, blocks


def test_windows_tags_and_blocks(served: Meta) -> None:
    clock = Clock()
    served.page.policy.clock = clock
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    served.run(served.page.does(USER, people.text("chào")))
    clock.now += 24 * 3600
    assert _send(served).status_code == 200
    clock.now += 1
    assert _refused(_send(served)) == (10, 2018278)
    assert _refused(_send(served, messaging_type="UPDATE")) == (10, 2018278)
    assert _send(served, **tagged).status_code == 200
    clock.now += 6 * 24 * 3600
    assert _refused(_send(served, **tagged)) == (10, 2018278)
    for part in (people.postback("x", "y"), people.referral("x"), people.reaction("m")):
        served.run(served.page.does(USER, part))
        assert _send(served).status_code == 200
        clock.now += 25 * 3600
    for part in (people.read(1), people.edit("m", "x")):
        served.run(served.page.does(USER, part))
        assert _refused(_send(served)) == (10, 2018278)
    served.page.users[USER]["blocked"] = True
    assert _refused(_send(served)) == (551, 1545041)


def test_conversation_routing(served: Meta) -> None:
    page, clock = served.page, Clock()
    page.policy.clock = clock
    served.run(page.does(USER, people.text("chào")))
    assert page.threads.place(USER) == "messaging"
    page.threads.default_app = APP_ID
    assert _send(served).status_code == 200
    served.run(page.person_sends(USER, "x"))
    assert page.threads.place(USER) == "standby"
    assert _refused(_send(served)) == (10, 2018300)
    owner = _call(served, "GET", f"v26.0/{PAGE_ID}/thread_owner", recipient=USER).json()
    assert owner["data"][0]["thread_owner"]["app_id"] == page.threads.inbox
    clock.now += 24 * 3600 + 1
    served.run(page.does(USER, people.text("còn đó không")))
    assert page.threads.place(USER) == "messaging"
    assert _send(served).status_code == 200
    who = {"recipient": {"id": USER}}
    passed = _call(served, "POST", "v26.0/me/pass_thread_control", who | {"target_app_id": page.threads.inbox})
    assert passed.json() == {"success": True}
    assert _refused(_call(served, "POST", "v26.0/me/pass_thread_control", who | {"target_app_id": "1"})) == (
        10,
        2018300,
    )
    assert _call(served, "POST", "v26.0/me/take_thread_control", who).json() == {"success": True}
    assert _call(served, "POST", "v26.0/me/extend_thread_control", who | {"duration": 3600}).json()["success"]
    assert _refused(_call(served, "POST", "v26.0/me/extend_thread_control", who | {"duration": 10**6})) == (100, 0)
    assert _call(served, "POST", "v26.0/me/release_thread_control", who).json() == {"success": True}
    page.threads.default_app = ""
    assert _refused(_call(served, "POST", "v26.0/me/take_thread_control", who)) == (10, 0)


# ---- limits


def test_rates_and_the_headers_that_warn(served: Meta) -> None:
    served.page.limits.per_second = 3
    answers = [_send(served) for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    assert _refused(answers[3]) == (613, 0)
    usage = json.loads(answers[0].headers["x-business-use-case-usage"])[PAGE_ID][0]
    assert usage["type"] == "messenger"
    assert json.loads(answers[0].headers["x-app-usage"])["call_count"] >= 0
    served.page.limits.per_second, served.page.limits.per_person_a_day = 300, 4
    assert _send(served).status_code == 200
    assert _refused(_send(served)) == (80006, 0)


def test_sound_and_film_have_a_lower_limit(served: Meta) -> None:
    served.page.limits.media_per_second = 1
    film = {"attachment": {"type": "video", "payload": {"url": "https://a.b/c.mp4"}}}
    assert _send(served, film).status_code == 200
    assert _refused(_send(served, film)) == (613, 0)
    assert _send(served).status_code == 200


# ---- the profile


def test_the_profile_has_its_own_rules(served: Meta) -> None:
    profile = served.page.profile
    profile.values = {}
    menu = [{"locale": "default", "call_to_actions": [{"type": "postback", "title": "x", "payload": "y"}]}]
    for wrong in (
        {"persistent_menu": menu}, {"get_started": {}}, {"greeting": [{"locale": "vi_VN", "text": "x"}]},
        {"get_started": {"payload": "x"}, "persistent_menu": [menu[0] | {"call_to_actions": []}]},
        {"get_started": {"payload": "x"}, "persistent_menu": [menu[0] | {"locale": "vi_VN"}]},
        {"greeting": [{"locale": "default", "text": "x" * 161}]}, {"other": 1}, {},
        {"ice_breakers": [{"locale": "default", "call_to_actions": [{"question": "x", "payload": "y"}] * 5}]},
    ):  # fmt: skip
        with pytest.raises(GraphError):
            profile.set(wrong)
    assert profile.values == {}
    assert profile.set({"get_started": {"payload": "x"}, "persistent_menu": menu}) == {"result": "success"}
    with pytest.raises(GraphError):
        profile.delete(["get_started"])
    assert profile.delete(["persistent_menu", "get_started"]) == {"result": "success"}
    with pytest.raises(GraphError):
        profile.subscribe("messages,message")


def test_ten_calls_of_the_profile_in_ten_minutes(served: Meta) -> None:
    clock = Clock()
    served.page.policy.clock = clock
    path = "v26.0/me/messenger_profile"
    assert [_call(served, "GET", path, fields="greeting").status_code for _ in range(10)] == [200] * 10
    assert _refused(_call(served, "GET", path, fields="greeting"))[0] == 613
    clock.now += 601
    assert _call(served, "GET", path, fields="greeting").status_code == 200


def test_debugging_a_token_and_subscribing_need_the_apps_token(served: Meta) -> None:
    url = f"{served.url}/v26.0"
    told = httpx.get(f"{url}/debug_token", params=APP | {"input_token": TOKEN}).json()["data"]
    assert (told["is_valid"], told["type"], told["profile_id"]) == (True, "PAGE", PAGE_ID)
    assert "error" in httpx.get(f"{url}/debug_token", params=APP | {"input_token": "x"}).json()["data"]
    assert _refused(_call(served, "GET", f"v26.0/{APP_ID}/subscriptions")) == (100, 33)
    assert httpx.get(f"{url}/{APP_ID}/subscriptions", params=APP).json()["data"][0]["object"] == "page"
    assert _refused(_call(served, "GET", "v26.0/77/messenger_profile", fields="greeting")) == (100, 33)
    name = _call(served, "GET", f"v26.0/{USER}", fields="first_name,locale").json()
    assert set(name) == {"first_name", "locale"}


# ---- the webhook's side


class Door:
    """A webhook that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.got: list[tuple[bytes, dict[str, str]]] = []

    async def __call__(self, request: Request) -> Response:
        if request.method == "GET":
            return PlainTextResponse(request.query_params["hub.challenge"])
        self.got.append((await request.body(), dict(request.headers)))
        answer = self.answers.pop(0) if self.answers else 200
        if answer == "slow":
            await asyncio.sleep(0.5)
            answer = 200
        return Response(status_code=answer)

    def app(self) -> httpx.AsyncClient:
        async def endpoint(request: Request) -> Response:
            return await self(request)

        app = Starlette(routes=[Route("/w", endpoint, methods=["GET", "POST"])])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")


class Told:
    """A stand-in whose webhook is `door`, in one event loop."""

    def __init__(self) -> None:
        self.door, self.clock = Door(), Clock()
        self.page = MessengerStandIn(SECRET, VERIFY, TOKEN, "http://here/w")
        self.page.policy.clock, self.page.policy.by_itself = self.clock, False
        self.page.wire.patience = 0.2
        self.page.webhooks._client = self.door.app()

    def run(self, work: Any) -> Any:
        async def all_of_it() -> Any:
            found = await work(self)
            await self.page.settle()
            await self.page.close()
            return found

        return asyncio.run(all_of_it())

    @property
    def items(self) -> list[dict[str, Any]]:
        """All items told, with where they stood."""
        found = []
        for body, _ in self.door.got:
            for entry in json.loads(body)["entry"]:
                found += [item | {"_in": where} for where in ("messaging", "standby") for item in entry.get(where, [])]
        return found


def test_bodies_are_escaped_and_carry_both_signatures() -> None:
    told = Told()
    told.run(lambda t: t.page.user_sends(USER, "Chào 100% <b> a@b/c 🙂"))
    body, headers = told.door.got[0]
    assert b"Ch\\u00e0o 100\\u0025 \\u003Cb> a\\u0040b\\/c \\ud83d\\ude42" in body
    assert body.isascii()
    assert headers["x-hub-signature-256"].startswith("sha256=")
    assert headers["x-hub-signature"].startswith("sha1=")
    assert headers["user-agent"].startswith("Webhooks/1.0")
    item = told.items[0]
    assert set(item) == {"sender", "recipient", "timestamp", "message", "_in"}
    assert item["timestamp"] > 10**12


def test_after_a_send_come_the_echo_and_the_delivery_in_order() -> None:
    told = Told()

    async def work(t: Told) -> None:
        t.page.add_user(USER, "x")
        for number in range(3):
            t.page.sent(USER, {"text": f"{number}", "metadata": "mark"}, f"m_{number}")
        await t.page.settle()
        await t.page.reads(USER)

    told.run(work)
    shown = [
        (item.get("message") or {}).get("text") or next(iter({*item} & {"delivery", "read"})) for item in told.items
    ]
    assert shown == ["0", "delivery", "1", "delivery", "2", "delivery", "read"]
    echo, delivery = told.items[0], told.items[1]
    assert echo["sender"] == {"id": PAGE_ID}
    assert echo["message"] == {"mid": "m_0", "is_echo": True, "app_id": int(APP_ID), "text": "0", "metadata": "mark"}
    assert "timestamp" not in delivery
    assert delivery["delivery"]["mids"] == ["m_0"]


def test_echoes_of_templates_carry_their_attachment() -> None:
    told = Told()
    told.run(lambda t: t.page.other_app_sends(USER, _template(template_type="button", text="x", buttons=[]), "555"))
    (echo,) = told.items
    assert echo["message"]["app_id"] == 555
    assert echo["message"]["attachments"][0]["type"] == "template"
    assert "text" not in echo["message"]


def test_a_failed_delivery_comes_again_word_for_word_a_few_times_at_once() -> None:
    told = Told()
    told.door.answers = [500, 401, "slow"]
    assert told.run(lambda t: t.page.user_sends(USER, "chào")).status_code == 200
    assert len({body for body, _ in told.door.got}) == 1
    assert told.page.webhooks.answers == [500, 401, 0, 200]


def test_then_on_the_ladder_a_warning_and_the_end_after_an_hour() -> None:
    told = Told()
    told.door.answers = [500] * 100

    async def work(t: Told) -> None:
        hooks = t.page.webhooks
        await t.page.user_sends(USER, "chào")
        assert len(t.door.got) == 4
        for step in LADDER[:3]:
            t.clock.now = 1_767_225_600.0 + step
            assert await hooks.tick() == 1
            assert await hooks.tick() == 0
        assert hooks.alerts == []
        t.clock.now = 1_767_225_600.0 + 901
        await hooks.tick()
        assert hooks.alerts == ["Webhooks Failing"]
        t.clock.now = 1_767_225_600.0 + 3601
        await hooks.tick()
        assert hooks.alerts[-1] == "Webhooks Disabled"
        assert not hooks.enabled
        await t.page.user_sends(USER, "còn đó không")
        assert len(hooks.dropped) == 2
        t.page.profile.subscribe(["messages"])
        hooks.enabled = True
        t.door.answers = []
        assert (await t.page.user_sends(USER, "lại đây")).status_code == 200

    told.run(work)


def test_a_success_in_between_ends_the_count_to_the_hour() -> None:
    told = Told()

    async def work(t: Told) -> None:
        t.door.answers = [500] * 4
        await t.page.user_sends(USER, "một")
        t.clock.now += 3000
        await t.page.user_sends(USER, "hai")
        t.door.answers = [500] * 4
        t.clock.now += 700
        await t.page.user_sends(USER, "ba")
        assert t.page.webhooks.enabled

    told.run(work)


def test_what_is_not_subscribed_is_not_told_and_standby_lacks_the_payload() -> None:
    told = Told()

    async def work(t: Told) -> None:
        t.page.profile.subscribed = ["messages", "messaging_postbacks", "standby"]
        await t.page.does(USER, people.text("chào"))
        await t.page.does(USER, people.reaction("m"))
        t.page.threads.default_app = t.page.threads.inbox
        await t.page.does(USER, people.postback("Bắt đầu", "#greet"))
        await t.page.does(USER, people.referral("x"))

    told.run(work)
    assert [item["_in"] for item in told.items] == ["messaging", "standby"]
    assert "payload" not in told.items[1]["postback"]


def test_taking_and_passing_are_told_to_the_loser() -> None:
    told = Told()

    async def work(t: Told) -> None:
        t.page.threads.default_app = APP_ID
        await t.page.does(USER, people.text("chào"))
        t.page.threads.wrote(USER, APP_ID)
        await t.page.person_sends(USER, "Chào chị")
        await t.page.person_gives_back(USER)
        await t.page.person_asks(USER)

    told.run(work)
    kinds = [next(iter({*item} - {"sender", "recipient", "timestamp", "_in"})) for item in told.items]
    assert kinds == ["message", "take_thread_control", "message", "pass_thread_control", "request_thread_control"]
    assert told.items[2]["_in"] == "standby"


def test_the_hand_shake_refuses_another_answer() -> None:
    told = Told()
    told.run(lambda t: t.page.webhooks.handshake())

    async def wrong(t: Told) -> None:
        with pytest.raises(GraphError):
            await t.page.webhooks.handshake("http://here/none")

    Told().run(wrong)


def test_people_and_messages_outlive_a_restart(tmp_path: Any) -> None:
    state = tmp_path / "messenger.json"

    def made() -> MessengerStandIn:
        return MessengerStandIn(SECRET, VERIFY, TOKEN, "http://127.0.0.1:9/w", state)

    first = made()
    first.add_user(USER, "Chị Hạnh")
    first.remember(USER, "user", {"text": "chào"}, "m_1")
    assert made().users[USER]["name"] == "Chị Hạnh"
    assert made().shown(USER)[0]["text"] == "chào"
