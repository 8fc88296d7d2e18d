"""A person: put through in office hours, a question left for later, whose answer comes by SMS."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import psycopg
import pytest

from assistant.desk import handover, rules
from assistant.desk.handover import Desk
from connectors.phone import texts
from connectors.sms.phones import Phones, kept_within
from tests.connectors.phone.conftest import NUMBER, House, Open
from tests.kit.turns import SAFE

EAR = {"vendor": "microsoft"}
ASKED = "lương hưu của mẹ tôi mã 7900000123 đến ngày nào thì nhận"
BY_SMS = partial(kept_within, SAFE)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "in_hours", lambda self, at: False)


def opened(line: Open, **changed: Any) -> Any:
    return line(**{"desk": "02400000000", "ear": EAR, "engine": lambda: None, "written_to": BY_SMS} | changed)


async def _left(house: House, question: str = ASKED, **fields: Any) -> Any:
    call = await house.calls("0", "1", **fields)
    await house.switch.say(call, question)
    return call


def test_a_question_is_read_back_and_left_and_its_answer_goes_to_the_number_by_sms(line: Open, closed: None) -> None:
    async def go() -> None:
        async with opened(line) as house:
            call = await _left(house)
            assert f"Bạn vừa hỏi: {ASKED}. Nếu đúng, bấm phím 1." in call.words
            gather = next(verb for verb in call.answer if verb["verb"] == "gather")
            assert gather["say"]["disableTtsCache"] is True
            assert house.rows("SELECT count(*) FROM questions") == [(0,)]
            await house.switch.press(call, "1")
            assert "nhận câu trả lời bằng tin nhắn đến số này, chậm nhất ngày" in call.words
            assert call.state == "completed"
            ((number, conversation, question),) = house.rows("SELECT number, conversation, question FROM questions")
            assert conversation.startswith("sms:")
            assert question.startswith("lương hưu của mẹ tôi mã ⟦")
            with psycopg.connect(house.url, autocommit=True) as connection:
                handover.answer_question(connection, SAFE, number, "hoa", "Ngày 5 hằng tháng.")
            assert house.rows("SELECT conversation, kind FROM inbox WHERE channel = 'sms'") == [
                (conversation, "system")
            ]
            from assistant import database

            async with database.pool(house.url, 1) as pool:
                assert await Phones(pool, SAFE).of(conversation) == NUMBER
            # What was asked stands among the questions alone, and there without values.
            for table in ("phone_calls", "inbox", "turns", "outbox"):
                assert "lương hưu" not in str(house.rows(f"SELECT t::text FROM {table} t"))

    asyncio.run(go())


def test_what_was_heard_wrongly_is_said_again_and_nothing_is_kept_of_it(line: Open, closed: None) -> None:
    async def go() -> None:
        async with opened(line) as house:
            call = await _left(house, "một câu nghe nhầm rồi")
            await house.switch.press(call, "2")
            assert call.words.endswith("Bạn nói lại câu hỏi.")
            await house.switch.say(call, "ừ")
            assert "Chưa hiểu câu vừa rồi." in call.words
            await house.switch.say(call, ASKED)
            await house.switch.press(call, "1")
            assert house.rows("SELECT count(*) FROM questions WHERE question LIKE '%%lương hưu%%'") == [(1,)]

    asyncio.run(go())


def test_a_number_may_leave_three_questions_until_they_are_answered(line: Open, closed: None) -> None:
    async def go() -> None:
        async with opened(line) as house:
            for expected in (True, True, True, False):
                call = await _left(house)
                await house.switch.press(call, "1")
                assert ("chuyển cho nhân viên" in call.words) is expected
            assert "ba câu hỏi chờ trả lời" in call.words
            assert house.rows("SELECT count(*) FROM questions") == [(3,)]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("changed", "number"),
    [({"written_to": None}, NUMBER), ({"ear": None}, NUMBER), ({}, "anonymous"), ({}, "02437899999")],
    ids=["no SMS here", "keys only", "hidden", "landline"],
)
def test_where_no_answer_could_come_no_question_is_taken(
    line: Open, closed: None, changed: dict[str, Any], number: str
) -> None:
    async def go() -> None:
        async with opened(line, **changed) as house:
            call = await house.calls("0", number=number)
            assert "Bây giờ không có nhân viên trực." in call.words
            assert "để lại câu hỏi" not in call.words
            assert call.words.endswith(texts.texts()["menu_again"])

    asyncio.run(go())


def test_whom_nobody_takes_at_the_desk_may_leave_a_question(line: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with opened(line) as house:
            call = await house.calls("0")
            await house.switch.dialled(call, "no-answer")
            assert "Nhân viên đang bận" in call.words
            await house.switch.press(call, "1")
            await house.switch.say(call, ASKED)
            await house.switch.press(call, "1")
            assert house.rows("SELECT count(*) FROM questions") == [(1,)]

    monkeypatch.setattr(Desk, "in_hours", lambda self, at: True)
    asyncio.run(go())


def test_a_call_stands_at_the_desk_while_it_lasts_and_no_longer(line: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with opened(line) as house:
            with psycopg.connect(house.url, autocommit=True) as connection:
                handover.be_present(connection, "hoa")
            call = await house.calls("0")
            assert house.rows("SELECT state, reason FROM handovers") == [("waiting", "asked")]
            await house.switch.hang_up(call)
            assert house.rows("SELECT state, outcome FROM handovers") == [("closed", "left")]

    monkeypatch.setattr(Desk, "in_hours", lambda self, at: True)
    asyncio.run(go())


def test_hours_that_staff_set_in_the_console_count_for_calls(line: Open) -> None:
    async def go() -> None:
        async with opened(line, ear=None) as house:
            never = rules.Rules({})
            with psycopg.connect(house.url, autocommit=True) as connection:
                rules.save(connection, never, "hoa")
            call = await house.calls("0")
            assert "chưa có giờ trực" in call.words
            always = rules.Rules({day: rules.span_of("00:00-23:59") for day in rules.DAYS})
            with psycopg.connect(house.url, autocommit=True) as connection:
                rules.save(connection, always, "hoa")
            assert "Đang nối máy" in (await house.calls("0")).words

    asyncio.run(go())
