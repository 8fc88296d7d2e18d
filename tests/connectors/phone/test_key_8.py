"""What key 8 does, branch by branch, as somebody hears it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.connectors.phone.conftest import CODE, NUMBER, House, Open

OFFICIAL = "số điện thoại và mã số bảo hiểm không khớp hoặc chưa đăng ký với cơ quan BHXH"
IN_GROUPS = "Bảy, chín, không. Không, không, không. Không, một, hai, ba."
OFFICE = "mang căn cước đến cơ quan bảo hiểm xã hội"


def heard(line: Open, *steps: str, **given: Any) -> str:
    """Returns what is heard of a call with these steps."""
    changed = {name: given.pop(name) for name in ("way", "desk", "fee", "limits") if name in given}

    async def go() -> str:
        async with line(**changed) as house:
            return (await house.calls(*steps, **given)).words

    return asyncio.run(go())


def test_a_call_begins_with_who_speaks_what_it_costs_and_three_choices(line: Open) -> None:
    said = heard(line)
    assert said.startswith("Chào bạn. Đây là trợ lý tự động về tài khoản VssID. Cước gọi 1 nghìn đồng một phút")
    assert "Lấy lại mật khẩu VssID, bấm phím 8. Hỏi việc khác, bấm phím 1. Gặp nhân viên, bấm phím 0." in said


@pytest.mark.parametrize("typed", [f"{CODE}#", "079000000123#", f"99*{CODE}#", f"GD479{CODE}"[2:] + "#"])
def test_right_code_and_right_number_are_rung_back_and_nothing_secret_is_told(line: Open, typed: str) -> None:
    async def go() -> None:
        async with line() as house:
            call = await house.calls("8", typed, "1")
            assert "khớp nhau" in call.words
            assert "gọi lại vào chính số này" in call.words
            assert not any(part["secret"] for part in call.heard)
            assert call.state == "completed"
            assert house.rows("SELECT count(*) FROM reset_codes") == [(0,)]
            back = await house.rung_back()
            assert back is not None
            await house.switch.take(back)
            assert not any(part["secret"] for part in back.heard), "a machine may have taken the call"
            await house.switch.press(back, "1")
            (secret,) = [part["text"] for part in back.heard if part["secret"]]
            assert secret.count("Xin nhắc lại") == 1
            assert "nhập mã số bảo hiểm xã hội và mã này" in back.words
            assert "assistant chấm test, gạch chéo, ma" in back.words
            assert house.rows("SELECT state, sealed FROM phone_callbacks") == [("done", None)]

    asyncio.run(go())


def test_the_code_is_read_back_in_groups_before_it_is_checked(line: Open) -> None:
    said = heard(line, "8", f"{CODE}#")
    assert f"Mã số là: {IN_GROUPS} Nếu đúng, bấm phím 1." in said
    assert "khớp" not in said


def test_what_was_read_back_wrong_is_typed_again(line: Open) -> None:
    said = heard(line, "8", "7900000124#", "2", f"{CODE}#", "1")
    assert "không khớp" not in said
    assert "khớp nhau" in said


def test_another_number_hears_the_official_sentence_word_for_word(line: Open) -> None:
    said = heard(line, "8", f"{CODE}#", "1", number="0912000045")
    assert OFFICIAL in said
    assert "Bạn còn 2 lần thử." in said
    assert "bấm phím 0" in said


def test_an_unknown_code_hears_the_same_as_another_s(line: Open) -> None:
    unknown = heard(line, "8", "7999999999#", "1")
    other = heard(line, "8", "0116000045#", "1")
    assert unknown.replace("Bảy, chín, chín. Chín, chín, chín. Chín, chín, chín, chín.", "") == other.replace(
        "Không, một, một. Sáu, không, không. Không, không, bốn, năm.", ""
    )


def test_three_codes_that_do_not_match_lead_to_the_office(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            again = ("1", "7999999999#", "1")
            call = await house.calls("8", "7999999999#", "1", *again, *again)
            assert call.words.count(OFFICIAL) == 3
            assert OFFICE in call.heard[-1]["text"]
            assert call.state == "completed"

    asyncio.run(go())


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (("-", "-", "-"), "Hệ thống chưa nhận được phím nào."),
        (("5", "7", "9"), "Phím vừa bấm không có trong các lựa chọn."),
        (("8", "-", "-", "-"), "Hệ thống chưa nhận được phím nào."),
        (("8", "123#", "123#", "123#"), "Bạn vừa bấm 3 số."),
        (("8", "#", "#", "#"), "Hệ thống chưa nhận được phím nào."),
        (("8", f"{CODE}#", "5", "5", "5"), "Phím vừa bấm không có trong các lựa chọn."),
    ],
)
def test_silence_and_wrong_keys_have_their_sentence_and_three_lead_to_the_office(
    line: Open, steps: tuple[str, ...], sentence: str
) -> None:
    async def go() -> None:
        async with line() as house:
            call = await house.calls(*steps)
            assert call.words.count(sentence) == 2
            assert OFFICE in call.heard[-1]["text"]
            assert call.state == "completed"

    asyncio.run(go())


def test_the_star_corrects_and_costs_nothing(line: Open) -> None:
    assert "khớp nhau" in heard(line, "8", "12*#", "34*#", "56*#", f"{CODE}#", "1")


def test_who_types_slowly_loses_no_key(line: Open) -> None:
    """Without the sharp the time between two keys ends the number: it is counted, not thrown away."""

    async def go() -> None:
        async with line() as house:
            call = await house.calls("8")
            await house.switch.press(call, CODE)
            await house.switch.idle(call)
            assert IN_GROUPS in call.words

    asyncio.run(go())


@pytest.mark.parametrize(
    ("number", "fields", "sentence"),
    [
        ("anonymous", {}, "Cuộc gọi này ẩn số"),
        (NUMBER, {"sip": {"headers": {"privacy": "id"}}}, "Cuộc gọi này ẩn số"),
        (NUMBER, {"originating_sip_trunk_name": "another"}, "Cuộc gọi này ẩn số"),
        ("02437899999", {}, "Bạn đang gọi từ máy bàn."),
        ("+14155550123", {}, "Bạn đang gọi từ số nước ngoài."),
    ],
)
def test_numbers_that_cannot_be_registered_have_their_sentence(
    line: Open, number: str, fields: dict[str, Any], sentence: str
) -> None:
    said = heard(line, "8", number=number, **fields)
    assert sentence in said
    assert "Bạn bấm mã số" not in said


def test_zero_leads_to_a_person_in_office_hours_only(line: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.desk.handover import Desk

    async def go() -> None:
        async with line(desk="02400000000") as house:
            call = await house.calls("0")
            assert call.waits is not None
            assert call.waits["target"] == [{"type": "phone", "number": "02400000000"}]
            await house.switch.dialled(call, "busy")
            assert "Nhân viên đang bận" in call.words

    monkeypatch.setattr(Desk, "in_hours", lambda self, at: True)
    asyncio.run(go())
    monkeypatch.setattr(Desk, "in_hours", lambda self, at: False)
    assert "Giờ làm việc là thứ Hai đến thứ Sáu" in heard(line, "8", "0#", desk="02400000000")


def test_an_installation_may_tell_the_code_in_the_call_itself(line: Open) -> None:
    async def go() -> None:
        async with line(way="in_call") as house:
            call = await house.calls("8", f"{CODE}#", "1")
            (first,) = [part["text"] for part in call.heard if part["secret"]]
            await house.switch.press(call, "1")
            again = [part["text"] for part in call.heard if part["secret"]]
            assert again == [first, first]
            await house.switch.press(call, "2")
            assert "Không đưa mã này cho ai" in call.words
            assert call.state == "completed"
            assert house.rows("SELECT count(*) FROM phone_callbacks") == [(0,)]

    asyncio.run(go())


def test_a_secret_cannot_be_talked_over_and_is_kept_by_no_cache(line: Open) -> None:
    async def go() -> None:
        async with line(way="in_call") as house:
            call = await house.calls("8", f"{CODE}#", "1")
            verbs = call.answer
            (secret,) = [verb for verb in verbs if "Mã là" in verb.get("text", "")]
            assert secret["verb"] == "say"
            assert secret["disableTtsCache"] is True
            gather = next(verb for verb in verbs if verb["verb"] == "gather")
            assert verbs.index(secret) < verbs.index(gather)
            assert "Mã là" not in gather["say"]["text"]

    asyncio.run(go())


async def _asked_back(house: House) -> Any:
    await house.calls("8", f"{CODE}#", "1")
    back = await house.rung_back()
    assert back is not None
    return back


def test_who_did_not_ask_for_it_ends_it_with_nine(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            back = await _asked_back(house)
            await house.switch.take(back)
            await house.switch.press(back, "9")
            assert "Yêu cầu đã được hủy" in back.words
            assert house.rows("SELECT count(*) FROM resets WHERE expires_at > now()") == [(0,)]
            assert await house.rung_back() is None

    asyncio.run(go())


def test_a_machine_that_takes_the_call_hears_no_code(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            back = await _asked_back(house)
            await house.switch.take(back)
            for _ in range(3):
                await house.switch.idle(back)
            assert "chưa đọc mã" in back.words
            assert not any(part["secret"] for part in back.heard)
            house.rows("UPDATE phone_callbacks SET lease_until = now() - interval '1 second'")
            assert await house.rung_back() is None, "who took the call is not rung again"

    asyncio.run(go())


def test_a_call_that_nothing_is_heard_of_is_made_again_within_the_hours_only(line: Open) -> None:
    async def go(hours: tuple[int, int]) -> bool:
        async with line(retry_hours=hours) as house:
            back = await _asked_back(house)
            house.rows("UPDATE phone_callbacks SET lease_until = now() - interval '1 second'")
            back.state = "over"
            return await house.rung_back() is not None

    assert asyncio.run(go((0, 24)))
    assert not asyncio.run(go((0, 0)))


def test_a_call_that_nobody_takes_is_tried_once_more_and_no_more(line: Open) -> None:
    async def go() -> None:
        async with line(retry_hours=(0, 24)) as house:
            back = await _asked_back(house)
            await house.switch.decline(back)
            again = await house.rung_back()
            assert again is not None
            await house.switch.decline(again, "busy")
            assert await house.rung_back() is None
            assert house.rows("SELECT state, error, sealed FROM phone_callbacks") == [("given_up", "busy", None)]

    asyncio.run(go())


def test_calls_back_have_a_cap_and_then_nothing_is_checked(line: Open) -> None:
    async def go() -> None:
        async with line(callbacks_a_day=1) as house:
            await house.calls("8", f"{CODE}#", "1")
            other = await house.calls("8", "0116000045#", "1", number="0912000045")
            assert "đang tạm dừng" in other.words
            assert house.rows("SELECT count(*) FROM resets") == [(1,)]

    asyncio.run(go())
