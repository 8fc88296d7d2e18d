"""The doors over the wire: whose hooks are taken, hooks that come again, tokens of steps, numbers of whom."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from connectors.phone.callers import caller_of
from connectors.phone.jambonz import hooks, signature
from connectors.phone.settings import Trunk
from connectors.phone.steps import Heard
from tests.connectors.phone.conftest import CODE, NUMBER, SECRET, House, Open

PATH = "/webhooks/phone"


async def post(house: House, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await house.client.post(path, content=raw, headers=house.switch.signed(raw) | headers)
    return answer.status_code, answer.json() if answer.content else None


def first(**changed: Any) -> dict[str, Any]:
    return {"call_sid": "a-call-of-a-test", "from": f"+84{NUMBER[1:]}", "direction": "inbound"} | changed


class TestSignature:
    def test_only_what_the_secret_signed_lately_is_taken(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                raw = json.dumps(first()).encode()
                now = int(time.time())
                for header in (
                    "", "t=1,v1=", f"t={now},v1={'0' * 64}", signature.sign("another", raw, now),
                    signature.sign(SECRET, raw + b" ", now), signature.sign(SECRET, raw, now - 301),
                    signature.sign(SECRET, raw, now + 301),
                ):  # fmt: skip
                    assert (await post(house, PATH, raw, **{"jambonz-signature": header}))[0] == 401, header
                assert house.rows("SELECT count(*) FROM phone_calls") == [(0,)]
                assert (await post(house, PATH, raw))[0] == 200

        asyncio.run(go())

    def test_two_secrets_are_believed_while_one_is_changed(self) -> None:
        header = signature.sign("old", b"x", 1000)
        assert signature.valid(header, b"x", ["new", "old"], 1000)
        assert not signature.valid(header, b"x", ["new"], 1000)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"call_sid": 5}', b'{"call_sid": "x"}'])
    def test_what_is_no_hook_is_refused_and_nothing_is_kept(self, line: Open, body: bytes) -> None:
        async def go() -> None:
            async with line() as house:
                assert (await post(house, PATH, body))[0] == 400
                assert (await post(house, PATH, b"x" * 70_000))[0] == 413
                assert house.rows("SELECT count(*) FROM inbox") == [(0,)]

        asyncio.run(go())


class TestRepeats:
    def test_a_hook_that_comes_again_is_one_step_with_the_same_answer(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                answers = [await post(house, PATH, first()) for _ in range(3)]
                assert answers[0] == answers[1] == answers[2]
                assert house.rows("SELECT count(*) FROM inbox") == [(1,)]

        asyncio.run(go())

    def test_the_same_step_thirty_times_at_once_is_one_check(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                call = await house.calls("8", "7999999999#")
                hook = call.waits["actionHook"].partition("#")[0]  # type: ignore[index]
                pressed = first(call_sid=call.sid, reason="dtmfDetected", digits="1")
                answers = await asyncio.gather(*(post(house, hook, pressed) for _ in range(30)))
                assert {status for status, _ in answers} == {200}
                assert len({json.dumps(body) for _, body in answers}) == 1
                assert house.rows("SELECT count(*) FROM attempts") == [(1,)]
                assert house.rows("SELECT count(*) FROM turns") == [(4,)]

        asyncio.run(go())

    def test_a_step_token_of_an_earlier_step_does_nothing(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                call = await house.calls()
                early = call.waits["actionHook"].partition("#")[0]  # type: ignore[index]
                await house.switch.press(call, "8")
                await house.switch.press(call, f"{CODE}#")
                pressed = first(call_sid=call.sid, reason="dtmfDetected", digits="8")
                assert await post(house, early, pressed) == (409, {"error": "step is over"})
                assert house.rows("SELECT step FROM phone_calls") == [(3,)]

        asyncio.run(go())

    def test_a_token_of_another_call_or_of_nobody_does_nothing(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                call = await house.calls("8")
                hook = call.waits["actionHook"].partition("#")[0]  # type: ignore[index]
                pressed = first(reason="dtmfDetected", digits=f"{CODE}")
                for forged in (hook, f"{hook[:-1]}0", f"{hook[:-1]}1", f"{PATH}/step", f"{PATH}/step?s=x"):
                    assert (await post(house, forged, pressed))[0] == 409
                assert house.rows("SELECT step FROM phone_calls") == [(2,)]

        asyncio.run(go())

    def test_a_lost_answer_is_asked_for_again_and_the_call_goes_on(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                call = await house.calls("8")
                house.switch.plan = ["lost", "twice"]
                await house.switch.press(call, f"{CODE}#")
                await house.switch.press(call, "1")
                assert "khớp nhau" in call.words
                assert house.rows("SELECT count(*) FROM resets") == [(1,)]

        asyncio.run(go())

    def test_where_no_answer_comes_at_all_the_person_hears_so_and_the_question_again(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                call = await house.calls("8")
                house.switch.plan = ["lost"] * 4  # the hook and its three further tries
                await house.switch.press(call, f"{CODE}#")
                assert "Hệ thống đang chậm" in call.words
                assert "Xin lỗi, cuộc gọi vừa bị gián đoạn." in call.words
                await house.switch.press(call, "1")
                assert "khớp nhau" in call.words

        asyncio.run(go())


class TestEnds:
    @pytest.mark.parametrize("steps", [(), ("8",), ("8", f"{CODE}#"), ("8", "7999999999#", "1")])
    def test_hanging_up_anywhere_ends_the_call_and_what_was_sealed_is_gone(
        self, line: Open, steps: tuple[str, ...]
    ) -> None:
        async def go() -> None:
            async with line() as house:
                call = await house.calls(*steps)
                hook = call.waits["actionHook"].partition("#")[0]  # type: ignore[index]
                await house.switch.hang_up(call)
                assert house.rows("SELECT ended_by, sealed FROM phone_calls") == [("caller", None)]
                late = first(call_sid=call.sid, reason="dtmfDetected", digits="1")
                assert (await post(house, hook, late))[0] == 409

        asyncio.run(go())

    def test_a_call_the_platform_forgot_is_ended(self, line: Open) -> None:
        async def go() -> None:
            async with line() as house:
                await house.calls("8", f"{CODE}#")
                await house.work("phone calls that are over")
                assert house.rows("SELECT ended_by FROM phone_calls") == [(None,)]
                house.rows("UPDATE phone_calls SET stepped_at = now() - interval '16 minutes'")
                await house.work("phone calls that are over")
                assert house.rows("SELECT ended_by, sealed FROM phone_calls") == [("silence", None)]

        asyncio.run(go())


class TestCallers:
    @pytest.mark.parametrize(
        ("written", "bare", "kind", "number"),
        [
            ("+84901000123", False, "mobile", NUMBER),
            ("84901000123", False, "mobile", NUMBER),
            ("0084901000123", False, "mobile", NUMBER),
            ("0901000123", False, "mobile", NUMBER),
            ("0901 000-123", False, "mobile", NUMBER),
            ("901000123", True, "mobile", NUMBER),
            ("901000123", False, "hidden", ""),
            ("+842437899999", False, "landline", "02437899999"),
            ("02253265616", False, "landline", "02253265616"),
            ("06512345678", False, "landline", "06512345678"),
            ("+14155550123", False, "foreign", "+14155550123"),
            ("anonymous", False, "hidden", ""),
            ("", False, "hidden", ""),
            ("19009068", False, "hidden", ""),
        ],
    )
    def test_a_number_has_one_form_and_a_kind(self, written: str, bare: bool, kind: str, number: str) -> None:
        caller = caller_of(written, bare)
        assert (caller.kind, caller.number) == (kind, number)

    def test_the_network_s_own_header_counts_where_the_trunk_is_described_so(self) -> None:
        trunks = (Trunk(name="op", number="p-asserted-identity"), Trunk(name="other"))
        headers = {"p-asserted-identity": "<tel:+84901000123>"}
        forged = first(**{"from": "0912000045", "originating_sip_trunk_name": "op", "sip": {"headers": headers}})
        assert hooks.caller(forged, trunks).number == NUMBER
        for header, number in (
            ('"sip:0912000045 x" <sip:+84901000123@op.example>', NUMBER),  # a name that looks like a number
            ("<sip:+84901000123@op.example>, <tel:+84901000123>", NUMBER),
            ("<sip:+84912000045@op.example>, <tel:+84901000123>", ""),  # which of two?
        ):
            asserted = forged | {"sip": {"headers": {"p-asserted-identity": header}}}
            assert hooks.caller(asserted, trunks).number == number
        assert hooks.caller(forged | {"originating_sip_trunk_name": "other"}, trunks).number == "0912000045"
        assert hooks.caller(forged | {"originating_sip_trunk_name": "a stranger's"}, trunks).number == ""

    def test_what_was_pressed_is_read_and_nothing_else(self) -> None:
        assert hooks.heard({"reason": "dtmfDetected", "digits": "12*"}) == Heard("keys", "12*")
        assert hooks.heard({"reason": "dtmfDetected", "digits": "1; DROP"}) == Heard("silence")
        assert hooks.heard({"reason": "timeout"}) == Heard("silence")
        assert hooks.heard({}) == Heard("lost")
