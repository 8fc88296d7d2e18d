"""What other programs leave in a table is told with the cell's name; nothing is lost in silence."""

from __future__ import annotations

import unicodedata

import pytest

from assistant.editing.legacy_text import encoding_of, encoding_of_letters
from assistant.editing.spreadsheet import TableError, table_of
from assistant.editing.spreadsheet_files import read_table

HEADINGS = ["Mã chủ đề", "Tên nút", "Câu hỏi", "Câu trả lời"]


def advice(*cells: str) -> str:
    return "\n".join(map(str, table_of([HEADINGS, list(cells)]).faults))


def test_the_same_heading_twice_is_refused_by_name() -> None:
    with pytest.raises(TableError, match="Cột Câu hỏi có hai lần"):
        table_of([[*HEADINGS, "Câu hỏi"], ["hotline", "Tổng đài", "số mấy", "1900 9068", "gọi số nào"]])


def test_words_in_a_column_without_a_name_are_told_wherever_it_stands() -> None:
    table = table_of([["Mã chủ đề", "", "Câu hỏi"], ["hotline", "lạc", "gọi số nào"]])
    assert "cột không có tên" in str(table.faults[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gọi <b>1900</b>", "thẻ HTML (<b>)"),
        ("gọi&nbsp;số nào", "ký hiệu HTML (&nbsp;)"),
        ("**gọi** số nào", "Markdown"),
        ("[trang này](https://example.com/a)", "liên kết Markdown"),
        ("mã [7900000123](bhxh_code)", "chú thích Rasa"),
        ("- intent: hotline\n  examples: |\n    - gọi số nào", "tệp Rasa (- intent: hotline)"),
        ("Soá ñieän thoaïi cuûa toång ñaøi", "bảng mã VNI-Windows"),
        ("Sè ®iÖn tho¹i cña tæng ®µi", "bảng mã TCVN3 (ABC)"),
    ],
)
def test_marks_of_other_programs_are_told_with_their_cell(text: str, said: str) -> None:
    assert said in advice("hotline", "Tổng đài", text, "Gọi 1900 9068.")
    assert "Dòng 2, cột Câu hỏi" in advice("hotline", "Tổng đài", text, "Gọi 1900 9068.")
    assert said in advice("hotline", "Tổng đài", "gọi số nào", text)


def test_numbers_of_somebody_stand_in_no_question() -> None:
    assert "của ai đó" in advice("hotline", "Tổng đài", "sđt em 0912345678 gọi được không", "Gọi 1900 9068.")
    assert advice("hotline", "Tổng đài", "mã 7900000123 gọi được không", "Gọi 1900 9068 hoặc 024 37899999.") == ""


def test_a_password_stands_in_no_question() -> None:
    assert "giống mật khẩu" in advice("hotline", "Tổng đài", "mật khẩu em là Hoa@1990 gọi số nào", "Gọi 1900 9068.")
    assert "của ai đó" in advice("hotline", "Tổng đài", "cccd 079190001234 gọi số nào", "Gọi 1900 9068.")
    assert advice("hotline", "Tổng đài", "quên mật khẩu gọi số nào", "Gọi 1900 9068.") == ""


@pytest.mark.parametrize(
    "text",
    ["Müller & Söhne über Österreich", "El Niño año mañana", "VssID® của BHXH©2024", "«Tổng đài» 1½ giờ", "tôi là ai",
     "có gì hả", "Hoà, Toàn, Quý", "được ạ, cảm ơn"],
)  # fmt: skip
def test_words_of_other_languages_are_in_no_older_encoding(text: str) -> None:
    assert encoding_of_letters(text) == ""


@pytest.mark.parametrize(
    ("headings", "name"),
    [(["Maõ chuû ñeà", "Caâu hoûi"], "VNI-Windows"), (["M· chñ ®Ò", "C©u hái"], "TCVN3")],
)
def test_headings_in_an_older_encoding_are_refused_by_its_name(headings: list[str], name: str) -> None:
    with pytest.raises(TableError, match=f"bảng mã {name}"):
        table_of([headings, ["hotline", "abc"]])


def test_what_lists_begin_their_lines_with_is_no_part_of_a_question() -> None:
    sheet = table_of(
        [HEADINGS, ["hotline", "Tổng đài", "- gọi số nào\n• số tổng đài\n1. hotline ạ\n2) có ai không", ""]]
    )
    assert sheet.sheets[0].questions == ("gọi số nào", "số tổng đài", "hotline ạ", "có ai không")


def test_lines_of_a_cell_are_questions_and_what_excel_wrote_for_a_line_is_one() -> None:
    sheet = table_of(
        [HEADINGS, ["hotline", "Tổng đài", "gọi số nào\nsố tổng đài_x000D_\nhotline", "Gọi_x000D_\n1900 9068."]]
    )
    assert sheet.faults == ()
    assert sheet.sheets[0].questions == ("gọi số nào", "số tổng đài", "hotline")
    assert sheet.sheets[0].fields["answer"] == "Gọi\n1900 9068."


def windows_1258(text: str) -> bytes:
    tones = "\u0300\u0301\u0303\u0309\u0323"
    written = b""
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        written += base.encode("cp1258") + "".join(part for part in parts if part in tones).encode("cp1258")
    return written


def test_windows_1258_is_read() -> None:
    table = read_table(windows_1258("Mã chủ đề;Câu hỏi\r\nhotline;gọi số điện thoại nào\r\n"))
    assert table.sheets[0].questions == ("gọi số điện thoại nào",)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Maõ chuû ñeà;Caâu hoûi\nhotline;goïi soá ñieän thoaïi naøo", "VNI-Windows"),
        ("M· chñ ®Ò;C©u hái\nhotline;gäi sè ®iÖn tho¹i nµo", "TCVN3 (ABC)"),
    ],
)
def test_older_encodings_are_refused_by_name(written: str, name: str) -> None:
    content = written.encode("latin-1")
    assert encoding_of(content) == name
    with pytest.raises(TableError, match=name.replace("(", r"\(").replace(")", r"\)")):
        read_table(content)
