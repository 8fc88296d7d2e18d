"""What identifies a person is found in every shape people write it; what identifies nobody is left."""

from __future__ import annotations

import pytest

from assistant.privacy import identifiers

CODE, PHONE, CCCD = "7900000123", "0901000123", "079000000123"


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.value) for each in identifiers.find(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7900000123", "bhxh_code", CODE),
        ("79 0000 0123", "bhxh_code", CODE),
        ("79.0000.0123", "bhxh_code", CODE),
        ("790-0000-123", "bhxh_code", CODE),
        ("7 9 0 0 0 0 0 1 2 3", "bhxh_code", CODE),
        ("(79) 0000 0123", "bhxh_code", CODE),
        ("mã:7900000123.", "bhxh_code", CODE),
        ("x7900000123y", "bhxh_code", CODE),
        ("７９０００００１２３", "bhxh_code", CODE),
        ("0901000123", "phone_or_code", PHONE),
        ("0901.000.123", "phone_or_code", PHONE),
        ("+84901000123", "phone", PHONE),
        ("+84 901 000 123", "phone", PHONE),
        ("(+84) 901 000 123", "phone", PHONE),
        ("84901000123", "phone", PHONE),
        ("079000000123", "cccd", CCCD),
        ("079 000 000 123", "cccd", CCCD),
        ("079 000 000 123 đ", "cccd", CCCD),
        ("123456789", "cmnd", "123456789"),
        ("DN4797900000123", "card", "DN4797900000123"),
        ("dn-4-79-7900000123", "card", "DN4797900000123"),
        ("DN 4 79 79 0000 0123", "card", "DN4797900000123"),
        ("4797900000123", "card", "4797900000123"),
        ("An.Nguyen@Gmail.com", "email", "an.nguyen@gmail.com"),
        ("an.nguyen @ gmail . com", "email", "an.nguyen@gmail.com"),
        ("(an@gmail.com)", "email", "an@gmail.com"),
        ("an chấm nguyễn a còng gmail chấm com", "email", "an.nguyen@gmail.com"),
        ("an cham nguyen a cong gmail cham com", "email", "an.nguyen@gmail.com"),
        ("e-mail của em hoa gạch dưới 90 a còng yahoo chấm com chấm vn", "email", "hoa_90@yahoo.com.vn"),
        ("79000001", "number", "79000001"),
        ("79000001234", "number", "79000001234"),
        ("4111 1111 1111 1111", "bank_card", "4111111111111111"),
    ],
)
def test_every_way_to_write_an_identifier_is_found(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]
    assert found(f"dạ {text} ạ") == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "gọi 1900 9068", "19009068", "1900.9068", "1900-9068 phím 8", "024 37899999", "nhắn 8079",
        "1.000 đồng/phút", "2.500.000đ", "10000000 đồng", "1.000.000.000 đ", "1 000 000 000 đồng",
        "lương 12.000.000 vnđ",
        "năm 1990", "15/08/1990", "2023", "từ 2010 đến 2020", "500k", "Quyết định 3339/QĐ-BHXH",
        "luật 91/2025/QH15", "iPhone 15", "a còng là gì", "em họp tại cơ quan", "3 lần", "", "🙏",
    ],
)  # fmt: skip
def test_hotlines_money_years_and_laws_identify_nobody(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "7900000123 0901000123", "7900000123,0901000123", "7900000123\n0901000123", "7900000123\t0901000123",
        "79 0000 0123 090 100 0123", "ma 7900000123 090 100 0123", "ma 79 0000 0123 090 100 0123",
        "mã 7900000123 - sđt 0901 000 123", "1. 7900000123 2. 0901000123", "lần 2 7900000123 0901.000.123",
    ],
)  # fmt: skip
def test_two_numbers_side_by_side_are_two(text: str) -> None:
    assert found(text) == [("bhxh_code", CODE), ("phone_or_code", PHONE)]


def test_a_number_after_a_lone_digit_is_still_found() -> None:
    assert found("lần 2 79 0000 0123") == [("bhxh_code", CODE)]
    assert found("1990 7900000123") == [("bhxh_code", CODE)]


@pytest.mark.parametrize(
    "text",
    [
        "mật khẩu là hoa@2020", "mat khau la hoa2020", "mật khẩu em là 12345678", "mật khẩu của em là Abc12345",
        "mk: Abc12345",
        "mật khẩu vssid cũ của tôi là 7900000123", "password: 0901000123", "otp là 123456", "mã xác thực 123456",
        "em nhận được mã xác nhận 654321 rồi", "ma pin = 1234",
    ],
)  # fmt: skip
def test_passwords_and_one_time_codes_are_secrets_whatever_they_look_like(text: str) -> None:
    assert [kind for kind, _ in found(text)] == ["secret"]


@pytest.mark.parametrize(
    "text", ["quên mật khẩu", "mật khẩu là gì", "không nhận được otp", "đổi mật khẩu thế nào", "otp mất 5 phút"]
)
def test_speaking_of_a_password_is_no_secret(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("bhxh_code", CODE, CODE),
        ("card", "DN4797900000123", CODE),
        ("card", "4797900000123", CODE),
        ("cccd", CCCD, CCCD),
        ("phone_or_code", "0800000111", "0800000111"),
        ("phone", PHONE, None),
        ("email", "an@example.com", None),
    ],
)
def test_a_card_ends_in_the_code_and_a_phone_names_none(kind: identifiers.Kind, value: str, code: str | None) -> None:
    assert identifiers.code_from(kind, value) == code


@pytest.mark.parametrize("text", ["0243789999", "0101234567", "+4915112345678", "123", "xyz"])
def test_land_lines_and_foreign_numbers_are_no_mobiles(text: str) -> None:
    assert identifiers.mobile(text) is None
