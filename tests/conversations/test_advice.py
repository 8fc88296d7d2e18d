"""“Giúp mình chọn cách”: short questions, then the one way that fits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.talk import Talk


def joined(replies: list[dict[str, Any]]) -> str:
    return "\n".join(body["text"] for body in replies)


def titles(replies: list[dict[str, Any]]) -> list[str]:
    return [button["title"] for button in replies[-1]["buttons"]]


START = "Giúp mình chọn cách"


@pytest.mark.parametrize(
    ("answers", "landed"),
    [
        (["có", "có"], "còn nhớ mật khẩu nên không cần lấy lại"),
        (["có", "không", "có"], "VNeID từ 2.1.0"),
        (["có", "không", "không"], "Trước hết bạn cần mã số BHXH"),
        (["không", "có", "có"], "nhận liên kết đặt lại mật khẩu qua e-mail"),
        (["không", "có", "không", "không"], "Trước hết bạn cần mã số BHXH"),
        (["không", "không", "có", "không"], "gọi tổng đài bằng chính số điện thoại đã đăng ký"),
        (["không", "không", "có", "có"], "VNeID từ 2.1.0"),
        (["không", "không", "không", "không"], "hủy tài khoản cũ để đăng ký lại"),
        (["không rõ", "không rõ", "không rõ"], "bước tiếp theo là đăng ký"),
        (["khong", "3", "2", "2"], "hủy tài khoản cũ để đăng ký lại"),
        (["quên rồi", "mất rồi", "còn dùng ạ", "dạ chưa có"], "gọi tổng đài bằng chính số điện thoại đã đăng ký"),
        (["dạ không", "vẫn mở được", "dạ có ạ"], "nhận liên kết đặt lại mật khẩu qua e-mail"),
    ],
)
def test_the_answers_land_on_the_route(talk: Talk, answers: list[str], landed: str) -> None:
    first = talk.press("#advise")
    assert "tối đa bốn câu" in first[0]["text"]
    assert titles(first) == ["Có", "Không", "Không rõ"]
    replies = first
    for answer in answers:
        assert replies[-1]["text"].endswith("không ạ?")
        replies = talk.say(answer)
    assert len(replies) == 1
    assert landed in replies[0]["text"]
    assert replies[0]["buttons"]
    assert "{" not in replies[0]["text"]


def test_pressed_buttons_do_the_same(talk: Talk) -> None:
    talk.press("#advise")
    talk.press("#deny")
    talk.press("#unsure")
    talk.press("#deny")
    assert "hủy tài khoản cũ" in joined(talk.press("#unsure"))


@pytest.mark.parametrize("before", ["bạn làm được gì", "mình giúp được gì"])
def test_it_is_offered_among_the_capabilities(talk: Talk, before: str) -> None:
    assert START in titles(talk.say(before))
    assert "còn nhớ mật khẩu" in talk.text("không biết chọn cách nào")


def test_after_too_many_tries_it_knows_that_the_person_must_wait(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("7900000123")
    for last in range(5):
        replies = talk.say(f"090100099{last}")
    assert START in titles(replies)
    talk.say("giúp mình chọn cách")
    for answer in ("không", "có", "có"):
        talk.say(answer)
    assert "Ngừng thử, chờ 15 phút" in talk.text("không")


def test_a_question_in_between_is_answered_and_the_open_one_asked_again(talk: Talk) -> None:
    talk.press("#advise")
    talk.say("không")
    replies = talk.say("gọi tổng đài mất bao nhiêu tiền một phút")
    assert "1.000 đồng" in replies[0]["text"]
    assert "hộp thư e-mail" in replies[-1]["text"]
    assert titles(replies) == ["Có", "Không", "Không rõ"]
    assert "mã số BHXH" in talk.text("có")
    assert "qua e-mail" in talk.text("đúng rồi")


def test_small_talk_and_pictures_come_back_to_the_question(talk: Talk) -> None:
    talk.press("#advise")
    assert "còn nhớ mật khẩu" in talk.text("cảm ơn bạn")
    assert "còn nhớ mật khẩu" in joined(talk.say(kind="media", media="image"))
    assert "còn nhớ mật khẩu" in talk.text("nó cứ quay quay ở bên kia bảo thế")
    assert "hộp thư e-mail" in talk.text("không")


def test_stopping_ends_it(talk: Talk) -> None:
    talk.press("#advise")
    assert "mình dừng phần hỏi" in talk.text("thôi không làm nữa")
    assert "không sao" in joined(talk.press("#deny"))


def test_yes_after_the_mail_route_starts_the_reset(talk: Talk) -> None:
    talk.press("#advise")
    for answer in ("không", "có", "có"):
        talk.say(answer)
    assert "mã số BHXH (10 chữ số)" in talk.text("vâng")
    talk.say("7900000123")
    assert "n•••n@e•••.com" in talk.text("0901000123")


def test_a_new_goal_ends_the_questions(talk: Talk) -> None:
    talk.press("#advise")
    talk.say("em quên mật khẩu vssid")
    talk.say("7900000123")
    assert "n•••n@e•••.com" in talk.text("0901000123")
    assert "không sao" in joined(talk.press("#deny"))


def test_asked_for_in_the_middle_of_the_form_it_takes_over(talk: Talk) -> None:
    talk.say("em quên mật khẩu vssid")
    replies = talk.press("#advise")
    assert "còn nhớ mật khẩu" in replies[-1]["text"]
    assert "hộp thư e-mail" in talk.text("không")


def test_an_old_button_gets_an_answer(talk: Talk) -> None:
    assert START in titles(talk.press("#unsure"))
