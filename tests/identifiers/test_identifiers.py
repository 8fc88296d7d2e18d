"""What identifies a person is found in every shape people write it; what identifies nobody is left."""

from __future__ import annotations

import time

import pytest

from assistant import identifiers

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


def test_a_number_beside_a_password_that_is_wanted_back_is_whose_it_is() -> None:
    assert found("Xin lại mật khẩu giùm em: 7900000123") == [("bhxh_code", "7900000123")]
    assert found("khôi phục mk mã sổ của tôi: 7900000123") == [("bhxh_code", "7900000123")]
    assert [kind for kind, _ in found("đổi mật khẩu thành: 0901000123")] == ["secret"]
    assert [kind for kind, _ in found("xin lại mật khẩu, mật khẩu cũ là 0901000123")] == ["secret"]


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


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("79 / 0000 / 0123", "bhxh_code", CODE),
        ("79_0000_0123", "bhxh_code", CODE),
        ("79,0000,0123", "bhxh_code", CODE),
        ("79·0000·0123", "bhxh_code", CODE),
        ("79–0000–0123", "bhxh_code", CODE),
        ("79   0000   0123", "bhxh_code", CODE),
        ("79\u200b0000\u200b0123", "bhxh_code", CODE),
        ("79\u00a00000\u00a00123", "bhxh_code", CODE),
        ("7️⃣9️⃣0️⃣0️⃣0️⃣0️⃣0️⃣1️⃣2️⃣3️⃣", "bhxh_code", CODE),
        ("⑦⑨00000123", "bhxh_code", CODE),
        ("٧٩٠٠٠٠٠١٢٣", "bhxh_code", CODE),
        ("79oooool23", "bhxh_code", CODE),
        ("O9O1OOO123", "phone_or_code", PHONE),
        ("0084901000123", "phone", PHONE),
        ("8314 6952", "number", "83146952"),
        ("không chín không một không không không một hai ba", "phone_or_code", PHONE),
        ("khong chin khong mot khong khong khong mot hai ba", "phone_or_code", PHONE),
        ("không chín, không một, không không không, một hai ba", "phone_or_code", PHONE),
        ("bảy chín không không không không không một hai ba", "bhxh_code", CODE),
        ("không chín không một không không không mười hai ba", "phone_or_code", PHONE),
        ("nguyen.an(at)example.com", "email", "nguyen.an@example.com"),
        ("nguyen.an[at]example[dot]com", "email", "nguyen.an@example.com"),
        ("nguyen.an at example dot com", "email", "nguyen.an@example.com"),
        ("nguyen.an＠example.com", "email", "nguyen.an@example.com"),
        ("nguyen.an@example,com", "email", "nguyen.an@example.com"),
        ("n g u y e n . a n @ e x a m p l e . c o m", "email", "nguyen.an@example.com"),
        ("nguyen\u200b.an@example.com", "email", "nguyen.an@example.com"),
        ("9704 3600 1234 5678 901", "bank_card", "9704360012345678901"),
        ("stk 0123456789012", "bank_card", ""),
    ],
)
def test_odd_spellings_are_found(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]
    assert found(f"dạ {text} ạ") == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "mật khẩu em đặt là Abc12345", "pass em là: tinhyeu", "mật khẩu: hoahongdo", "mk hoa2020", "mật khẩu cũ 123456",
        "mật khẩu vssid của em đang là 'hoa 2020'", "em nhập mk Abc@12345 không được", "mã otp của em 482 913",
        "ma otp 48 29 13", "482913", "482913 ạ", "dạ mã là 482 913 nhé", "mã pin 1234", "pin là 123456",
        "mã xác thực gửi về là 48291", "mật khẩu đổi thành Hoa@2021",
    ],
)  # fmt: skip
def test_passwords_and_codes_are_secrets_however_they_are_told(text: str) -> None:
    assert [kind for kind, _ in found(text)] == ["secret"]


