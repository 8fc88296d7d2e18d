"""Each branch of the reset, in accented and unaccented Vietnamese, against the real engine and register."""

from __future__ import annotations

import pytest

from tests.kit.talk import Talk

NEUTRAL = "số điện thoại và mã số bảo hiểm không khớp hoặc chưa đăng ký với cơ quan BHXH"


@pytest.mark.parametrize("opening", ["em quên mật khẩu vssid", "em quen mat khau vssid", "quên mk vssid r ad ơi"])
def test_match_with_email_starts_a_reset(talk: Talk, opening: str) -> None:
    assert "mã số BHXH" in talk.text(opening)
    assert "số điện thoại hoặc e-mail đã đăng ký" in talk.text("7900000123")
    answer = talk.text("0901000123")
    assert "n•••n@e•••.com" in answer
    assert "nguyen.an@example.com" not in answer
    (mails,) = talk.connection.execute("SELECT count(*) FROM mail m JOIN resets r ON r.id = m.reset_id").fetchone()
    assert mails == 1


@pytest.mark.parametrize(
    "code", ["mã em là 7900000123", "DN4797900000123", "4797900000123", "079000000123", "so bhxh: 79 0000 0123"]
)
def test_code_card_and_citizen_id_name_the_same_member(talk: Talk, code: str) -> None:
    talk.say("toi quen mat khau")
    talk.say(code)
    assert "n•••n@e•••.com" in talk.text("sđt +84 901 000 123")


def test_email_as_contact(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("9200000888")
    assert "l•••i@e•••.com" in talk.text("e-mail em là le.chi@example.com ạ")


def test_everything_in_one_message(talk: Talk) -> None:
    answer = talk.text("em quên mật khẩu vssid, mã số 7900000123, sđt 0901000123, giúp em với")
    assert "n•••n@e•••.com" in answer


def test_match_without_email_goes_to_the_hotline_and_the_declaration(talk: Talk) -> None:
    answer = talk.text("quên mật khẩu vssid", "4800000777", "0935000777")
    for part in ("1900 9068", "phím 8", "1.000 đồng/phút", "TK1-TS", "02/SĐ-GD"):
        assert part in answer


@pytest.mark.parametrize("lost", ["mất rồi, không còn dùng nữa", "khong con sim va mail", "Mất cả sim và mail"])
def test_lost_contacts_go_to_the_office(talk: Talk, lost: str) -> None:
    talk.say("quên mật khẩu")
    talk.say("3800000999")
    answer = talk.text(lost)
    if "Nếu mất cả hai" in answer:  # asked to be sure
        answer = "\n".join(body["text"] for body in talk.press("#lost_contact"))
    assert "cơ quan BHXH" in answer
    assert "căn cước" in answer


def test_mismatch_says_the_neutral_sentence_and_counts_down(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("7900000123")
    for left in (4, 3, 2, 1):
        answer = talk.text(f"090100099{left}")
        assert NEUTRAL in answer
        assert f"còn {left} lần" in answer
    answer = talk.text("0901000990")
    assert NEUTRAL in answer
    assert "1900 9068" in answer
    assert "cơ quan BHXH" in answer
    # Even the right answer does not help now.
    assert "hết lượt" in talk.text("quên mật khẩu, mã 7900000123 sđt 0901000123")


def test_unknown_code_and_wrong_phone_read_the_same(talk: Talk) -> None:
    wrong_phone = talk.say("quên mật khẩu, mã số 7900000123, sđt 0901999999")
    other = Talk(talk.host, talk.connection, talk.vault)
    unknown_code = other.say("quên mật khẩu, mã số 7911111111, sđt 0901999999")
    assert wrong_phone == unknown_code


def test_ten_digits_that_may_be_phone_or_code_are_asked_about(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    assert "Đây là số nào" in talk.text("0800000111")
    assert "số điện thoại hoặc e-mail" in talk.text("là mã số BHXH")
    assert "h•••a@e•••.com" in talk.text("0888000111")


def test_phone_given_for_the_code_is_kept_as_the_phone(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("0901000123")
    assert "Mình ghi nhận số điện thoại" in talk.text("2")
    assert "n•••n@e•••.com" in talk.text("7900000123")


@pytest.mark.parametrize(("given", "said"), [("123456789", "chứng minh nhân dân"), ("79000001", "8 chữ số")])
def test_wrong_numbers_are_explained(talk: Talk, given: str, said: str) -> None:
    talk.say("quên mật khẩu")
    assert said in talk.text(given)


def test_no_password_and_no_code_in_any_reply(talk: Talk) -> None:
    replies = [talk.text(t) for t in ("quên mật khẩu", "7900000123", "0901000123")]
    assert not any("7900000123" in reply or "0901000123" in reply for reply in replies)


def test_question_in_the_middle_and_back(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("7900000123")
    answer = talk.text("gọi tổng đài mất bao nhiêu tiền một phút")
    assert "1.000 đồng" in answer
    assert "số điện thoại hoặc e-mail đã đăng ký" in answer
    assert "n•••n@e•••.com" in talk.text("0901000123")


def test_cancel_forgets_everything(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("7900000123")
    assert "dừng" in talk.text("thôi không làm nữa")
    assert "mã số BHXH" in talk.text("quên mật khẩu")


def test_limit_of_mails_is_said_to_the_owner_only(talk: Talk) -> None:
    for _ in range(3):
        person = Talk(talk.host, talk.connection, talk.vault)
        assert "Mình đã gửi thư" in person.text("quên mật khẩu, mã số 7900000123, sđt 0901000123")
    assert "nhiều lần" in talk.text("quên mật khẩu, mã số 7900000123, sđt 0901000123")
    other = Talk(talk.host, talk.connection, talk.vault)
    assert NEUTRAL in other.text("quên mật khẩu, mã số 7900000123, sđt 0901999999")
