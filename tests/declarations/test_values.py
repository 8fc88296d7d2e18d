"""What each kind of field makes of what people type."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.declarations.content import fields, texts
from assistant.declarations.values import Unreadable, read

GOOD = [
    ("full_name", "  nguyễn   văn an ", "NGUYỄN VĂN AN"),
    ("full_name", "H’Hen Niê", "H’HEN NIÊ"),
    ("full_name", "Nguyê\u0303n Thi\u0323 Ơ\u0309", "NGUYỄN THỊ Ở"),  # decomposed, as an iPhone types it
    ("birth_date", "05091968", "05/09/1968"),
    ("birth_date", "5.9.1968", "05/09/1968"),
    ("birth_date", "ngày 5 tháng 9 năm 1968", "05/09/1968"),
    ("birth_date", "1968-09-05", "05/09/1968"),
    ("birth_date", "29/2/2000", "29/02/2000"),
    ("birth_date", "1948", "1948"),
    ("gender", "nam", "nam"),
    ("citizen_id", "079 168.004-321", "079168004321"),
    ("code", "79 0000 0123", "7900000123"),
    ("code", "GD4797900000123", "7900000123"),
    ("code", "4797900000123", "7900000123"),
    ("code", "079168004321", "079168004321"),
    ("phone", "+84 901.000.123", "0901000123"),
    ("phone", "024 3789 9999", "02437899999"),
    ("new_phone", "84912345678", "0912345678"),
    ("new_email", "An.Nguyen@Example.com", "an.nguyen@example.com"),
    ("changes", "Dòng một\r\n\r\n  Dòng   hai", "Dòng một\nDòng hai"),
    ("employer", "Công ty CP A & B (chi nhánh 2)\x00", "Công ty CP A & B (chi nhánh 2)"),
    ("employer", "", ""),
]
BAD = [
    ("full_name", "Nguyễn Văn 4", "name"),
    ("full_name", "...", "name"),
    ("full_name", "王小明", "name"),
    ("full_name", "a" * 81, "too_long"),
    ("birth_date", "31/2/1968", "no_such_day"),
    ("birth_date", "hôm qua", "date"),
    ("birth_date", "5/9/68", "date"),
    ("birth_date", "1/1/2999", "date_range"),
    ("birth_date", "1/1/1800", "date_range"),
    ("gender", "khac", "choice"),
    ("citizen_id", "123456789", "old_id"),
    ("citizen_id", "0791680043210", "citizen_id"),
    ("citizen_id", "07916800432O", "digits"),
    ("citizen_id", "٠٧٩١٦٨٠٠٤٣٢١", "digits"),
    ("code", "123", "code"),
    ("phone", "123456", "phone"),
    ("new_phone", "024 3789 9999", "mobile"),
    ("new_email", "an@", "email"),
    ("new_email", "an nguyen@example.com", "email"),
    ("new_email", "an..nguyen@example.com", "email"),
    ("new_email", "nguyễn.an@example.com", "email_accents"),
    ("new_email", "an@gmail.con", "email_typo"),
    ("changes", "cảm ơn 😀", "letters"),
    ("changes", "mật khẩu là abc12345", "secret"),
]


@pytest.mark.parametrize(("name", "typed", "value"), GOOD)
def test_good(name: str, typed: str, value: str) -> None:
    assert read(fields()[name], typed, texts().email_typos) == value


@pytest.mark.parametrize(("name", "typed", "reason"), BAD)
def test_bad(name: str, typed: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(fields()[name], typed, texts().email_typos)
    assert refused.value.reason == reason
    assert texts().errors[reason].format(**refused.value.details)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(name for name, field in fields().items() if field.kind != "by_hand")), st.text())
def test_whatever_is_typed_is_read_or_refused_in_words(name: str, typed: str) -> None:
    try:
        value = read(fields()[name], typed, texts().email_typos)
    except Unreadable as refused:
        value = ""
        texts().errors[refused.reason].format(**refused.details)
    assert read(fields()[name], value, texts().email_typos) == value