@pytest.mark.parametrize(
    "text",
    [
        "quên mật khẩu rồi!!!!", "mật khẩu là gì!!!", "mật khẩu gồm những gì", "đổi mật khẩu năm 2024 được không",
        "nhắn 8079 lấy mã xác thực", "quá 5 phút chưa có otp", "otp phí 1000 đồng", "mật khẩu là vssid cấp hả",
        "từ 2010 2015", "1990 - 2020",
        "bảy tám chín người", "không không không em không biết", "ngày 12/3/2020, 15/4/2021", "năm 2019, 2020, 2021",
        "8:00, 13:30, 17:00", "em ở số 12/34/56 đường Trần Phú", "1,000,000 đồng", "@An ơi", "họp lúc 3 @ quận 1",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_left(text: str) -> None:
    assert found(text) == []


def test_the_name_of_a_broken_address_is_somebodys_still() -> None:
    assert found("mail nguyen.an@example nhé") == [("email_part", "nguyen.an")]
    assert found("mail nguyen.an90 yahoo") == [("email_part", "nguyen.an90")]


def test_places_are_those_of_the_text_as_it_was_typed() -> None:
    text = "dạ 7️⃣9️⃣\u200b0️⃣0️⃣0️⃣0️⃣0️⃣1️⃣2️⃣3️⃣ và   nguyen.an＠example.com nhé"
    code, mail = identifiers.find(text)
    assert text[: code.start] == "dạ "
    assert text[code.end : mail.start] == " và   "
    assert text[mail.end :] == " nhé"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1 ",
        "@",
        "a@",
        "a.b.",
        "1/",
        "mật khẩu là ",
        "(at)",
        "1-",
        "không ",
        "7️⃣",
        "a@b.",
        "o1",
        "(1",
        "mã 1234 ",
        "a còng gmail ",
        "mk a1 ",
        "0o.",
        "28.11.",
        "&#49;",
        "x.vn/",
        "ba số ",
        "mk thu 12 ",
        "bằng x1234 vào",
        "mk t u a n ",
        "mật khẩu của em là hoa ",
        "otp 123 rồi ",
        "hoa là mk ",
        "pass=",
        "(mk ",
        "m.a.t.",
    ],
)
def test_a_long_message_made_to_be_slow_is_read_in_time(piece: str) -> None:
    text = (piece * 4000)[:4000]
    started = time.process_time()
    identifiers.find(text)
    assert time.process_time() - started < 0.5  # a tenth of that, on an idle machine


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0901 - 000 - 123", "phone_or_code", PHONE),
        ("0901...000...123", "phone_or_code", PHONE),
        ("0901 -- 000 -- 123", "phone_or_code", PHONE),
        ("sđt0901.000.123", "phone_or_code", PHONE),
        ("0901.000.123ạ", "phone_or_code", PHONE),
        ("0901+000+123", "phone_or_code", PHONE),
        ("0901\\000\\123", "phone_or_code", PHONE),
        ("0901x000x123", "phone_or_code", PHONE),
        ("0901 không trăm 123", "phone_or_code", PHONE),
        ("0901 000 một hai ba", "phone_or_code", PHONE),
        ("không chín không một, ba số không, một trăm hai mươi ba", "phone_or_code", PHONE),
        ("khong chin khong mot khong khong khong mot tram hai muoi ba", "phone_or_code", PHONE),
        ("zero nine zero one zero zero zero one two three", "phone_or_code", PHONE),
        ("o9o1.ooo.123", "phone_or_code", PHONE),
        ("O9O1 OOO 123", "phone_or_code", PHONE),
        ("0\u034f9\u034f0\u034f1\u034f0\u034f0\u034f0\u034f1\u034f2\u034f3", "phone_or_code", PHONE),
        ("𝟎𝟗𝟎𝟏𝟎𝟎𝟎𝟏𝟐𝟑", "phone_or_code", PHONE),
        ("https://zalo.me/0901000123", "phone_or_code", PHONE),
        ("bhxh7900000123", "bhxh_code", CODE),
        ("079 - 000 - 000 - 123", "cccd", CCCD),
        ("HS 479 - 790 - 000 - 0123", "card", "HS4797900000123"),
        ("thuhoa gmail.com", "email", "thuhoa@gmail.com"),
        ("thuhoa [a] gmail.com", "email", "thuhoa@gmail.com"),
        ("thuhoa @gmail", "email", "thuhoa@gmail.com"),
        ("thuhoa_a còng_gmail", "email", "thuhoa@gmail.com"),
        ("thuhoa*gmail.com", "email", "thuhoa@gmail.com"),
        ("thuhoa90&#64;gmail.com", "email", "thuhoa90@gmail.com"),
        ("thuhoa còng gmail", "email", "thuhoa@gmail.com"),
        ("nguyen.an@gmail", "email", "nguyen.an@gmail.com"),
    ],
)
def test_numbers_and_addresses_in_odd_dress_are_what_they_are(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]
    assert found(f"dạ\n{text}\nạ") == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "hôm 28.11.2026 10:15 em đăng ký", "2026-11-28 10:15:30", "01-02-1990 05-06-1992", "2026/11/28 08:00",
        "28-11-2026 17:45:10 báo lỗi", "từ 01.2020 - 12.2025", "06/2019-12/2022", "sinh ngày 05091968",
        "20261128101530", "100.000 - 200.000 đồng", "lương 12.500.000 một tháng", "máy chủ 192.168.100.123",
        "10.762622, 106.660172", "sinh 05/09/1968", "năm 2015 năm 2018 năm 2021", "gửi hotro@vss.gov.vn rồi",
    ],
)  # fmt: skip
def test_dates_amounts_and_machines_are_no_numbers_of_people(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "mã đơn hàng 7812345678", "vận đơn 841234567890", "hồ sơ số 7912345678", "mst công ty 0312345678",
        "số hợp đồng 1234567890", "imei 356789101234567", "mã giao dịch 98765432101",
        "https://www.facebook.com/profile.php?id=100012345678901", "https://shop.example.com/a-i.12345678.9876543210",
    ],
)  # fmt: skip
def test_numbers_of_things_are_hidden_and_nobodys_code(text: str) -> None:
    assert [kind for kind, _ in found(text)] == ["reference"]


