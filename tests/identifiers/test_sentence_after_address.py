"""An address at the end of a sentence ends there; the next sentence is no part of it."""

import pytest

from assistant import identifiers


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mail cũ của em là hoa@example.com. Xin hỏi đổi sao ạ", "hoa@example.com"),
        ("hoa@example.com.Mail đó em bỏ rồi", "hoa@example.com"),
        ("hoa@example.com . ok chưa ad", "hoa@example.com"),
        ("hoa@example.com.vn. Số em thì còn", "hoa@example.com.vn"),
        ("hoa@example . com . Cho em hỏi", "hoa@example.com"),
        ("hoa@example.com . vn nhé", "hoa@example.com.vn"),
        ("hoa@mail.vn.example.com", "hoa@mail.vn.example.com"),
        ("hoa@example.com.sg nha", "hoa@example.com.sg"),
        ("hoa trần a còng gmail chấm com. Em cảm ơn", "hoatran@gmail.com"),
    ],
)
def test_the_next_sentence_is_left_out(text: str, address: str) -> None:
    assert [found.value for found in identifiers.find(text) if found.kind == "email"] == [address]
