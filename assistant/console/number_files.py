"""Tables of numbers as files that Vietnamese Excel opens by a double click: CSV with its mark and semicolons, XLSX."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from typing import Any

from assistant.editing.spreadsheet import FORMULA_STARTS

Cell = str | int | float | datetime.date
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _plain(value: Cell) -> Any:
    """Returns a cell that no table program takes for a formula."""
    if isinstance(value, datetime.date):
        return f"{value:%d/%m/%Y}"
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Returns rows as CSV: where a comma is the decimal mark, Excel parts columns at semicolons."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Returns rows as an Excel workbook: days are days, numbers are numbers, every text is a text."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    sheet.freeze_panes = "A2"
    sheet.append(list(headings))
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl would make "=…" a formula
                cell.quotePrefix = value.startswith(FORMULA_STARTS)
            elif isinstance(value, datetime.date):
                cell.number_format = "dd/mm/yyyy"
    for column, heading in enumerate(headings, 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = max(12, min(46, len(heading) + 24))
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
