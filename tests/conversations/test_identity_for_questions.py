"""What a person gave for something else is used for a reset only once they have said so."""

from __future__ import annotations

import pytest

from tests.kit.people import CODE, PHONE
from tests.kit.talk import Talk

SENT, ASKED = "Mình đã gửi thư", "dùng thông tin này để lấy lại mật khẩu"
QUESTION = f"em đổi số điện thoại, mã {CODE}, sđt {PHONE} thì sửa ở đâu ạ"


@pytest.fixture(params=["left for staff", "asked the assistant"])
def asked(request: pytest.FixtureRequest, talk: Talk) -> Talk:
    """A person who gave both for a question."""
    if request.param == "left for staff":
        talk.press("#leave_question")
        assert "HD-" in talk.text(QUESTION)
    else:
        assert SENT not in talk.text(f"mã số {CODE} sđt {PHONE} của em sao quá trình đóng chưa cập nhật")
    return talk


def pressed(talk: Talk, payload: str) -> str:
    return "\n".join(body["text"] for body in talk.press(payload))


@pytest.mark.parametrize("wish", ["quên mật khẩu", "#reset_password"])
def test_it_is_asked_about_without_being_told(asked: Talk, wish: str) -> None:
    said = pressed(asked, wish) if wish.startswith("#") else asked.text(wish)
    assert ASKED in said
    assert SENT not in said
    assert CODE not in said
    assert PHONE not in said
    assert f"có đuôi {CODE[-3:]}" in said


@pytest.mark.parametrize("yes", ["#use_known", "ừ", "dùng thông tin này"])
def test_a_yes_uses_it(asked: Talk, yes: str) -> None:
    asked.say("quên mật khẩu")
    assert SENT in (pressed(asked, yes) if yes.startswith("#") else asked.text(yes))


def test_a_no_sends_nothing(asked: Talk) -> None:
    asked.say("quên mật khẩu")
    assert SENT not in asked.text("không")
    assert SENT not in asked.text("quên mật khẩu")


def test_other_values_may_be_given(asked: Talk) -> None:
    asked.say("quên mật khẩu")
    assert "mã số BHXH" in pressed(asked, "#reset_password")
    asked.say(CODE)
    assert SENT in asked.text(PHONE)


def test_what_was_given_for_the_reset_is_used_at_once(talk: Talk) -> None:
    assert SENT in talk.text(f"quên mật khẩu mã {CODE} sđt {PHONE}")


def test_what_was_offered_for_the_reset_is_too(talk: Talk) -> None:
    assert SENT in talk.text(f"mã số của em là {CODE} sđt {PHONE}", "quên mật khẩu")
