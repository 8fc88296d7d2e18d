"""What is typed is cleaned as if each letter were asked by itself."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from assistant.editing.cleaning import clean_lines, clean_text

_TURNS = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\ufeff"}


@given(st.text(st.one_of(st.characters(), st.sampled_from(" \t\r\n\x0b\x85\u2028\u202e\ufeff\u0301aạ")), max_size=40))
@example("a\ufeff\u0301\x00b \t\u00a0c  \r\n\n\n\nd")
def test_nothing_is_left_that_a_reader_cannot_see_and_all_else_is(text: str) -> None:
    cleaned = clean_text(text)
    for letter in cleaned:
        assert letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs", "Co", "Cn")
        assert letter not in _TURNS
    assert "\n\n\n" not in cleaned
    assert cleaned == cleaned.strip()
    assert all(line == line.rstrip() and "  " not in line and "\t" not in line for line in cleaned.split("\n"))
    kept = [c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn")]
    assert [c for c in cleaned if not c.isspace()] == [c for c in kept if not c.isspace() and c not in _TURNS]


def test_lines_are_kept_once_in_order() -> None:
    assert clean_lines("b\u202e \n\na\r\nb\n\x00\n a ") == ("b", "a")
