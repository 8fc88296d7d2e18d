"""Of several values in one message the one that is meant is taken; where two remain, the person is asked."""

from __future__ import annotations

import pytest

from assistant.nlu.entities import entities_of


def read(text: str) -> tuple[list[str], list[str], str]:
    found = entities_of(text)
    codes = [each.value for each in found if each.entity == "bhxh_code"]
    contacts = [each.value for each in found if each.entity in ("phone", "email")]
    return codes, contacts, "".join(each.value for each in found if each.entity == "choices")


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("mã 7900000123\nsố đăng ký hồi đó: 0901000123\nsố giờ: 0901000456", "0901000123"),
        ("mã 7900000123, sim 0901000123 là sim làm vssid, sim 0901000456 để gọi", "0901000123"),
        ("mã 7900000123, số tui khai là 0901000123, số của con tui 0901000456", "0901000123"),
        ("From: a@example.com\nTo: b@example.org\nMã 7900000123. Email đã đăng ký: c@example.com", "c@example.com"),
        ("mã bạn em 7900000123, mail bạn a@example.com, xong báo em qua mail b@example.com", "a@example.com"),
        ("ba con mã 7900000123 sđt 0901000123, số của con 0901000456", "0901000123"),
        ("vợ em mã 7900000123 đăng ký bằng số của em 0901000123, số vợ là 0901000456", "0901000123"),
        ("code 7900000123, registered phone 0901000123, current phone 0901000456", "0901000123"),
        ("mã 7900000123, số trên vssid 0901000123, số ghi ở sổ 0901000456", "0901000123"),
    ],
)
def test_the_registered_contact_is_taken(text: str, contact: str) -> None:
    assert read(text) == (["7900000123"], [contact], "")


@pytest.mark.parametrize(
    "text",
    [
        "mã 7900000123, hồi đăng ký không biết số 0901000123 hay 0901000456",
        "mã 7900000123, đăng ký bằng số của vợ 0901000123 hay của tôi 0901000456 quên rồi",
        "mã 7900000123 sđt 0901000123 / 0901000456",
    ],
)
def test_who_is_in_doubt_is_asked(text: str) -> None:
    codes, contacts, choices = read(text)
    assert (codes, contacts) == (["7900000123"], [])
    assert choices == ";0901000123;0901000456"


@pytest.mark.parametrize(
    "text",
    [
        "mã em 7900000999 a k 7900000123 mới đúng, sđt 0901000123",
        "mã 7900000123 (mã cũ bị trùng 7900000999 gộp rồi), sđt 0901000123",
        "em vào được rồi (mã 7900000999), còn của vợ mã 7900000123 số 0901000123 thì quên mật khẩu",
        "mẹ em mã 7900000123, số mẹ 0901000123; của ba 7900000999 thì tuần sau em nhờ sau",
        "sếp em (mã 7900000999, sđt 0901000456) hỏi chung thôi, em mã 7900000123 sđt 0901000123 mới là người quên",
    ],
)
def test_the_account_that_needs_it_is_taken(text: str) -> None:
    assert read(text) == (["7900000123"], ["0901000123"], "")


@pytest.mark.parametrize(
    "text",
    [
        "vợ chồng em quên mk: chồng 7900000123 0901000123, vợ 7900000124 0901000124",
        "em mã 7900000123 không vào được, vợ em mã 7900000124 cũng không vào được",
    ],
)
def test_two_accounts_that_both_need_it_are_asked_about(text: str) -> None:
    codes, _, choices = read(text)
    assert codes == []
    assert {"7900000123", "7900000124"} <= set(choices.replace(";", " ").split())
