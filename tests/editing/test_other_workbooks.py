"""Tables that LibreOffice or an old Excel saved; and such files that mean harm."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from assistant.editing.spreadsheet import Table, TableError
from assistant.editing.spreadsheet_files import read_table

HERE = Path(__file__).parent
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3">'
    '<office:body><office:spreadsheet><table:table table:name="Tờ 1">'
)
_ENDING = "</table:table></office:spreadsheet></office:body></office:document-content>"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>{{more}}</manifest:manifest>'
)
_LOCKED = (
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
    '<manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
)


def cell(value: object, **said: object) -> str:
    """Returns a cell as LibreOffice writes it."""
    more = "".join(f' table:{name.replace("_", "-")}="{what}"' for name, what in said.items())
    if isinstance(value, datetime.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"{more}/>'
    if value == "":
        return f"<table:table-cell{more}/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="string"{more}>{lines}</table:table-cell>'


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def ods(*rows: str, manifest: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), _ODS)
        archive.writestr("META-INF/manifest.xml", _MANIFEST.format(more=manifest))
        archive.writestr("content.xml", _OPENING + "".join(rows) + _ENDING)
    return out.getvalue()


HEAD = row(*map(cell, ["Mã chủ đề", "Câu hỏi", "Câu trả lời", "Ngày kiểm tra"]))


def is_the_sample(table: Table) -> bool:
    (sheet,) = table.sheets
    assert table.faults == ()
    assert sheet.questions == ("hộ khẩu làm ở đâu", "đăng ký thường trú cần gì", "làm hộ khẩu cần gì")
    assert sheet.fields["answer"] == "Hồ sơ gồm tờ khai\nvà căn cước."
    return bool(sheet.fields["checked_on"] == datetime.date(2026, 11, 22))


def test_an_old_excel_workbook_is_read() -> None:
    assert is_the_sample(read_table((HERE / "topics.xls").read_bytes()))


def test_a_workbook_of_libreoffice_is_read() -> None:
    first = ["thuong_tru", "hộ khẩu làm ở đâu", "Hồ sơ gồm tờ khai\nvà căn cước.", datetime.date(2026, 11, 22)]
    second = ["", "đăng ký thường trú cần gì\nlàm hộ khẩu cần gì", "", ""]
    rest = row(cell("", number_columns_repeated=16384), repeated=1_048_000)  # what LibreOffice writes below
    assert is_the_sample(read_table(ods(HEAD, row(*map(cell, first)), row(*map(cell, second)), rest)))


def test_faults_name_their_row_in_these_files_too() -> None:
    table = read_table(ods(HEAD, row(cell("a"), cell("câu"), cell("**đậm**"), cell("", number_columns_repeated=2))))
    assert [(fault.row, fault.column) for fault in table.faults] == [(2, "Câu trả lời")]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ((HERE / "merged.xls").read_bytes(), "gộp"),
        (ods(HEAD, row(cell("a"), cell("b"), cell("c")), manifest=_LOCKED), "mật khẩu"),
        ((HERE / "topics.xls").read_bytes()[:2000], "hỏng"),
        (ods(HEAD)[:300] + b"x" * 300, "hỏng"),
        (ods(HEAD, row(cell("x" * 1000, number_columns_repeated=16000), repeated=1_000_000)), "quá lớn"),
        (ods(HEAD, "<table:table-row>" * 3), "hỏng"),
    ],
    ids=["merged", "locked", "cut", "no archive", "bomb", "broken"],
)
def test_what_cannot_be_read_is_refused_in_words(content: bytes, advice: str) -> None:
    with pytest.raises(TableError, match=advice):
        read_table(content)
