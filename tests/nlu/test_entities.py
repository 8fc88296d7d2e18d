"""Codes, phones, e-mails and provinces, and what the conversation says about ten digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.entities import entities_of
from assistant.nlu.provinces import find_provinces, provinces
from assistant.nlu.roles import rows_of, without
from assistant.nlu.text import strip_accents
from assistant.reading.kin import person_in, place_of

MOBILE = st.builds(
    lambda prefix, rest: prefix + rest,
    st.sampled_from(["090", "091", "097", "035", "078"]),
    st.from_regex(r"[0-9]{7}", fullmatch=True),
)
PLAIN_CODE = st.from_regex(r"[1246][0-9]{9}", fullmatch=True)


def _found(text: str, requested: str | None = None) -> list[tuple[str, str]]:
    return [(entity.entity, entity.value) for entity in entities_of(text, requested)]


def _grouped(digits: str, separator: str) -> str:
    return separator.join([digits[:4], digits[4:7], digits[7:]])


@given(MOBILE, st.sampled_from(["", " ", ".", "-"]))
def test_a_mobile_number_is_found_however_it_is_grouped(number: str, separator: str) -> None:
    assert ("phone", number) in _found(f"sđt của em là {_grouped(number, separator)} ạ")


@given(MOBILE, st.sampled_from(["+84", "84", "+84 "]))
def test_the_country_code_is_read_as_a_zero(number: str, country: str) -> None:
    assert _found(f"gọi {country}{number[1:]}") == [("phone", number)]


@given(PLAIN_CODE, st.sampled_from(["", " ", ".", "-"]))
def test_a_code_that_is_no_phone_number_is_a_code(code: str, separator: str) -> None:
    assert _found(f"mã của em {_grouped(code, separator)}") == [("bhxh_code", code)]


@given(MOBILE)
def test_the_word_before_decides_about_ten_digits(number: str) -> None:
    assert _found(f"mã số bhxh {number}") == [("bhxh_code", number)]
    assert _found(f"so dien thoai {number}") == [("phone", number)]


@given(MOBILE)
def test_the_word_after_decides_where_none_stands_before(number: str) -> None:
    assert _found(f"{number} là mã số của em") == [("bhxh_code", number)]
    assert _found(f"{number} la sdt cua em", "bhxh_code") == [("phone", number)]


@given(MOBILE)
def test_what_the_form_asks_decides_where_no_word_does(number: str) -> None:
    assert _found(number, "contact") == [("phone", number)]
    assert _found(number, "bhxh_code") == [("unsure_number", number)]


@given(PLAIN_CODE, MOBILE)
def test_beside_a_code_the_other_number_is_the_phone(code: str, number: str) -> None:
    assert _found(f"{code} {number}") == [("bhxh_code", code), ("phone", number)]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("DN4797900000123", "bhxh_code"),
        ("thẻ dn 4 79 7900000123", "bhxh_code"),
        ("4797900000123", "bhxh_code"),
        ("cccd 079068000123", "bhxh_code"),
        ("cmnd 079000123", "cmnd"),
    ],
)
def test_cards_and_citizen_ids(text: str, entity: str) -> None:
    assert [found.entity for found in entities_of(text)] == [entity]


@pytest.mark.parametrize(
    "text",
    [
        "lan.pham@gmail.com",
        "Lan.Pham @ gmail . com",
        "lan chấm phạm a còng gmail chấm com",
        "lan.pham a còng gmail chấm com",
        "email em là lan chấm phạm a còng gờ meo chấm com",
        "lan cham pham a cong gmail cham com",
    ],
)
def test_addresses_written_and_spoken(text: str) -> None:
    assert _found(text) == [("email", "lan.pham@gmail.com")]


def test_there_are_34_provinces_today_and_63_before() -> None:
    entries = provinces()
    assert len(entries) == 34
    assert len(entries) + sum(len(entry.get("before", [])) for entry in entries) == 63


_ALL = [(name, e["name"]) for e in provinces() for name in [e["name"], *e.get("before", []), *e.get("also", [])]]


@pytest.mark.parametrize(("written", "today"), _ALL, ids=[name for name, _ in _ALL])
def test_each_name_is_found_in_every_way_of_writing(written: str, today: str) -> None:
    for text in (written, written.upper(), f"em ở {written.lower()}", f"o tinh {strip_accents(written).lower()} a"):
        assert [place.name for place in find_provinces(text)] == [today], text


@pytest.mark.parametrize("text", ["gia lại mật khẩu", "đi an ủi", "mạng huế", "hue hue", "đánh giá long an"])
def test_everyday_words_are_no_provinces(text: str) -> None:
    expected = ["Huế"] if "huế" in text else []
    assert [place.name for place in find_provinces(text)] == expected


@given(st.text(max_size=300))
def test_any_text_is_read_and_places_are_inside_it(text: str) -> None:
    for entity in entities_of(text):
        assert 0 <= entity.start < entity.end <= len(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("số đăng ký 0901000123, số mới 0988777666", ["0901000123"]),
        ("mail lúc đăng ký an@example.com, sđt liên hệ 0988777666", ["an@example.com"]),
        ("sđt cũ 0901000123 mất rồi, giờ dùng 0988777666", ["0901000123"]),
        ("0901000123 (số cũ) 0988777666 (số mới)", ["0901000123"]),
        ("sđt 0988777666 không phải số đăng ký, số đăng ký 0901000123", ["0901000123"]),
        ("Từ: <an@example.com>\nTo: <hotro@vss.gov.vn>", ["an@example.com"]),
        ("mã vợ em 7900000123, sđt vợ 0901000123, sđt em 0988777666", ["7900000123", "0901000123"]),
        ("7900000123 à nhầm 7900000124", ["7900000124"]),
        ("mã 7900000123 cccd 079000000123", ["7900000123"]),
    ],
)
def test_of_several_values_the_words_choose_one(text: str, values: list[str]) -> None:
    assert [value for _, value in _found(text)] == values


def test_whose_an_account_is_stays_with_it() -> None:
    """ "Mã em" is the code of the speaker, "má em" is the mother's; "của em" chooses the one, "của má" nobody's."""
    choices = _found("mã em 7900000123 còn mã má em 9200000888")[0][1]
    assert choices == "7900000123 @self;9200000888 @mother"
    assert rows_of(choices) == [["7900000123"], ["9200000888"]]
    assert without(choices, "7900000123") == "9200000888 @mother"
    assert [place_of(choices, person_in(words)) for words in ("cua em", "lam cho me truoc", "cua chong")] == [1, 2, 0]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("mail an@example.com hoặc mail an.cty@example.org", ";an@example.com;an.cty@example.org"),
        ("An 7900000123 0901000123, Chi 9200000888 0988777666", "7900000123 0901000123;9200000888 0988777666"),
        (
            "sđt 0901000123 mã 7900000123, sđt 0988777666 mã 9200000888",
            "7900000123 0901000123;9200000888 0988777666",
        ),
        (
            "mã vợ 9200000888 mail le.chi@example.com, còn mã em là 7900000123 sđt 0901000123",
            "9200000888 le.chi@example.com @spouse;7900000123 0901000123 @self",
        ),
    ],
)
def test_where_two_remain_nobody_chooses_in_silence(text: str, choices: str) -> None:
    assert _found(text) == [("choices", choices)]


def test_but_is_no_code() -> None:
    """ "Mà" after a number joins what follows; it does not call the number a code, as "mã" does."""
    assert [found.entity for found in entities_of("0935000777 mà ông đang ở xa", "contact")] == ["phone"]
    assert [found.entity for found in entities_of("0935000777 mã của em", "contact")] == ["bhxh_code"]
