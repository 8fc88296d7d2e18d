"""Numbers that are told in other ways: of a passport; piece by piece, with words between."""

import pytest

from assistant.identifiers import find


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("số hộ chiếu của em là B1234567", "B1234567"),
        ("ho chieu: c12345678 het han roi", "c12345678"),
        ("passport no. P 1234567 ạ", "P 1234567"),
        ("em chỉ có passport 123456789", "123456789"),
        ("hộ chiếu mỹ 512345678", "512345678"),
        ("C9876543 là số hộ chiếu của tôi", "C9876543"),
        ("của em C98765432 nhé", "C98765432"),
        ("passport AB1234567", "AB1234567"),
    ],
)
def test_the_number_of_a_passport_is_private(text: str, told: str) -> None:
    assert [text[found.start : found.end] for found in find(text)] == [told]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0912 rồi 345 rồi 678", "phone_or_code", "0912345678"),
        ("số em là 0912, rồi 345, cuối là 678 nhé", "phone_or_code", "0912345678"),
        ("4 số đầu 0912, 3 số giữa 345, 3 số cuối 678", "phone_or_code", "0912345678"),
        ("079 tiếp 000 tiếp theo 000123", "cccd", "079000000123"),
        ("mã số 7900 rồi đến 000 xong 123", "bhxh_code", "7900000123"),
        ("so 0901 xong toi 000 toi 123 a", "phone_or_code", "0901000123"),
        ("không chín một hai rồi ba bốn năm rồi sáu bảy tám", "phone_or_code", "0912345678"),
        ("0912 tiếp ba bốn năm cuối là sáu bảy tám", "phone_or_code", "0912345678"),
    ],
)
def test_a_number_told_piece_by_piece_is_one(text: str, kind: str, value: str) -> None:
    assert [(found.kind, found.value) for found in find(text)] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "hộ chiếu của em làm năm 2023 thì sao", "làm hộ chiếu mất 200000 đồng", "hộ chiếu hết hạn 12/05/2025",
        "hộ chiếu thì gọi 19009068 hả", "lô C1234567 hàng về chưa", "từ 100 đến 200 rồi 300",
        "năm 2023 rồi 2024 rồi 2025", "đóng từ 08/2019 đến 09/2020 rồi nghỉ", "lương 5000 rồi 6000 rồi 7000 đồng",
        "quyết định 1351 và 595 và 222", "nghị định 115 và 143 rồi 135", "tk1 là mẫu 595 với 896 và 505",
        "một là hai rồi ba nữa là bốn", "đóng được năm năm rồi hai tháng nữa là nghỉ",
    ],
)  # fmt: skip
def test_years_amounts_and_laws_in_a_row_are_no_number(text: str) -> None:
    assert find(text) == []
