"""Five sentences with a story, identifiers and more than one question."""

from __future__ import annotations

from tests.kit.talk import Talk

STORY = (
    "Chào ad, em tên Hoa, làm công nhân ở Bình Dương. Hôm trước em đổi điện thoại nên ứng dụng bắt đăng nhập lại mà em"
    " quên mất mật khẩu vssid rồi. Mã số của em là 7900000123, số điện thoại đăng ký 0901000123."
    " Giúp em lấy lại mật khẩu với."
)


def test_a_story_with_everything_in_it_starts_the_reset_at_once(talk: Talk) -> None:
    assert "n•••n@e•••.com" in talk.text(STORY)


def test_a_second_question_is_answered_or_offered(talk: Talk) -> None:
    answer = talk.text("Tổng đài 1900 9068 gọi thế nào ạ? Với lại làm sao để thêm email vào tài khoản vssid của tôi?")
    assert "còn nhắc đến" in answer
    first, second = (talk.intent(), talk.text("có"))
    assert first in ("faq/hotline", "faq/add_email")
    assert ("phím 8" in second) != (first == "faq/hotline")
