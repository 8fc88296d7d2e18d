"""The normaliser: one form for what people write in many."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.noise import telex
from assistant.nlu.text import clean, normalise, strip_accents

VIETNAMESE = st.text(alphabet="aáàảãạăắâấbcdđeéêếghiklmnoóôốơớpqrstuúưứvxyý 0123456789.,?!@-", max_size=80)


@pytest.mark.parametrize(
    "text", ["Quên mật khẩu", "Đổi số điện thoại ở huyện Đắk Tô", "tờ khai TK1-TS", "Nguyễn Thị Hoà"]
)
def test_nfc_and_nfd_are_one(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(("old", "new"), [("hoà", "hòa"), ("khoẻ", "khỏe"), ("thuỷ", "thủy"), ("hoạ", "họa")])
def test_both_tone_placements_are_one(old: str, new: str) -> None:
    assert normalise(old) == normalise(new)


def test_quy_keeps_its_tone() -> None:
    assert normalise("quý") == "quý"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ko đc", "không được"),
        ("sđt", "số điện thoại"),
        ("quên pass", "quên mật khẩu"),
        ("lm s z", "làm sao vậy"),
        ("khôg nhận đc", "không nhận được"),
        ("trùg thôg tin", "trùng thông tin"),
        ("fải", "phải"),
        ("saooo", "sao"),
        ("goyy", "rồi"),
        ("luong huu", "luong huu"),
        ("bao luu nam 2022", "bao luu nam 2022"),
    ],
)
def test_shorthand_is_written_out(written: str, meant: str) -> None:
    assert normalise(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mk quên mk vssid", "mình quên mật khẩu vssid"),
        ("jup mk vs", "giúp mình với"),
        ("cho mk xin lại mk", "cho mình xin lại mật khẩu"),
        ("lấy lại mk vssid", "lấy lại mật khẩu vssid"),
        ("cho mk mới", "cho mật khẩu mới"),
    ],
)
def test_mk_is_a_person_or_a_password(written: str, meant: str) -> None:
    assert normalise(written) == meant


@pytest.mark.parametrize("word", ["khẩu", "điện", "thoại", "quên", "bảo", "hiểm", "được", "đăng"])
def test_telex_keystrokes_become_the_syllable(word: str) -> None:
    assert strip_accents(normalise(f"maatj khaaur {telex(word)}").split()[-1]) == strip_accents(word)


@pytest.mark.parametrize("word", ["app", "book", "free", "google", "facebook", "blog", "off"])
def test_english_is_left_alone(word: str) -> None:
    assert word in {normalise(word), "app"}


def test_zero_width_characters_are_dropped() -> None:
    assert normalise("mật\u200bkhẩu\ufeff \u2060vssid") == normalise("mậtkhẩu vssid")


@given(VIETNAMESE)
def test_normalising_ends_in_one_form(text: str) -> None:
    once = normalise(text)
    assert once == once.lower()
    assert once == " ".join(once.split())
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=200))
def test_any_text_is_normalised(text: str) -> None:
    assert isinstance(normalise(text), str)
    assert clean(clean(text)) == clean(text)


@given(VIETNAMESE)
def test_stripping_accents_twice_changes_nothing(text: str) -> None:
    assert strip_accents(strip_accents(text)) == strip_accents(text)
