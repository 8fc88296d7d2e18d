"""Who rings with another's number, who changes numbers, who listens in our store."""

from __future__ import annotations

import asyncio
import datetime
import logging
import re
from functools import partial

import prometheus_client
import psycopg
import pytest
import yaml

from assistant import database
from assistant.privacy import secret_links
from assistant.reports import insight
from assistant.runtime import metrics
from assistant.settings import ROOT, SettingsError
from assistant.settings.limits import Limits
from connectors.base.described import read_described
from connectors.phone import digits
from connectors.phone.settings import PhoneLine
from connectors.sms.phones import Phones, kept_within
from tests.connectors.phone.conftest import CODE, NUMBER, House, Open
from tests.kit.turns import SAFE

BY_SMS = partial(kept_within, SAFE)


def test_a_forged_number_hears_nothing_secret_and_the_owner_is_rung(line: Open) -> None:
    """Whoever shows the registered number and knows the code gets a sentence; the code goes to the real telephone."""

    async def go() -> None:
        async with line() as house:
            forger = await house.calls("8", f"{CODE}#", "1")
            assert not re.search(r"(?:không|một|hai|ba|bốn|năm|sáu|bảy|tám|chín), \w+, \w+\.", forger.heard[-1]["text"])
            owner = await house.rung_back()
            assert owner is not None
            assert owner.number == NUMBER

    asyncio.run(go())


