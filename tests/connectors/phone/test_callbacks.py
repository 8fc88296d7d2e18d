"""Numbers rung back: once a request, whatever dies, is refused, comes again or comes late."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import psycopg
import pytest

from connectors.phone import callbacks
from tests.connectors.phone.conftest import CODE, House, Open
from tests.kit.turns import SAFE

ALWAYS = {"retry_hours": (0, 24)}


def _now(monkeypatch: pytest.MonkeyPatch, hour: int) -> None:
    monkeypatch.setattr(callbacks, "_within", lambda hours: hours[0] <= hour < hours[1])


async def _asked(house: House) -> None:
    await house.calls("8", f"{CODE}#", "1")


def _rung(house: House) -> int:
    return sum(call.direction == "outbound" for call in house.switch.calls.values())


def _state(house: House) -> list[tuple[Any, ...]]:
    return house.rows("SELECT state, attempts, error FROM phone_callbacks ORDER BY made_at")


def _is_due(house: House) -> None:
    house.rows("UPDATE phone_callbacks SET due_at = now() WHERE state = 'waiting'")


def test_ten_nodes_that_look_at_once_ring_once(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            await _asked(house)
            _is_due(house)
            await asyncio.gather(*(house.work("phone callbacks") for _ in range(10)))
            assert _rung(house) == 1
            assert _state(house) == [("ringing", 1, None)]

    asyncio.run(go())


def test_a_node_that_dies_between_its_mark_and_the_platform_is_followed_by_one_ring(line: Open) -> None:
    """What a killed node leaves: a row that is taken, and nobody knows whether it rang."""

    async def go() -> None:
        async with line(**ALWAYS) as house:
            await _asked(house)
            _is_due(house)
            with psycopg.connect(house.url) as connection:  # the killed one
                assert callbacks.claim(connection, SAFE, (0, 24), 500) is not None
            for _ in range(3):
                await house.work("phone callbacks")
            assert _rung(house) == 0, "its lease stands: it may be ringing"
            house.rows("UPDATE phone_callbacks SET lease_until = now() - interval '1 second'")
            for _ in range(3):
                await house.work("phone callbacks")
            assert _rung(house) == 1
            house.rows("UPDATE phone_callbacks SET lease_until = now() - interval '1 second'")
            await house.work("phone callbacks")
            await house.work("phone calls that are over")
            assert _rung(house) == 1
            assert _state(house) == [("given_up", 2, "silence")]

    asyncio.run(go())


def test_a_second_request_of_the_account_takes_the_place_of_the_first(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            await _asked(house)
            await _asked(house)
            _is_due(house)
            for _ in range(3):
                await house.work("phone callbacks")
            assert _rung(house) == 1
            assert _state(house) == [("given_up", 0, "replaced"), ("ringing", 1, None)]
            assert house.rows("SELECT count(*) FROM phone_callbacks WHERE state = 'given_up' AND sealed IS NULL") == [
                (1,)
            ]

    asyncio.run(go())


@pytest.mark.parametrize("change", ["used_at = now()", "expires_at = started_at"])
def test_a_request_that_is_over_is_not_rung(line: Open, change: str) -> None:
    async def go() -> None:
        async with line() as house:
            await _asked(house)
            house.rows(f"UPDATE resets SET {change}")
            assert await house.rung_back() is None
            await house.work("phone calls that are over")
            assert house.rows("SELECT state, sealed FROM phone_callbacks") == [("given_up", None)]

    asyncio.run(go())


def test_a_platform_that_refuses_costs_no_ring_and_is_asked_again_more_slowly(line: Open) -> None:
    async def go() -> None:
        async with line(**ALWAYS) as house:
            house.switch.refuses = [403, 403, 429]
            await _asked(house)
            found = []
            for _ in range(3):
                _is_due(house)
                await house.work("phone callbacks")
                found += house.rows(
                    "SELECT state, attempts, failures, extract(epoch FROM due_at - now())::int FROM phone_callbacks"
                )
            assert [row[:3] for row in found] == [("waiting", 0, failures) for failures in (1, 2, 3)]
            assert 0 < found[0][3] < found[1][3]
            assert found[2][3] >= 60, "as long as the platform asks for"
            assert channel_alarms(await house.channel.health()) == 1  # type: ignore[misc]
            assert await house.rung_back() is not None
            assert _state(house) == [("ringing", 1, "refused")]

    asyncio.run(go())


def channel_alarms(health: dict[str, Any]) -> int:
    return len(health["alarms"])


def test_an_answer_that_is_lost_while_it_rings_rings_nobody_twice(line: Open) -> None:
    async def go() -> None:
        async with line(**ALWAYS) as house:
            house.switch.refuses = [502]
            await _asked(house)
            back = await house.rung_back()
            assert back is not None
            await house.switch.take(back)
            house.rows("UPDATE phone_callbacks SET lease_until = now() - interval '1 second'")
            await house.work("phone callbacks")
            assert _rung(house) == 1, "it was taken"
            await house.switch.press(back, "1")
            assert any(part["secret"] for part in back.heard)
            assert _state(house) == [("done", 1, None)]

    asyncio.run(go())


def test_what_is_told_of_an_earlier_ring_or_told_again_changes_nothing(line: Open) -> None:
    """A status hook that comes late, or is replayed within the time its signature is good."""

    async def go() -> None:
        async with line(**ALWAYS) as house:
            await _asked(house)
            back = await house.rung_back()
            assert back is not None
            told = json.dumps({"call_sid": back.sid, "call_status": "no-answer"}).encode()

            async def tell() -> None:
                answer = await house.client.post(back.status_hook, content=told, headers=house.switch.signed(told))
                assert answer.status_code == 204

            back.state = "no-answer"
            await tell()
            assert _state(house) == [("waiting", 1, "no-answer")]
            await tell()
            assert _state(house) == [("waiting", 1, "no-answer")]
            again = await house.rung_back()
            assert again is not None
            await tell()
            assert _state(house) == [("ringing", 2, "no-answer")]
            await house.switch.take(again)
            await house.switch.press(again, "1")
            await tell()
            assert _state(house) == [("done", 2, "no-answer")]

    asyncio.run(go())


def test_two_telephones_that_take_one_call_back_are_one_too_many(line: Open) -> None:
    """The platform rang twice against our will: the second that is taken hears nothing."""

    async def go() -> None:
        async with line(**ALWAYS) as house:
            house.switch.refuses = [502]
            await _asked(house)
            first = await house.rung_back()
            house.rows("UPDATE phone_callbacks SET lease_until = now() - interval '1 second'")
            await house.work("phone callbacks")
            calls = [call for call in house.switch.calls.values() if call.direction == "outbound"]
            assert first is not None
            assert len(calls) == 2
            for call in calls:
                await house.switch.take(call)
            assert [call.state for call in calls] == ["in-progress", "refused"]

    asyncio.run(go())


def test_hours_count_for_whom_nobody_took_and_for_whom_called_a_while_ago(
    line: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> list[int]:
        found = []
        async with line() as house:
            await _asked(house)
            assert await house.rung_back() is not None, "they called just now, at night"
            found.append(_rung(house))
            house.rows(
                "UPDATE phone_callbacks SET state = 'waiting', attempts = 0, made_at = now() - interval '11 min'"
            )
            _is_due(house)
            await house.work("phone callbacks")
            found.append(_rung(house))
            _now(monkeypatch, 8)
            await house.work("phone callbacks")
            return [*found, _rung(house)]

    _now(monkeypatch, 3)
    assert asyncio.run(go()) == [1, 1, 2]


def test_the_cap_of_the_day_holds_for_second_rings_too(line: Open) -> None:
    async def go() -> None:
        async with line(callbacks_a_day=1, **ALWAYS) as house:
            await _asked(house)
            back = await house.rung_back()
            assert back is not None
            await house.switch.decline(back)
            assert await house.rung_back() is None
            assert _state(house) == [("waiting", 1, "no-answer")]

    asyncio.run(go())


def test_a_call_back_that_another_number_took_hears_nothing(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            await _asked(house)
            back = await house.rung_back()
            assert back is not None
            back.number = "0912000045"  # forwarded, says the platform
            await house.switch.take(back)
            assert back.state == "refused"
            assert house.rows("SELECT count(*) FROM reset_codes") == [(0,)]

    asyncio.run(go())
