"""Reads and writes the files themselves: .xlsx by openpyxl, .csv in UTF-8; reads .xls and .ods, too."""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from assistant.content.topics import Topic
from assistant.editing import legacy_text, other_workbooks
from assistant.editing.spreadsheet import (
    COLUMNS,
    FORMULA_STARTS,
    Cell,
    Table,
    TableError,
    escaped,
    rows_of,
    table_of,
    tables_of,
)

LARGEST = 5 * 1024 * 1024
MOST_SHEETS = 20
#: A workbook holds some dozen parts that shrink to a tenth; far beyond that somebody wants to fill our memory.
_LARGEST_UNPACKED, _MOST_PARTS = 40 * 1024 * 1024, 300
_MUCH, _MOST_SHRUNK = 5 * 1024 * 1024, 100
_XLSX = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([^"]+)"')
_SAVE_AS = "Trong Excel, bạn chọn Lưu thành… rồi chọn “Excel Workbook (.xlsx)” hoặc “CSV UTF-8”."

csv.field_size_limit(1_000_000)


# ---- writing


def _safe(value: str | datetime.date) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, datetime.date) else escaped(value, may_compute=True)


def as_csv(topics: Iterable[Topic]) -> bytes:
    """Returns the topics as CSV that Excel opens as it is: UTF-8 with its mark, semicolons, nothing to compute."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([_safe(value) for value in row] for row in rows_of(topics))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(topics: Iterable[Topic]) -> bytes:
    """Returns the topics as an Excel workbook; every text is a text, whatever it begins with."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Hỏi đáp"
    sheet.freeze_panes = "D2"
    for number, (_, width, _) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    wrapped = Alignment(vertical="top", wrap_text=True)
    for row_number, row in enumerate(rows_of(topics), 1):
        for column, value in enumerate(row, 1):
            if value == "":
                continue
            cell = sheet.cell(row_number, column)
            cell.value = escaped(value, may_compute=False) if isinstance(value, str) else value
            cell.alignment = wrapped
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl would make "=…" a formula
                cell.quotePrefix = value.startswith(FORMULA_STARTS)
            else:
                cell.number_format = "dd/mm/yyyy"
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0B4F78")
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# ---- reading


def read_table(content: bytes) -> Table:
    """Reads a file somebody sent; what it is is seen by its content, not its name.

    Raises:
        TableError: if it is no table of ours, or may do harm.
    """
    if not content.strip():
        raise TableError("Tệp trống.")
    if len(content) > LARGEST:
        raise TableError(f"Tệp lớn hơn {LARGEST // 1024 // 1024} MB. Bạn chia thành nhiều tệp nhỏ hơn.")
    if content.startswith(_OLD_EXCEL) or _is_open_document(content):
        return tables_of(other_workbooks.sheets_of(content))
    if content.startswith(_XLSX):
        return tables_of(_xlsx_sheets(content))
    return table_of(_csv_rows(content))


def _is_open_document(content: bytes) -> bool:
    """Tells whether an archive says of itself that it is a sheet of LibreOffice."""
    return content.startswith(_XLSX) and _ODS in content[:200]


def _csv_rows(content: bytes) -> Iterator[list[Cell]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _legacy(content)
    if "\0" in text or text.lstrip()[:1] in ("<", "{", "%"):
        raise TableError(f"Đây không phải tệp bảng. {_SAVE_AS}")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise TableError(f"Dấu ngoặc kép trong tệp CSV không khớp nhau. {_SAVE_AS}") from error


def _legacy(content: bytes) -> str:
    """Returns a text of before Unicode, where it can be read without guessing."""
    encoding = legacy_text.encoding_of(content)
    try:
        if encoding == "windows-1258":
            return legacy_text.decoded(content)
    except UnicodeDecodeError:
        pass
    if encoding:
        raise TableError(
            f"Tệp viết bằng bảng mã {encoding}, không phải Unicode. Bạn chuyển sang Unicode rồi ghi lại. {_SAVE_AS}"
        )
    raise TableError(f"Tệp không phải CSV dạng UTF-8 nên chữ tiếng Việt sẽ hỏng. {_SAVE_AS}")


def _xlsx_sheets(content: bytes) -> Iterator[tuple[str, Iterator[list[Cell]]]]:
    _refuse_harm(content)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise TableError(f"Không mở được tệp Excel này; có thể tệp bị hỏng. {_SAVE_AS}") from error
    try:
        if len(book.worksheets) > MOST_SHEETS:
            raise TableError(f"Tệp có hơn {MOST_SHEETS} trang tính. Bạn chia thành nhiều tệp.")
        for sheet in book.worksheets:
            yield str(sheet.title), _sheet_rows(sheet)
    finally:
        book.close()


def _sheet_rows(sheet: Any) -> Iterator[list[Cell]]:
    try:
        sheet.reset_dimensions()  # what the file says of its own size is not believed
        for number, row in enumerate(sheet.iter_rows(max_col=40), 1):
            yield [_value(cell, number) for cell in row]
    except TableError:
        raise
    except Exception as error:
        raise TableError(f"Không đọc được tệp Excel này; có thể tệp bị hỏng. {_SAVE_AS}") from error


def _value(cell: Any, row: int) -> Cell:
    kind, value = getattr(cell, "data_type", "n"), cell.value
    if kind == "f":
        raise TableError(f"Ô {cell.coordinate} là công thức. Bạn chép cột đó rồi Dán giá trị, sau đó lưu lại.")
    if kind == "e":
        raise TableError(f"Ô {cell.coordinate} đang báo lỗi ({value}). Bạn sửa hoặc xóa ô đó.")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool | datetime.date | datetime.time) else None


def _refuse_harm(content: bytes) -> None:
    """Looks at the archive before anything is unpacked as a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = [part.filename.lower() for part in parts]
            unpacked = sum(part.file_size for part in parts)
            packed = sum(part.compress_size for part in parts)
            bomb = unpacked > _LARGEST_UNPACKED or (unpacked > _MUCH and unpacked > _MOST_SHRUNK * packed)
            if bomb or len(parts) > _MOST_PARTS:
                raise TableError("Tệp này giãn ra quá lớn nên không mở. Bạn chép riêng bảng cần nhập sang tệp mới.")
            if any("vbaproject" in name or "macrosheets" in name for name in names):
                raise TableError(f"Tệp có macro nên không nhận. {_SAVE_AS}")
            if "xl/workbook.xml" not in names:
                raise TableError(f"Đây không phải tệp Excel .xlsx. {_SAVE_AS}")
            for part in parts:
                _refuse_part(part.filename, _unpacked(archive, part))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"Tệp bị hỏng hoặc có mật khẩu. {_SAVE_AS}") from error


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """Returns a part; one that is larger than it says is not read to its end."""
    with archive.open(part) as file:
        content = file.read(part.file_size + 1)
    if len(content) > part.file_size:
        raise TableError("Tệp bị hỏng.")
    return content


def _refuse_part(name: str, content: bytes) -> None:
    if not name.lower().endswith((".xml", ".rels")):
        return
    start = content[:200].lstrip()
    if not start.startswith((b"<", b"\xef\xbb\xbf<")) or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise TableError(f"Tệp Excel này được viết khác thường nên không nhận. {_SAVE_AS}")
    if name.lower().startswith("xl/worksheets/") and (merged := _MERGED.search(content)):
        where = merged[1].decode("ascii", "replace")
        raise TableError(f"Các ô {where} đang gộp làm một. Bạn bỏ gộp ô (Unmerge) rồi ghi lại từng ô.")