def test_without_a_trunk_that_is_believed_a_number_is_none(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            call = await house.calls("8", f"{CODE}#", "1", originating_sip_trunk_name="")
            assert "khớp nhau" not in call.words
            assert house.rows("SELECT count(*) FROM attempts") == [(0,)]

    asyncio.run(go())


HIDDEN = "kết quả không báo trong cuộc gọi"


def test_after_so_many_wrong_checks_a_number_is_told_nothing_more(line: Open) -> None:
    async def go() -> None:
        async with line(checks_of_a_number_an_hour=4) as house:
            wrong = ("8", "7999999999#", "1")
            calls = [await house.calls(*wrong) for _ in range(6)]
            assert [HIDDEN in call.words for call in calls] == [False] * 4 + [True] * 2
            assert "khớp nhau" in (await house.calls("8", "0116000045#", "1", number="0912000045")).words

    asyncio.run(go())


def test_who_spent_the_tries_of_a_forged_number_learns_nothing_and_its_owner_still_gets_through(line: Open) -> None:
    async def go() -> None:
        async with line(checks_of_a_number_an_hour=2) as house:
            for _ in range(2):
                await house.calls("8", "7999999999#", "1")
            wrong = await house.calls("8", "7999999999#", "1")
            assert await house.rung_back() is None
            right = await house.calls("8", f"{CODE}#", "1")
            assert wrong.heard[-1]["text"] == right.heard[-1]["text"]
            assert HIDDEN in right.words
            back = await house.rung_back()
            assert back is not None
            await house.switch.take(back)
            await house.switch.press(back, "1")
            assert any(part["secret"] for part in back.heard)

    asyncio.run(go())


def test_while_others_guess_this_number_or_code_a_match_is_rung_and_not_told(line: Open) -> None:
    async def go() -> None:
        async with line(limits=Limits(pair_checks_an_hour=2, pair_checks_a_day=2)) as house:
            for number in ("0912000045", "0399000111"):
                await house.calls("8", f"{CODE}#", "1", number=number)
            owner = await house.calls("8", f"{CODE}#", "1")
            assert "khớp nhau" not in owner.words
            assert HIDDEN in owner.words
            assert await house.rung_back() is not None
            assert house.rows("SELECT count(*) FROM mail WHERE kind = 'reset_link'") == [(0,)]

    asyncio.run(go())


def test_twenty_calls_at_once_from_one_number_are_told_no_more(line: Open) -> None:
    async def go() -> None:
        async with line(checks_of_a_number_an_hour=4) as house:
            calls = await asyncio.gather(*(house.calls("8", "7999999999#", "1") for _ in range(20)))
            assert sum(HIDDEN in call.words for call in calls) == 16

    asyncio.run(go())


def test_whoever_changes_numbers_meets_the_breaker_and_the_limits_of_the_account(line: Open) -> None:
    async def go() -> None:
        limits = Limits(starts_a_minute=3, starts_an_hour=3)
        async with line(limits=limits) as house:
            for number, code in (
                (NUMBER, CODE), ("0360000045", "0116000045"), ("0935000777", "4800000777"),
                ("0977000999", "3800000999"),
            ):  # fmt: skip
                last = await house.calls("8", f"{code}#", "1", number=number)
            assert "tạm dừng" in last.words
            assert house.rows("SELECT count(*) FROM breaker_openings") == [(1,)]

    asyncio.run(go())


def test_a_telephone_is_rung_three_times_an_hour_at_most(line: Open) -> None:
    async def go() -> None:
        async with line() as house:
            calls = [await house.calls("8", f"{CODE}#", "1") for _ in range(4)]
            assert ["đã được cấp đủ mã" in call.words for call in calls] == [False, False, False, True]

    asyncio.run(go())


def test_a_code_of_one_call_ends_with_the_next(line: Open) -> None:
    async def go() -> None:
        async with line(way="in_call") as house:
            await house.calls("8", f"{CODE}#", "1")
            await house.calls("8", f"{CODE}#", "1")
            assert house.rows("SELECT count(*) FROM reset_codes WHERE ended_at IS NULL") == [(1,)]

    asyncio.run(go())


async def _whole_call(house: House) -> str:
    """Goes all the way, and returns the code that was told."""
    call = await house.calls("8", f"{CODE}#", "1")
    await house.switch.hang_up(call)
    back = await house.rung_back()
    assert back is not None
    await house.switch.take(back)
    await house.switch.press(back, "1")
    told = next(part["text"] for part in back.heard if part["secret"])
    words = re.findall(r"\w+", told.partition("Xin")[0].partition(":")[2].lower())
    return "".join(str(digits.NAMES.index(word)) for word in words)


def test_keys_numbers_and_codes_are_nowhere_in_database_log_and_metrics(
    line: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def go() -> tuple[str, str]:
        async with line() as house:
            otp = await _whole_call(house)
            with psycopg.connect(house.url) as connection:
                names = [
                    row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                ]
                rows = [connection.execute(f"SELECT t::text FROM {name} t").fetchall() for name in names]
            return otp, str(rows)

    otp, stored = asyncio.run(go())
    told = prometheus_client.generate_latest(metrics.registry).decode()
    # Six digits alone may stand in a timestamp; in words, and as a value between others, they stand nowhere.
    assert not re.search(rf"(?<![\d.]){otp}(?![\d.+])", stored)
    for secret in (CODE, NUMBER, NUMBER[1:], digits.said(CODE), digits.said(otp)):
        assert secret not in stored
        assert secret not in caplog.text
        assert secret not in told
    assert "[mã số]" in stored
    assert "[mã một lần]" in stored
    assert "(bấm 10 phím)" in stored


def test_a_code_by_sms_goes_to_the_registered_number_and_stands_nowhere_in_clear(line: Open) -> None:
    async def go() -> None:
        async with line(way="sms", written_to=BY_SMS, callbacks_a_day=2) as house:
            call = await house.calls("8", f"{CODE}#", "1")
            assert "được nhắn vào chính số này" in call.words
            assert not any(part["secret"] for part in call.heard)
            ((sent_to, text),) = house.rows("SELECT conversation, body ->> 'text' FROM outbox WHERE state = 'waiting'")
            assert "⟦link:" in text
            async with database.pool(house.url, 1) as pool:
                assert await Phones(pool, SAFE).of(sent_to) == NUMBER
                async with pool.connection() as connection:
                    (shown,) = await secret_links.reveal(connection, SAFE, sent_to, [text])
            assert re.search(r"mã một lần \d{6}, dùng trong 5 phút tại http://assistant.test/ma ", shown)
            assert house.rows("SELECT count(*) FROM reset_codes WHERE ended_at IS NULL") == [(1,)]
            assert await house.rung_back() is None
            wrong = await house.calls("8", "7999999999#", "1")
            assert "không khớp" in wrong.words
            await house.calls("8", f"{CODE}#", "1")
            assert "tạm dừng" in (await house.calls("8", f"{CODE}#", "1")).words, "messages cost money, too"

    asyncio.run(go())


def test_who_may_be_guessing_is_told_nothing_and_the_owner_gets_the_message(line: Open) -> None:
    async def go() -> None:
        async with line(way="sms", written_to=BY_SMS, checks_of_a_number_an_hour=1) as house:
            await house.calls("8", "7999999999#", "1")
            wrong, right = [await house.calls("8", f"{code}#", "1") for code in ("7999999999", CODE)]
            assert wrong.heard[-1]["text"] == right.heard[-1]["text"]
            assert house.rows("SELECT count(*) FROM outbox WHERE state = 'waiting'") == [(1,)]

    asyncio.run(go())


def test_a_line_that_cannot_send_messages_does_not_start_that_way(line: Open) -> None:
    async def go() -> None:
        async with line(way="sms"):
            raise AssertionError("it started")

    with pytest.raises(SettingsError, match="SMS_GATEWAY"):
        asyncio.run(go())


def test_calls_are_counted_by_where_they_ended_and_how_long_they_were(line: Open) -> None:
    async def go() -> dict[tuple[str, str], int]:
        async with line() as house:
            await house.calls("8", f"{CODE}#", "1")
            for steps in (("8",), ("8",), ()):
                await house.switch.hang_up(await house.calls(*steps))
            with psycopg.connect(house.url) as connection:
                insight.count_day(connection, insight.day_of(datetime.datetime.now(datetime.UTC)), [])
                found = connection.execute("SELECT measure, name, count FROM insight WHERE measure LIKE 'call%'")
                return {(measure, name): count for measure, name, count in found.fetchall()}

    counted = asyncio.run(go())
    assert counted == {
        ("call", "matched"): 1, ("call", "left code"): 2, ("call", "left menu"): 1, ("call_length", "30"): 4,
    }  # fmt: skip
    shown = yaml.safe_load((ROOT / "data/console/insight.yml").read_text(encoding="utf-8"))
    assert {name for _, name in counted} <= {*shown["calls"], *shown["call_lengths"]}


def test_the_example_of_the_page_is_a_line_that_is_read() -> None:
    page = (ROOT / "connectors/phone/README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert read_described(PhoneLine, example).way == "call_back"
