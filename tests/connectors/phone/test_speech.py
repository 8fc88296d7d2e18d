"""What is said instead of pressed: codes as people say them, questions in words, answers for the ear."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.content.topics import read_topic, topic_files
from assistant.messages.events import Turn
from assistant.messages.turns import Claimed
from assistant.rasa.host import AgentHost
from assistant.settings import ROOT
from connectors.phone import voicing
from connectors.phone.content_check import check_content
from connectors.phone.hearing import digits_in
from connectors.phone.voicing import MOST, shortened, voiced
from tests.connectors.phone.conftest import CODE, Open
from tests.connectors.phone.test_verbs import follows_our_rules
from tests.kit.talk import registry_with_members
from tests.kit.turns import SAFE, Connection, FakeEngine

EAR = {"vendor": "microsoft"}


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("bảy chín không không không không không một hai ba", CODE),
        ("bảy mươi chín, ba số không, không không một hai ba", CODE),
        ("Mã số là 7900000123.", CODE),
        ("790 000 0123", CODE),
        ("7 9 0 0 0 0 0 1 2 3", CODE),
        ("không bảy chín không không không không không không một hai ba", "079000000123"),
        ("bẩy chín không không không không không hai mươi mốt ba", "7900000213"),
        ("một hai ba bốn lăm sáu bảy tám chín không", "1234567890"),
        ("bảy chín không không", ""),
        ("tôi không biết", ""),
        ("7900000123 hoặc 7900000124", ""),
        ("", ""),
    ],
)
def test_a_code_as_people_say_it(said: str, heard: str) -> None:
    assert digits_in(said) == heard


def test_what_is_said_of_answers_is_short_and_for_the_ear() -> None:
    assert shortened("Được bạn nhé. Xem https://vssid.vn để biết.") == "Được bạn nhé."
    assert shortened("1. Một\n2. Hai") == ""
    assert shortened("Bạn gọi 1900 9068 nhé.") == "Bạn gọi một chín không không, chín không sáu tám nhé."
    assert len(shortened(" ".join(["chữ"] * 20) + ". " + " ".join(["chữ"] * 20) + ".").split()) <= MOST
    assert voiced("faq/lost_phone", "", ["dài"]) == voicing.answers()["lost_phone"]
    assert (
        shortened("Hồ sơ gồm một giấy. [L 61.1] Nộp ở công ty. [L 62.1; 164]") == "Hồ sơ gồm một giấy. Nộp ở công ty."
    )
    assert all(len(text.split()) <= MOST for text in voicing.answers().values())


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("Báo BHXH, BHYT hay UBND xã.", "Báo bảo hiểm xã hội, bảo hiểm y tế hay ủy ban nhân dân xã."),
        ("Đừng đưa mã OTP.", "Đừng đưa mã xác thực."),
        ("Nộp tờ khai TK1-TS.", "Nộp tờ khai thông tin bảo hiểm."),
        ("Từ 1/7/2025 (trước là 30 ngày).", "Từ ngày 1 tháng 7 năm 2025, trước là 30 ngày."),
        ("Nghỉ (có lương) rồi về; mất 2 %.", "Nghỉ, có lương, rồi về, mất 2 phần trăm."),
        ("Nay là 2.530.000 đồng.", "Nay là 2 triệu 530 nghìn đồng."),
        ("Mất 1.000 đồng/phút.", "Mất 1 nghìn đồng một phút."),
        ("Theo Nghị định 176/2025/NĐ-CP.", ""),
    ],
)
def test_what_is_written_short_is_said_in_full_or_not_at_all(written: str, heard: str) -> None:
    assert shortened(written) == heard


def test_no_answer_is_said_with_what_only_eyes_understand() -> None:
    sides = [side.say for path in topic_files(ROOT / "data") for side in read_topic(path).facets.values()]
    said = [heard for heard in map(shortened, sides) if heard]
    assert len(said) > len(sides) / 2
    assert [heard for heard in said if re.search(r"\b[A-ZĐ]{2,}|[()%;“”/]|\d\.\d", heard)] == []
    assert max(len(heard.split()) for heard in said) <= MOST + 8, "a number that is dialled is said digit by digit"


def test_of_one_side_of_a_topic_that_side_is_heard_and_not_the_topic() -> None:
    assert voiced("faq/office", "cost", ["Không mất phí. Xem https://a.vn"]) == "Không mất phí."
    assert voiced("faq/office", "cost", ["1. Một\n2. Hai"]) == "", "then there is a page"


def test_every_topic_has_its_text_for_the_ear() -> None:
    assert {path.stem for path in topic_files(ROOT / "data")} <= voicing.answers().keys()


def test_a_topic_without_one_is_a_remark_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq/new.yml").touch()
    (tmp_path / voicing.FILE).write_text("{}\n", encoding="utf-8")
    found = [finding for finding in check_content(ROOT, tmp_path) if finding.path.name == "new.yml"]
    assert [(finding.is_error, "chưa có câu nói qua điện thoại" in finding.advice) for finding in found] == [
        (False, True)
    ]


def test_the_check_finds_answers_for_eyes(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "faq").mkdir()
    path = tmp_path / voicing.FILE
    path.write_text(f"no_topic: vào https://x.vn\nlong: {'chữ ' * 26}\nrun: gọi 19009068\n", encoding="utf-8")
    for name in ("long", "run"):
        (tmp_path / f"faq/{name}.yml").touch()
    advice = " ".join(finding.advice for finding in check_content(ROOT, tmp_path))
    for words in ("không có chủ đề nào", "đường dẫn", "dài 26 chữ", "dãy số"):
        assert words in advice
    texts = tmp_path / "channels/phone.yml"
    whole = (ROOT / "data/channels/phone.yml").read_text(encoding="utf-8")
    texts.write_text(whole.replace("chưa đăng ký với", "chưa có ở").replace("{left}", "{right}"), encoding="utf-8")
    advice = " ".join(finding.advice for finding in check_content(ROOT, tmp_path))
    assert "giữ nguyên từng chữ" in advice
    assert "chỗ điền không đúng: left, right" in advice


@pytest.fixture(scope="module")
def host(model_path: Path, server_url: str) -> Iterator[AgentHost]:
    from tests.kit import postgres

    with (
        postgres.fresh(server_url) as url,
        closing(registry_with_members(url)) as registry,
        closing(AgentHost(model_path, ROOT / "data", registry, SAFE, "https://tro-ly.example")) as opened,
    ):
        yield opened


def test_a_code_that_is_said_is_read_back_before_it_is_checked(line: Open) -> None:
    async def go() -> None:
        async with line(ear=EAR, engine=lambda: None) as house:
            call = await house.calls("8")
            assert "Hoặc bạn đọc từng số." in call.words
            assert call.waits is not None
            assert call.waits["input"] == ["digits", "speech"]
            assert call.waits["recognizer"]["asrTimeout"] >= 1
            follows_our_rules(call.answer)
            await house.switch.say(call, "ờ cái gì cơ")
            assert "Chưa nghe rõ mã số." in call.words
            await house.switch.say(call, "bảy chín không không không không không một hai ba")
            assert "Mã số là: Bảy, chín, không." in call.words
            assert call.waits["input"] == ["digits"], "yes and no are keys"
            await house.switch.press(call, "1")
            assert "khớp nhau" in call.words
            ((kept,),) = house.rows("SELECT string_agg(body::text, ' ') FROM inbox")
            assert "bảy chín" not in kept

    asyncio.run(go())


def test_a_question_in_words_goes_through_the_same_understanding(line: Open, host: AgentHost) -> None:
    async def go() -> None:
        async with line(ear=EAR, engine=lambda: host) as house:
            call = await house.calls("1")
            await house.switch.say(call, "mất sim rồi thì làm sao")
            assert voicing.answers()["lost_phone"] in call.words
            assert "Bạn hỏi tiếp" in call.words
            follows_our_rules(call.answer)
            await house.switch.say(call, "tôi quên mật khẩu VssID")
            assert "Bạn bấm mã số bảo hiểm xã hội" in call.words
            intents = [row[0] for row in house.rows("SELECT intent FROM turns WHERE intent IS NOT NULL ORDER BY id")]
            assert intents == ["tells", "reset_password"]
            assert house.rows("SELECT count(*) FROM turns WHERE actions ? 'phone_answer'") == [(1,)]

    asyncio.run(go())


class AtALoss(FakeEngine):
    """Understands nothing, as the real one does of the same words on another day's model."""

    def handle(self, claimed: Claimed, connection: Connection) -> Turn:
        return replace(super().handle(claimed, connection), intent="nlu_fallback")


def test_star_goes_back_and_three_times_not_understood_lead_to_the_office(line: Open) -> None:
    async def go() -> None:
        async with line(ear=EAR, engine=AtALoss) as house:
            call = await house.calls("1", "*")
            assert call.words.endswith("Gặp nhân viên, bấm phím 0.")
            await house.switch.press(call, "1")
            for _ in range(3):
                await house.switch.say(call, "bla xyz qwe rty")
            assert call.state == "completed"
            assert "cơ quan bảo hiểm xã hội" in call.heard[-1]["text"]

    asyncio.run(go())


def test_without_an_ear_nothing_is_listened_for(line: Open) -> None:
    async def go() -> Any:
        async with line() as house:
            return (await house.calls("1", "8")).answer

    answer = asyncio.run(go())
    assert not any("speech" in verb.get("input", ()) or "recognizer" in verb for verb in answer)
