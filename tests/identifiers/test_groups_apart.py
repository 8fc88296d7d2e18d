"""A group of digits apart from its number is no one-time code."""

import pytest

from assistant.identifiers import find


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("quên mk, alo em 0912 - 345 - 678 nha", "phone_or_code", "0912 - 345 - 678"),
        ("quên mật khẩu, gọi em 0977 – 000 – 999 nhé", "phone_or_code", "0977 – 000 – 999"),
        ("lấy lại mật khẩu mã 7911 - 223 - 344 nha", "bhxh_code", "7911 - 223 - 344"),
        ("mk 0912  345  678", "phone_or_code", "0912  345  678"),
        ("otp 4821 . 3 phút nữa hết hạn", "secret", "4821"),
    ],
)
def test_a_group_of_a_longer_number_is_no_code(text: str, kind: str, value: str) -> None:
    assert [(found.kind, text[found.start : found.end]) for found in find(text)] == [(kind, value)]
