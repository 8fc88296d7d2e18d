"""Anything at any place of any delivery: never 5xx, and what is good beside it is not lost."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.messages.events import Event
from assistant.messages.inbox import Taken, accept_all
from assistant.privacy.vault import Vault
from connectors.messenger import envelope, events, routing
from connectors.messenger.api import read
from connectors.messenger.errors import consequence
from connectors.messenger.pace import Pace
from connectors.messenger.receipts import Receipts
from connectors.messenger.settings import MessengerApp, Page
from tests.conftest import Served
from tests.connectors.messenger.meta import FIXTURES, fixture, post_raw
from tests.kit.people import Store

APP = MessengerApp("3000000000000001", ("s",), "v", (Page("1000000000000017", "t"),))
NAMES = [path.stem for path in sorted(FIXTURES.glob("*.json"))]
ODD: tuple[Any, ...] = (
    None, 0, -1, 10**18, 10**40, 1.5e300, True, "", "\x00", "x" * 5000, "²", "\ud83d", "😀", [], [[None]], {},
    {"id": {}}, {"mid": []}, "1" * 70, "#greet", "#reset_done",
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


def _with(data: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def _without(data: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return changed


def _read(body: bytes) -> list[Event]:
    """Does everything the door does with a body before the database."""
    found = []
    receipts = Receipts(None)  # type: ignore[arg-type]
    try:
        items = envelope.read(body)
    except (envelope.NotAnEnvelope, envelope.OtherObject):
        return []
    for item in items:
        if item is None:
            continue
        assert events.name_of(item)
        address = events.conversation_of(item, APP)
        if address is None:
            continue
        routing.control_of(item, APP.app_id)
        receipts.note(address.conversation, item)
        events.edit_of(item)
        event = events.event_of(item, address, {"a": "#greet"})
        if event:
            _storable(event)
            found.append(event)
    return found


def _storable(event: Event) -> None:
    assert event.conversation.startswith("messenger:")
    assert 0 < len(event.event_id) < 300
    for text in (event.event_id, event.conversation, event.text, event.payload, event.media):
        text.encode()
    assert event.media == "" or event.media.isidentifier()
    assert len(event.conversation) < 200


@pytest.mark.parametrize("name", NAMES)
def test_no_value_at_any_place_of_any_recorded_delivery_breaks_the_reading(name: str) -> None:
    data = fixture(name)
    for path in list(_places(data))[1:]:
        _read(json.dumps(_without(data, path)).encode())
        for odd in ODD:
            _read(json.dumps(_with(data, path, odd)).encode())


@pytest.mark.parametrize("name", NAMES)
def test_a_good_item_beside_a_broken_one_is_read(name: str) -> None:
    data = fixture(name)
    good = fixture("text")["entry"][0]
    good["messaging"][0]["message"]["mid"] = "m_the_good_one"
    for path in list(_places(data["entry"]))[1:]:
        for odd in ODD:
            entries = _with({"entry": data["entry"]}, ("entry", *path), odd)["entry"]
            body = json.dumps({"object": "page", "entry": [*entries, good]}).encode()
            assert "m_the_good_one" in {event.event_id for event in _read(body)}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_json_at_any_place(data: st.DataObject) -> None:
    delivery = fixture(data.draw(st.sampled_from(NAMES)))
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(_places(delivery))[1:]
        if places:
            delivery = _with(delivery, data.draw(st.sampled_from(places)), data.draw(anything))
    _read(json.dumps(delivery).encode())


@settings(max_examples=120, deadline=None)
@given(anything)
def test_any_json_as_an_entry(value: Any) -> None:
    _read(json.dumps({"object": "page", "entry": value}).encode())
    _read(json.dumps({"object": "page", "entry": [{"id": "1000000000000017", "messaging": [value]}]}).encode())


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    _read(body)


@pytest.mark.parametrize("depth", [200, 1000, 5000, 200_000])
@pytest.mark.parametrize("opening", ['{"a":', "[", '{"message":', '[{"entry":'])
def test_deep_nesting(depth: int, opening: str) -> None:
    closing = {"{": "}", "[": "]"}
    ends = "".join(closing[letter] for letter in reversed([c for c in opening if c in "{["])) * depth
    deep = opening * depth + "1" + ends
    head = '{"object":"page","entry":[{"id":"1000000000000017","messaging":[{"sender":{"id":"2"},"referral":{"x":'
    _read(f"{head}{deep}}}}}]}}]}}".encode())
    _read(deep.encode())


@settings(max_examples=120, deadline=None)
@given(anything, st.integers(200, 599))
def test_any_answer_of_graph_has_a_consequence(value: Any, status: int) -> None:
    sent = consequence(read(httpx.Response(status, content=json.dumps(value).encode())))
    assert sent.outcome in ("sent", "retry", "uncertain", "closed", "permanent")
    if not isinstance(value, dict):
        assert sent.outcome != "sent"


@settings(max_examples=200, deadline=None)
@given(anything, anything)
def test_any_usage_headers_are_survived(one: Any, other: Any) -> None:
    pace = Pace()
    pace.told("p", {"x-app-usage": json.dumps(one), "x-business-use-case-usage": json.dumps({"1": [other]})})
    assert pace.wait("p") >= 0


# ---- on the wire and in the store


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_door_never_breaks_and_keeps_what_is_good(node: Served, data: st.DataObject) -> None:
    secret = json.loads((node.var_dir / "secrets.json").read_text())["messenger_app_secret"]
    delivery = fixture(data.draw(st.sampled_from(NAMES)))
    for _ in range(data.draw(st.integers(0, 3))):
        places = [path for path in _places(delivery) if path[:1] == ("entry",) and len(path) > 1]
        if places:
            odd = data.draw(st.sampled_from(ODD) | anything)
            delivery = _with(delivery, data.draw(st.sampled_from(places)), odd)
    good = fixture("text")["entry"][0]
    mid = good["messaging"][0]["message"]["mid"] = f"m_{secrets.token_hex(8)}"
    entries = delivery["entry"] if isinstance(delivery.get("entry"), list) else []
    body = json.dumps({"object": "page", "entry": [*entries, good]}).encode()
    answer = post_raw(node, body, secret)
    assert answer.status_code == 200, answer.text
    assert Store(node.database_url).value("SELECT count(*) FROM inbox WHERE event_id = %s", mid) == 1


def test_an_event_that_cannot_be_stored_loses_nobody_else(database_url: str) -> None:
    import asyncio

    def event(number: int, text: str = "chào", **odd: Any) -> Event:
        return Event("messenger", f"m_{number}", f"messenger:{number}", "text", text, **odd)

    bad = event(2, "x" * 10, media="a\x00b")  # a reader would not let that through; should one ever

    async def work() -> list[Taken]:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            return await accept_all(connection, [event(1), bad, event(3), event(1)], Vault([b"k" * 32]))

    assert asyncio.run(work()) == [Taken.ACCEPTED, Taken.REFUSED, Taken.ACCEPTED, Taken.SEEN]
    assert Store(database_url).value("SELECT count(*) FROM inbox") == 2


def test_two_deliveries_in_opposite_orders_do_not_stop_each_other(database_url: str) -> None:
    import asyncio

    def delivery(turn: int) -> list[Event]:
        made = [Event("messenger", f"m_{n}_{turn // 2}", f"messenger:{n}", "text", "chào") for n in range(20)]
        return made[::-1] if turn % 2 else made

    async def work() -> list[list[Taken]]:
        async def one(turn: int) -> list[Taken]:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
                return await accept_all(connection, delivery(turn), Vault([b"k" * 32]))

        return await asyncio.gather(*(one(turn) for turn in range(12)))

    results = asyncio.run(work())
    assert sum(result.count(Taken.ACCEPTED) for result in results) == 120
    assert all(Taken.REFUSED not in result for result in results)
    assert Store(database_url).value("SELECT count(*) FROM inbox") == 120