@pytest.mark.parametrize(
    "text",
    [
        "STK 19031234567890", "số tài khoản ngân hàng 0011001234567", "SD TK 0123456789 la 5,000,000 VND",
        "TK 0123456789 +500,000VND luc 10:15 28/11/2026. SD: 1,200,000VND", "tk vcb 0071001234567",
        "my bank account 0123456789 is wrong", "account 0123456789 at ACB", "my Techcombank account is 19034567890",
        "the account of my bank is 0123456789",
    ],
)  # fmt: skip
def test_bank_accounts_are_never_kept(text: str) -> None:
    assert [kind for kind, _ in found(text)] == ["bank_card"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bank account is closed, my phone is 0901000123", "phone_or_code"),
        ("bank account, and my insurance number is 7900000123", "bhxh_code"),
        ("my vssid account 7900000123", "bhxh_code"), ("passport no. 0123456789", "number"),
        ("my passport 0123456789", "number"), ("passport lost, code is 7900000123", "bhxh_code"),
    ],
)  # fmt: skip
def test_in_english_what_stands_beside_an_account_or_a_passport_is_what_it_is_called(text: str, kind: str) -> None:
    assert [one for one, _ in found(text)] == [kind]


def test_the_last_date_and_the_digits_on_the_back_go_with_the_bank_card() -> None:
    kinds = [kind for kind, _ in found("số thẻ 4539 5787 6362 1486 hết hạn 12/27 cvv 123")]
    assert kinds == ["bank_card", "secret", "secret"]


def test_what_is_a_token_already_is_left_alone() -> None:
    assert found("mật khẩu của em là ⟦secret⟧, số ⟦phone_or_code:ab2cd3ef4g⟧") == []


@pytest.mark.parametrize(
    "text", ["que6n ma65t kha63u", "toi6 que6n ma65t kha63u vssid ro62i", "d9o6i3 ma65t kha63u mo7i1"]
)
def test_words_typed_in_vni_are_no_passwords(text: str) -> None:
    assert found(text) == []
    assert [kind for kind, _ in found("ma65t kha63u cu3a em la2 bich1993")] == ["secret"]


@pytest.mark.parametrize("text", ["#hotro #vssid quên mật khẩu", "quên mật khẩu #quenmk", "#reset_password mật khẩu"])
def test_what_people_mark_with_a_hash_is_no_password(text: str) -> None:
    assert identifiers.find(text) == []
