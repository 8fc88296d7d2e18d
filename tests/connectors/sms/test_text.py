"""SMS: what fits into one, what is joined, what is never cut."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sms import messages as sms
from sandbox.sms import size

LINK = "https://tro-ly.example/dat-lai-mat-khau/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
LONG = (
    "Bạn đừng nhắn tin đến đầu số 8079 nữa, cách này đã được thay thế. Để lấy lại mật khẩu VssID, bạn chọn một trong"
    f" các cách sau:\n1. Qua e-mail đã đăng ký: {LINK}\n2. Gọi 1900 9068, bấm phím 8.\n3. Đến cơ quan BHXH."
)


class TestCounting:
    @pytest.mark.parametrize(
        ("text", "count"),
        [("", 0), ("abc", 3), ("à", 1), ("ạ", None), ("€", 2), ("[x]", 5), ("đ", None), ("😀", None), ("\n", 1),
         ("`", None), ("Ç", 1), ("ç", None)],
    )  # fmt: skip
    def test_septets(self, text: str, count: int | None) -> None:
        assert sms.septets(text) == count

    @pytest.mark.parametrize(
        ("text", "segments"),
        [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("ạ" * 70, 1), ("ạ" * 71, 2), ("ạ" * 134, 2),
         ("ạ" * 135, 3), ("€" * 80, 1), ("€" * 81, 2), ("😀" * 35, 1), ("😀" * 36, 2)],
    )  # fmt: skip
    def test_segments(self, text: str, segments: int) -> None:
        assert sms.segments(text) == segments == size(text)

    @given(st.text(max_size=400))
    def test_it_counts_as_the_network_does(self, text: str) -> None:
        assert sms.segments(text) == size(text)


class TestWithoutAccents:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("Bạn đừng nhắn tin", "Ban dung nhan tin"),
            ("ĐẶT LẠI MẬT KHẨU", "DAT LAI MAT KHAU"),
            ("“phím 8” – xem… • một → hai", '"phim 8" - xem... - mot -> hai'),
            ("mình ở đây 😀 nhé", "minh o day  nhe"),
            (unicodedata.normalize("NFD", "mật khẩu"), "mat khau"),
            ("1.000 đồng/phút", "1.000 dong/phut"),
            ("dòng một \nhai", "dong mot\nhai"),
        ],
    )
    def test_words_stay_readable(self, text: str, plain: str) -> None:
        assert sms.unaccented(text) == plain

    @given(st.text(max_size=300))
    def test_the_result_is_always_in_the_gsm_alphabet(self, text: str) -> None:
        assert sms.septets(sms.unaccented(text)) is not None


class TestParts:
    def test_an_answer_without_accents_is_cheaper(self) -> None:
        plain, accented = sms.split(sms.unaccented(LONG)), sms.split(LONG)
        assert (len(plain), len(accented)) == (2, 5)

    @pytest.mark.parametrize("text", [LONG, sms.unaccented(LONG)])
    @pytest.mark.parametrize("joined", [1, 3, 9])
    def test_no_part_is_too_long_and_the_link_is_whole_in_one(self, text: str, joined: int) -> None:
        parts = sms.split(text, joined)
        assert all(size(part) <= joined for part in parts)
        assert sum(LINK in part for part in parts) == 1

    def test_parts_are_numbered_where_nobody_joins_them(self) -> None:
        parts = sms.split(sms.unaccented(LONG))
        assert [part[:4] for part in parts] == ["1/2 ", "2/2 "]
        assert sms.split("Chào") == ["Chào"]
        assert sms.split("  ") == []

    def test_a_word_or_link_longer_than_a_part_is_cut_rather_than_lost(self) -> None:
        for text in ("x" * 400, "ạ" * 400, "https://example.com/" + "a" * 300, "€" * 300):
            parts = sms.split(text)
            assert all(size(part) == 1 for part in parts)
            assert "".join(part.partition(" ")[2] for part in parts) == text

    @settings(max_examples=300)
    @given(st.text(alphabet="abc dđạ.\n€😀", max_size=900), st.sampled_from([1, 2, 9]))
    def test_nothing_is_lost_and_nothing_is_too_long(self, text: str, joined: int) -> None:
        parts = sms.split(text, joined)
        assert all(size(part) <= joined for part in parts)
        numbered = joined == 1 and len(parts) > 1
        kept = "".join(part.split(" ", 1)[1] if numbered else part for part in parts)
        assert "".join(kept.split()) == "".join(text.split())
