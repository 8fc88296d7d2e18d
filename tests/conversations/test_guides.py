"""Guides, step by step: done, not yet, digressions, stopping."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.talk import Talk

STEP = ["Xong", "Chưa được", "Dừng lại"]


def joined(replies: list[dict[str, Any]]) -> str:
    return "\n".join(body["text"] for body in replies)


def titles(replies: list[dict[str, Any]]) -> list[str]:
    return [button["title"] for button in replies[-1]["buttons"]]


@pytest.mark.parametrize("done", ["xong", "Xong rồi ạ", "ok", "1", "lam xong roi", "vâng", "#step_done"])
def test_done_leads_through_all_steps(talk: Talk, done: str) -> None:
    replies = talk.press("#guide_add_email")
    for number in range(1, 6):
        assert len(replies) == 1
        assert f"Bước {number}/5" in replies[0]["text"]
        assert titles(replies) == STEP
        replies = talk.say(done)
    assert "tài khoản của bạn đã có e-mail" in joined(replies)
    assert replies[-1]["buttons"]


@pytest.mark.parametrize(
    ("guide", "steps", "ending"),
    [("change_email", 5, "e-mail mới đã được ghi nhận"), ("change_phone", 5, "số điện thoại mới đã được ghi nhận")],
)
def test_the_other_guides_succeed(talk: Talk, guide: str, steps: int, ending: str) -> None:
    replies = talk.press(f"#guide_{guide}")
    for number in range(1, steps + 1):
        assert f"Bước {number}/{steps}" in replies[-1]["text"]
        replies = talk.press("#step_done")
    assert ending in joined(replies)


@pytest.mark.parametrize(
    "failed", ["chưa được", "không được ạ", "lỗi", "chua duoc", "2", "vẫn chưa được ạ", "#step_failed"]
)
def test_not_yet_helps_first_and_then_shows_another_way(talk: Talk, failed: str) -> None:
    talk.press("#guide_add_email")
    talk.say("xong")
    replies = talk.say(failed)
    assert "bạn thử thế này" in joined(replies)
    assert titles(replies) == STEP
    replies = talk.say(failed)
    assert "TK1-TS" in joined(replies)
    assert "cơ quan BHXH" in joined(replies)
    assert "Cơ quan BHXH ở đâu" in titles(replies)
    assert "đã kết thúc" in joined(talk.press("#step_done"))


def test_help_that_helps_goes_on(talk: Talk) -> None:
    talk.press("#guide_add_email")
    talk.say("chưa được")
    assert "Bước 2/5" in talk.text("được rồi")


def test_no_login_leads_to_the_advice(talk: Talk) -> None:
    talk.press("#guide_change_phone")
    talk.say("xong")
    talk.say("lỗi")
    replies = talk.say("lỗi")
    assert "Giúp mình chọn cách" in titles(replies)
    assert "còn nhớ mật khẩu" in talk.text("1")


def test_a_failing_code_tries_another_way_first(talk: Talk) -> None:
    talk.press("#guide_change_email")
    for _ in range(4):
        talk.say("xong")
    talk.say("chưa được")
    replies = talk.say("chưa được")
    assert "thử thêm một cách cho bước 5" in joined(replies)
    assert "TK1-TS" in talk.text("chưa được")


def test_the_aside_that_works_ends_well(talk: Talk) -> None:
    talk.press("#guide_change_email")
    for said in ("xong", "xong", "xong", "xong", "chưa được", "chưa được"):
        talk.say(said)
    assert "e-mail mới đã được ghi nhận" in talk.text("xong")


@pytest.mark.parametrize("topic", ["add_email", "change_email", "change_phone"])
def test_the_answer_offers_its_guide(talk: Talk, topic: str) -> None:
    replies = talk.press(f"#faq/{topic}")
    payloads = [button["payload"] for button in replies[-1]["buttons"]]
    assert f"#guide_{topic}" in payloads
    assert "Bước 1/5" in talk.text(str(payloads.index(f"#guide_{topic}") + 1))


def test_a_question_in_between_comes_back_to_the_step(talk: Talk) -> None:
    talk.press("#guide_add_email")
    talk.say("xong")
    replies = talk.say("gọi tổng đài mất bao nhiêu tiền một phút")
    assert "1.000 đồng" in replies[0]["text"]
    assert "Bạn đang ở bước 2/5 của phần “Thêm e-mail”" in replies[-1]["text"]
    assert titles(replies) == STEP
    assert "Bước 3/5" in talk.text("xong rồi")


def test_thanks_and_what_is_not_understood_come_back_to_the_step(talk: Talk) -> None:
    talk.press("#guide_add_email")
    assert "Bạn đang ở bước 1/5" in talk.text("cảm ơn bạn nhiều")
    assert "Bạn đang ở bước 1/5" in joined(talk.say(kind="media", media="sticker"))
    assert "Bước 2/5" in talk.text("ok")


@pytest.mark.parametrize("stop", ["dừng lại", "thôi không làm nữa", "3", "#cancel"])
def test_stopping_ends_it(talk: Talk, stop: str) -> None:
    talk.press("#guide_add_email")
    replies = talk.say(stop)
    assert "mình dừng hướng dẫn" in joined(replies)
    assert replies[-1]["buttons"]
    assert "Bước" not in joined(talk.press("#affirm"))


def test_the_reset_ends_a_guide_and_a_guide_ends_the_reset(talk: Talk) -> None:
    talk.press("#guide_add_email")
    assert "mã số BHXH (10 chữ số)" in talk.text("em quên mật khẩu vssid")
    replies = talk.press("#guide_add_email")
    assert len(replies) == 1
    assert "Bước 1/5" in replies[0]["text"]
    assert "Bước 2/5" in talk.text("xong")


def test_an_old_button_in_the_form_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    talk.say("em quên mật khẩu vssid")
    assert "mã số BHXH" in joined(talk.press("#step_done"))
    talk.say("7900000123")
    assert "n•••n@e•••.com" in talk.text("0901000123")


def test_one_guide_leads_to_another(talk: Talk) -> None:
    talk.press("#guide_change_phone")
    talk.say("chưa được")
    replies = talk.say("chưa được")
    assert "mã có thể gửi về số cũ hoặc e-mail" in joined(replies)
    assert "Bước 1/5: đăng nhập" in talk.text("Thêm mail từng bước")


def test_the_done_words_mean_nothing_without_a_guide(talk: Talk) -> None:
    assert "Bước" not in talk.text("xong rồi")


def test_a_step_that_is_named_is_shown_again(talk: Talk) -> None:
    talk.press("#guide_add_email")
    talk.say("xong")
    assert "Bước 3/5" in joined(talk.say("xong"))
    assert "Bước 1/5" in joined(talk.say("cho mình xem lại bước 1"))
    assert "Bước 2/5" in joined(talk.say("xong"))
    assert "Bước 1/5" in joined(talk.say("lùi một bước đi"))
    assert "Bước 5/5" in joined(talk.say("qua bước 9 đi"))  # there is none: the last


def test_to_leave_a_step_out_helps_with_it(talk: Talk) -> None:
    talk.press("#guide_add_email")
    talk.say("xong")
    assert "bạn thử thế này" in joined(talk.say("bỏ qua bước này được không"))
