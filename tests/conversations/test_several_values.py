"""Several values of one kind in a message: the named one is checked, or the assistant asks; nothing crosses."""

from __future__ import annotations

import pytest

from tests.kit.talk import Talk

SENT, REFUSED = "Mình đã gửi thư", "không khớp"
CODE, PHONE, MAIL = "7900000123", "0901000123", "nguyen.an@example.com"
OTHER_CODE, OTHER_MAIL = "9200000888", "le.chi@example.com"


@pytest.mark.parametrize(
    "text",
    [
        f"em quên mật khẩu vssid, mã {CODE}, số đăng ký {PHONE}, số mới em đang xài 0988777666",
        f"em quên mật khẩu vssid, mã {CODE}, sđt liên hệ 0988777666, mail lúc đăng ký {MAIL}",
        f"quên mật khẩu vssid mã {CODE} {PHONE} (số cũ) 0988777666 (số mới)",
        f"quên mật khẩu vssid, mã {CODE} cccd 079000000555 sđt {PHONE}",
        f"quên mật khẩu vssid mã 7900000124 à nhầm {CODE}, sđt {PHONE}",
    ],
)
def test_the_contact_that_the_words_call_registered_is_checked(talk: Talk, text: str) -> None:
    assert SENT in talk.text(text)


def test_two_contacts_of_which_nothing_is_said_are_asked_for_and_cost_no_try(talk: Talk) -> None:
    asked = talk.say(f"em quên mật khẩu vssid, mã {CODE}, sđt 0988777666 hoặc {PHONE}")[-1]
    assert "Cái nào đã đăng ký" in asked["text"]
    assert [button["title"] for button in asked["buttons"]][:2] == ["Số đuôi 666", "Số đuôi 123"]
    assert SENT in "\n".join(body["text"] for body in talk.press("#pick_2"))


def test_two_accounts_are_done_one_after_the_other(talk: Talk) -> None:
    asked = talk.say(f"quên mật khẩu vssid 2 người: An {CODE} {PHONE}, Chi {OTHER_CODE} {OTHER_MAIL}")[-1]
    assert "mỗi lượt một tài khoản" in asked["text"]
    assert [button["title"] for button in asked["buttons"]] == ["Mã đuôi 123", "Mã đuôi 888", "Dừng lại"]
    done = talk.press("#pick_2")
    assert any(SENT in body["text"] for body in done)
    assert REFUSED not in "\n".join(body["text"] for body in done)
    assert [button["title"] for button in done[-1]["buttons"]] == ["Mã đuôi 123", "Dừng lại"]
    assert any(SENT in body["text"] for body in talk.press("#pick_1"))


def test_a_wife_asking_beside_her_husband_is_asked_whose_account(talk: Talk) -> None:
    first = talk.text(f"lấy lại mật khẩu cho vợ, mã vợ {OTHER_CODE} mail {OTHER_MAIL}, còn mã em là {CODE} sđt {PHONE}")
    assert "mỗi lượt một tài khoản" in first
    assert SENT in "\n".join(body["text"] for body in talk.press("#pick_1"))


def test_an_old_button_starts_the_reset_anew(talk: Talk) -> None:
    assert "mã số BHXH" in talk.press("#pick_3")[-1]["text"]
