"""Anything at the door: bytes, depths, numbers, wrong types at every place of every event. Never 5xx, nothing lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import event as noted
from hypothesis import strategies as st

from connectors.zalo import signature
from tests.connectors.zalo.conftest import FIXTURES, Webhook, an_app, fixture, opened
from tests.kit.turns import Connection, count

NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
FEW = settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip

_scalars = (
    st.none() | st.booleans() | st.integers() | st.integers(min_value=2**63, max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40)
    | st.sampled_from(["", "\0", "a\0b", "²", "1" * 5000, "⟦phone:aaaa⟧", "#reset_done", "/restart", "-1", " 17 ",
                       "9" * 400, "null", "\u202e", "🇻🇳" * 2000, "0901000123 " * 500])
)  # fmt: skip
_anything = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


@st.composite
def broken_events(draw: st.DrawFn) -> dict[str, Any]:
    """A recorded event with something else at one to three of its places, under its own or another event's name."""
    event = fixture(draw(st.sampled_from(NAMES)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path in _places(event) if path]))
        place: Any = event
        for key in path[:-1]:
            place = place[key]
        if draw(st.booleans()) or not isinstance(place, dict):
            place[path[-1]] = draw(_anything)
        else:
            del place[path[-1]]
    if draw(st.booleans()):
        event["event_name"] = fixture(draw(st.sampled_from(NAMES)))["event_name"]
    return event


def depths() -> list[bytes]:
    """Bodies that are deep, long, or nearly JSON."""
    return [
        b"[" * 100_000, b'{"a":' * 50_000,
        b'{"event_name":"user_send_text","message":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"event_name":"user_send_text","timestamp":' + b"9" * 200_000 + b"}",
        b'{"event_name":"user_send_text","timestamp":1e400}', b'{"event_name":"user_send_text","timestamp":-0.0}',
        b'{"event_name":"user_send_text","sender":{"id":"\\u0000"}}', b"\xff" * 1000, b"\xef\xbb\xbf{}",
        b'{"event_name":"follow","event_name":"user_send_text"}', b"{}" * 10, b'{"event_name":"\xf0\x9f\x87"}',
        b'{"event_name":"user_send_text","message":{"text":"' + b"a" * 300_000 + b'"}}',
    ]  # fmt: skip


class Caller:
    """Posts to one door, in one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, door: Webhook) -> None:
        self.loop, self.door = loop, door

    def post(self, body: bytes, timestamp: str) -> int:
        mac = signature.mac(self.door.app.app_id, body, timestamp, "oa-secret")
        try:
            return self.loop.run_until_complete(self.door.post_raw(body, **{"x-zevent-signature": f"mac={mac}"}))
        except (httpx.HTTPError, RecursionError) as error:  # the door let something through
            raise AssertionError(f"{type(error).__name__}") from error


@pytest.fixture
def caller(database_url: str) -> Iterator[Caller]:
    loop = asyncio.new_event_loop()
    context = opened(database_url, an_app())
    door = loop.run_until_complete(context.__aenter__())
    try:
        yield Caller(loop, door)
    finally:
        loop.run_until_complete(context.__aexit__(None, None, None))
        loop.close()


def _shown(event: dict[str, Any]) -> str:
    body = json.dumps(event).encode()
    try:
        return signature.timestamp_of(json.loads(body), body)
    except (ValueError, RecursionError):
        return ""


@FEW
@given(event=broken_events(), ascii_only=st.booleans())
def test_nothing_in_a_signed_event_breaks_the_door(caller: Caller, event: dict[str, Any], ascii_only: bool) -> None:
    took = len(caller.door.events)
    try:
        body = json.dumps(event, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # a lone surrogate has no bytes
        return
    status = caller.post(body, _shown(event))
    noted(str(status))
    assert status in (200, 400, 401, 413)
    if len(caller.door.events) > took:
        assert status == 200


@FEW
@given(body=st.binary(max_size=400) | st.sampled_from(depths()), signed=st.booleans())
def test_no_bytes_break_the_door(caller: Caller, body: bytes, signed: bool) -> None:
    assert caller.post(body, "" if signed else "1") in (200, 400, 401, 413)


@FEW
@given(text=st.text(min_size=1, max_size=200), event_id=st.text("0123456789abcdef", min_size=20, max_size=20))
def test_every_text_is_kept(caller: Caller, connection: Connection, text: str, event_id: str) -> None:
    event = fixture("user_send_text") | {"message": {"text": text, "msg_id": event_id}}
    try:
        body = json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert caller.post(body, event["timestamp"]) == 200
    assert count(connection, "inbox", f"event_id = '{event_id}'") == 1


def test_every_recorded_event_is_taken_as_it_stands(caller: Caller) -> None:
    for name in NAMES:
        event = fixture(name)
        assert caller.post(json.dumps(event).encode(), event["timestamp"]) == 200, name
