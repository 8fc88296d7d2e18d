"""What people read when a limit of resets is reached: what is true, until when, and where else to go."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterator

import pytest

from tests.kit.talk import Talk

RIGHT, WRONG = "quên mật khẩu, mã số 7900000123, sđt 0901000123", "quên mật khẩu, mã số 7900000123, sđt 0901000999"


@pytest.fixture(autouse=True)
def clean(talk: Talk) -> Iterator[None]:
    yield
    talk.connection.execute("DELETE FROM resets")
    talk.connection.execute("DELETE FROM attempts")
    talk.connection.execute("UPDATE breaker_openings SET closed_at = now()")


def others(talk: Talk) -> Talk:
    return Talk(talk.host, talk.connection, talk.vault)


def says(talk: Talk, text: str, address: str = "") -> str:
    return "\n".join(body["text"] for body in talk.say(text, address=address))


def starts(talk: Talk, times: int, minutes_ago: int) -> None:
    """Puts resets of the member in the past, each by somebody else."""
    talk.connection.execute(
        "INSERT INTO resets (id, member_ref, person, event, masked_code, started_at, expires_at)"
        " SELECT gen_random_uuid(), ref, 'web:other' || n, 'past' || n, 'x', now() - %(ago)s, now() - %(ago)s +"
        " interval '1 hour' FROM register.members, generate_series(1, %(n)s) n WHERE code = '7900000123'",
        {"ago": datetime.timedelta(minutes=minutes_ago), "n": times},
    )


def test_who_is_limited_is_told_that_the_last_mail_still_works(talk: Talk) -> None:
    for _ in range(3):
        assert "Mình đã gửi thư" in says(others(talk), RIGHT)
    answer = says(talk, RIGHT)
    assert "vẫn còn dùng được" in answer
    assert re.search(r"khoảng (59 phút|1 giờ) nữa", answer)
    assert "n•••n@e•••.com" in answer
    assert "1900 9068" in answer


def test_who_is_limited_without_a_link_is_told_until_when(talk: Talk) -> None:
    starts(talk, 5, minutes_ago=150)
    answer = says(talk, RIGHT)
    assert "xin lại được sau 22 giờ" in answer
    assert "còn dùng được" not in answer
    assert "cơ quan BHXH" in answer


def test_who_is_locked_for_the_day_reads_hours_and_not_a_thousand_minutes(talk: Talk) -> None:
    talk.connection.execute(
        "INSERT INTO attempts (person, event, at) SELECT %s, 'past', now() - interval '4 hours'"
        " FROM generate_series(1, 50)", (talk.conversation,),
    )  # fmt: skip
    assert "sau 20 giờ" in says(talk, WRONG)


def test_while_others_guess_nothing_is_said_and_nobody_is_blamed(talk: Talk) -> None:
    talk.connection.execute(
        "INSERT INTO attempts (person, event, address) SELECT 'web:x' || n, 'past', 'shared'"
        " FROM generate_series(1, 30) n"
    )
    answers = {says(others(talk), text, "shared") for text in (RIGHT, WRONG, "quên mk, mã 7911111111, sđt 0901000999")}
    assert len(answers) == 1, "and tells nothing about any code"
    (answer,) = answers
    for part in ("có thể do người khác", "vài phút", "1900 9068", "cơ quan BHXH"):
        assert part in answer
    assert "•••" not in answer
    assert "Mình đã gửi thư" in says(others(talk), RIGHT, "elsewhere"), "nobody else is shut out"


def test_who_writes_without_a_zalo_account_is_not_checked_and_told_how_to_go_on(talk: Talk) -> None:
    talk.conversation = f"zalo:{uuid.uuid4().hex}~7"
    asked = says(talk, "em quên mật khẩu vssid")
    assert "đăng nhập Zalo" in asked
    assert "1900 9068" in asked
    assert "mã số BHXH" not in asked, "nothing is asked for that is not looked at"
    assert asked in says(talk, RIGHT)
    assert says(talk, RIGHT) == says(talk, WRONG) == asked
    tried = talk.connection.execute("SELECT count(*) FROM attempts").fetchone()
    assert tried == (0,)
    assert "1900 9068" in says(talk, "số tổng đài là gì"), "other questions are answered as ever"


def test_an_open_breaker_blames_nobody_and_names_the_ways_that_are_open(talk: Talk) -> None:
    talk.connection.execute(
        "INSERT INTO resets (id, member_ref, person, event, masked_code, expires_at)"
        " SELECT gen_random_uuid(), 'm' || n, 'web:m' || n, 'flood' || n, 'x', now() FROM generate_series(1, 120) n"
    )
    answers = {says(others(talk), text) for text in (RIGHT, WRONG, "quên mật khẩu, mã 7911111111, sđt 0901000999")}
    assert len(answers) == 1, "and tells nothing about any code"
    (answer,) = answers
    for part in ("không bị khóa", "không bị tính", "1900 9068", "phím 8", "cơ quan BHXH"):
        assert part in answer
    tried = talk.connection.execute("SELECT count(*) FROM attempts").fetchone()
    assert tried == (0,)


def test_a_corrected_code_alone_is_one_try_with_the_contact_given_before(talk: Talk) -> None:
    assert "còn 4 lần" in says(talk, "quen mk, ma 7911111111, sdt 0901000999")
    assert "còn 3 lần" in says(talk, "nham, ma dung la 7900000123")
    assert "n•••n@e•••.com" in says(talk, "sdt cung nham 0901000123")


def test_a_corrected_code_is_not_checked_with_a_contact_of_an_ended_attempt(talk: Talk) -> None:
    assert "không khớp" in says(talk, "quên mật khẩu, mã 7911111111, sđt 0901000123")
    assert "dừng" in says(talk, "thôi không làm nữa").lower()
    assert "số điện thoại hoặc e-mail" in says(talk, "quên mật khẩu, mã 7900000123")
