"""Numbers and addresses in odd dress, numbers of other things in the dress of ours, and secrets told in other words."""

from __future__ import annotations

import pytest

from assistant.identifiers import find, tokens


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.value) for each in find(text)]


def kept(text: str) -> str:
    return tokens.protect(text, "web:a", b"k" * 32).text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(0901) 000 123", "0901000123"),
        ("[0901]000[123]", "0901000123"),
        ("🌼0901 🌼000 🌼123", "0901000123"),
        ("sdt 0901 000>> 123", "0901000123"),
        ("ko chín không một, không không không, một hai ba", "0901000123"),
        ("khg chín 01 000 một hai ba", "0901000123"),
        ("của em là 0 chín không 1 không không không 123 nha", "0901000123"),
    ],
)
def test_a_mobile_number_in_odd_dress_is_one(text: str, value: str) -> None:
    assert found(text) == [("phone_or_code", value)]


def test_a_number_from_abroad_in_thousands_is_no_amount() -> None:
    assert found("+84.901.000.123") == [("phone", "0901000123")]
    assert found("84.901.000 đ") == []


def test_letters_for_noughts_in_a_code_make_no_secret() -> None:
    assert found("mã em 79OOOOO123") == [("bhxh_code", "7900000123")]


@pytest.mark.parametrize("ends", ["", " ko", " khg", " kg"])
def test_a_not_behind_a_number_is_no_nought(ends: str) -> None:
    assert found(f"số 0901 000 một hai ba{ends}") == [("phone_or_code", "0901000123")]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("an.vidu@@example.com", "an.vidu@example.com"),
        ("an.vidu@example.comạ", "an.vidu@example.com"),
        ("an.vidu@example.comnha", "an.vidu@example.com"),
        ("email làan.vidu@example.com", "an.vidu@example.com"),
        ("emaillaan.vidu@example.com", "an.vidu@example.com"),
        ("anvidu77 example.com", "anvidu77@example.com"),
        ("mail em anvidu77 example.com", "anvidu77@example.com"),
        ("emailanvidu@example.com", "emailanvidu@example.com"),
    ],
)
def test_an_address_in_odd_dress_is_one(text: str, address: str) -> None:
    assert [each for each in found(text) if each[0] == "email"] == [("email", address)]


@pytest.mark.parametrize(
    "text", ["em vào example.com không được", "trang dichvu example.com đâu", "vssid example.com lỗi"]
)
def test_a_page_beside_a_word_is_no_address(text: str) -> None:
    assert not any(kind == "email" for kind, _ in found(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("số tài khoản nhận lương: 0901000123", "bank_card"),
        ("chuyển khoản vào tk 079000000123 giùm", "bank_card"),
        ("tk 0901000123 của ngân hàng ACB", "bank_card"),
        ("đơn hàng số 0901000123 tới chưa", "reference"),
        ("https://zalo.me/g/nhom0901000123", "reference"),
    ],
)
def test_a_number_of_another_thing_is_no_contact(text: str, kind: str) -> None:
    assert [each for each, _ in found(text)] == [kind]


@pytest.mark.parametrize(
    "text", ["tk bhxh 0901000123", "tài khoản vssid của em 0901000123", "https://zalo.me/0901000123"]
)
def test_an_account_of_ours_is_no_bank_s(text: str) -> None:
    assert "bank_card" not in [each for each, _ in found(text)]
    assert "0901000123" in [value for _, value in found(text)]


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("đổi BuoiSang1 sang BuoiToi#2 giúp em", ["BuoiSang1", "BuoiToi#2"]),
        ("my old pass was rose2001 and the new one rose2002!", ["rose2001", "rose2002!"]),
        ("An - 7900000123 - Annn01; Bình - 7900000124 - Bin02@", ["Annn01", "Bin02@"]),
        ("vssid\n7900000123\nbanhbeo7", ["banhbeo7"]),
        ("mật khẩu em lấy ngày sinh 010203 mà sai", ["010203"]),
        ("mật khẩu gồm Lan + a còng + 1888", ["Lan", "1888"]),
        ("mật khẩu em có chữ gaubong rồi số 4411 ở cuối", ["gaubong", "4411"]),
        ("cái máy đọc là một hai ba năm năm chín", ["một hai ba năm năm chín"]),
        ("mã chưa tới\nđây rồi\n310 772", ["310 772"]),
        ("nhắn về số 662190 là mã gì", ["662190"]),
        ("mã khẩu hoatuoi sai", ["hoatuoi"]),
        ("p.a.s.s e: canhdong8", ["canhdong8"]),
    ],
)
def test_a_secret_is_dropped_by_what_stands_around_it(text: str, secrets: list[str]) -> None:
    assert [secret for secret in secrets if secret in kept(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "đổi TK1-TS sang mẫu D02-TS được không", "thiết bị SM-A155F vừa đăng nhập", "tải file VssID9.apk có sao không",
        "mã hồ sơ\n310772", "quên mật khẩu từ năm 2021 và năm 2022", "mật khẩu gồm mấy chữ với mấy số",
        "họ nói là ba bốn hôm nữa", "mã 7900000123 - Nguyễn Ví Dụ - tổ 5",
    ],
)  # fmt: skip
def test_what_only_sounds_like_one_stays(text: str) -> None:
    assert "⟦secret⟧" not in kept(text)


@pytest.mark.parametrize("text", ["mã vẫn như cũ 7900000123 đó", "ma van the 7900000123"])
def test_a_code_that_is_still_the_same_is_no_parcel(text: str) -> None:
    assert [one.kind for one in find(text)] == ["bhxh_code"]
