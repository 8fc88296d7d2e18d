"""Topics as a table, for Excel and CSV: a row a question, the answer in the first row of its topic.

Reading refuses what is not such a table, kindly and before it can do harm: zip bombs, macros,
formulas, merged cells, days that are numbers. A fault is named by row and column.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from assistant.content.topics import Topic
from assistant.editing import legacy_text
from assistant.editing.cleaning import clean_line, clean_text
from assistant.editing.foreign_marks import remarks, undone, without_bullet
from assistant.editing.part_rows import NO_PARTS, PART_COLUMNS, PART_FIELDS, part_rows, take_parts
from assistant.nlu.text import strip_accents

#: Heading, width in Excel, and field of each column.
COLUMNS: tuple[tuple[str, int, str], ...] = (
    ("Mã chủ đề", 20, "name"),
    ("Tên nút", 22, "title"),
    ("Câu hỏi", 60, "question"),
    ("Câu trả lời", 70, "answer"),
    ("Xem thêm", 60, "more"),
    ("Nút tiếp theo", 28, "next"),
    ("Nguồn", 44, "source"),
    ("Ngày kiểm tra", 15, "checked_on"),
    ("Thay cho", 30, "supersedes"),
    *PART_COLUMNS,
)
HEADINGS = {heading: field for heading, _, field in COLUMNS}
#: What must be there; the others may be left out.
_NEEDED = ("name", "question")
MOST_ROWS = 20_000
_LONGEST_CELL = 8_000
_MAY_BE_A_NUMBER = 10_000_000  # a phone or a code that lost its first nought
#: A program may take a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escaped(text: str, may_compute: bool) -> str:
    """Returns a text as a file holds it, so that `table_of` gives it back and no program computes it.

    Args:
        text: a cell's text.
        may_compute: whether a program that opens the file would take the text for a formula.
    """
    return f"'{text}" if _ESCAPED.match(text) or (may_compute and text.startswith(FORMULA_STARTS)) else text


class TableError(ValueError):
    """The file cannot be read as a table at all; the message says what to do, in Vietnamese."""


class OtherTable(TableError):
    """A sheet holds something else than topics: among several sheets it is left alone."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell: its row from 1 and its column's heading."""

    row: int
    column: str
    advice: str

    def __str__(self) -> str:
        return f"Dòng {self.row}, cột {self.column}: {self.advice}"


@dataclass(frozen=True)
class Sheet:
    """A topic as a table has it; a field is None where the table says nothing about it."""

    name: str
    row: int
    questions: tuple[str, ...]
    fields: dict[str, Any]
    page: str = ""  # the workbook's page it begins on, where there are several
    places: tuple[tuple[str, int], ...] = ()  # page and row of each question

    def fault(self, field: str, advice: str, question: str = "") -> Fault:
        """Returns a fault of this topic, at the row of the question it is about or else where the topic begins."""
        page, row = dict(zip(self.questions, self.places, strict=False)).get(question, (self.page, self.row))
        return Fault(row, f"{_heading(field)} (trang “{page}”)" if page else _heading(field), advice)


@dataclass(frozen=True)
class Table:
    """All topics of a file, and what is wrong with it."""

    sheets: tuple[Sheet, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...] = ()  # what was read otherwise than it stands there, or not at all


Cell = str | int | float | bool | datetime.datetime | datetime.date | datetime.time | None


# ---- writing


def rows_of(topics: Iterable[Topic]) -> Iterator[list[str | datetime.date]]:
    """Yields the rows of a table, the headings first."""
    yield [heading for heading, _, _ in COLUMNS]
    for topic in topics:
        buttons, sources = "; ".join(topic.next), "\n".join(topic.source)
        rest = [topic.answer, topic.more, buttons, sources, topic.checked_on, topic.supersedes]
        for number, question in enumerate(topic.questions):
            said = (topic.title, rest) if number == 0 else ("", [""] * len(rest))
            yield [topic.name, said[0], question, *said[1], *NO_PARTS]
        for parts in part_rows(topic):  # in rows of their own: who deletes a question's row deletes nothing else
            yield [topic.name, "", "", *[""] * len(rest), *parts]


# ---- reading


def table_of(rows: Iterable[Sequence[Cell]]) -> Table:
    """Reads a table, the headings in its first row that says anything.

    Raises:
        TableError: if the headings are not ours, or there are too many rows.
    """
    numbered = ((number, list(row)) for number, row in enumerate(rows, 1))
    heading = next(((number, row) for number, row in numbered if any(_said(cell) for cell in row)), None)
    if heading is None:
        raise OtherTable("Tệp trống. Bạn tải tệp mẫu về rồi điền vào.")
    columns = _columns(heading[1])
    reader = _Reader(columns)
    for number, row in numbered:
        if number > MOST_ROWS:
            raise TableError(f"Tệp có hơn {MOST_ROWS:,} dòng. Bạn chia thành nhiều tệp nhỏ hơn.".replace(",", "."))
        reader.take(number, row)
    return reader.table()


def _said(cell: Cell) -> bool:
    return cell is not None and str(cell).strip() != ""


def tables_of(sheets: Iterable[tuple[str, Iterable[Sequence[Cell]]]]) -> Table:
    """Reads all sheets of a workbook as one table; sheets after the first that hold something else are left alone.

    Raises:
        TableError: if the first sheet is not ours, or one has too many rows.
    """
    found: list[tuple[str, Table]] = []
    notes: list[str] = []
    for title, rows in sheets:
        try:
            found.append((title, table_of(rows)))
        except OtherTable as error:
            if not found:
                raise
            notes.append(f"Trang “{title}” không được đọc: {error}")
    return found[0][1] if len(found) == 1 and not notes else _joined(found, notes)


def _joined(found: Sequence[tuple[str, Table]], notes: Sequence[str]) -> Table:
    sheets: dict[str, Sheet] = {}
    faults: list[Fault] = []
    for title, table in found:
        faults += [Fault(one.row, f"{one.column} (trang “{title}”)", one.advice) for one in table.faults]
        for sheet in table.sheets:
            first = sheets.get(sheet.name)
            places = tuple((title, row) for _, row in sheet.places)
            if first is None:
                sheets[sheet.name] = dataclasses.replace(sheet, page=title, places=places)
                continue
            for field in first.fields.keys() & sheet.fields.keys():
                if first.fields[field] != sheet.fields[field]:
                    advice = f"chủ đề “{sheet.name}” đã ghi khác ở trang trước; mỗi chủ đề chỉ ghi một lần."
                    faults.append(Fault(sheet.row, f"{_heading(field)} (trang “{title}”)", advice))
            asked = dict(zip(sheet.questions, places, strict=True)) | dict(
                zip(first.questions, first.places, strict=True)
            )
            order = tuple(dict.fromkeys((*first.questions, *sheet.questions)))
            sheets[sheet.name] = dataclasses.replace(
                first, questions=order, fields=sheet.fields | first.fields, places=tuple(asked[one] for one in order)
            )
    return Table(tuple(sheets.values()), tuple(faults), tuple(notes))


def _heading(field: str) -> str:
    return next((heading for heading, name in HEADINGS.items() if name == field), field)


def _columns(row: Sequence[Cell]) -> dict[str, int]:
    """Returns the place of each field; headings may come without accents, and in any capitals."""
    said = [(_bare(str(cell)), place) for place, cell in enumerate(row) if _said(cell)]
    names = dict(said)
    known = {_bare(heading): field for heading, field in HEADINGS.items()}
    if twice := [str(row[place]).strip()[:40] for name, place in said if names[name] != place]:
        raise TableError(f"Cột {', '.join(twice[:5])} có hai lần. Bạn gộp hai cột làm một rồi nhập lại.")
    unknown = [str(row[place]).strip()[:40] for name, place in names.items() if name not in known]
    if unknown and (encoding := legacy_text.encoding_of_letters(" ".join(unknown))):
        raise OtherTable(
            f"Bảng viết bằng bảng mã {encoding}, không phải Unicode (“{unknown[0]}”). "
            "Bạn chuyển sang Unicode rồi ghi lại."
        )
    if unknown:
        meant = [
            f"“{one}” có phải là “{_heading(known[near[0]])}”?"
            for one in unknown[:5]
            if (near := get_close_matches(_bare(one), known, 1, 0.6))
        ]
        advice = " ".join(meant) or f"Các cột có thể dùng: {', '.join(HEADINGS)}."
        raise OtherTable(f"Không có cột tên “{'”, “'.join(unknown[:5])}”. {advice}")
    columns = {known[name]: place for name, place in names.items()}
    missing = [heading for heading, field in HEADINGS.items() if field in _NEEDED and field not in columns]
    if missing:
        raise OtherTable(f"Thiếu cột {', '.join(missing)}. Dòng đầu của tệp phải là tên các cột.")
    return columns


def _bare(heading: str) -> str:
    """Returns a heading as it is compared: no accents, no capitals, one space between words."""
    return strip_accents(clean_line(heading)).casefold()


class _Reader:
    def __init__(self, columns: dict[str, int]) -> None:
        self._columns = columns
        self._faults: list[Fault] = []
        self._sheets: dict[str, tuple[int, dict[str, int], dict[str, Any]]] = {}
        self._present = ""

    def table(self) -> Table:
        sheets = [
            Sheet(name, row, tuple(asked), fields, places=tuple(("", at) for at in asked.values()))
            for name, (row, asked, fields) in self._sheets.items()
        ]
        if not sheets and not self._faults:
            raise TableError("Tệp chỉ có tên cột, chưa có dòng nào.")
        return Table(tuple(sheets), tuple(self._faults))

    def take(self, number: int, row: Sequence[Cell]) -> None:
        """Takes one row; a row without a topic's name goes on with the one above."""
        if not any(_said(cell) for cell in row):
            return
        named = set(self._columns.values())
        if any(_said(cell) for place, cell in enumerate(row) if place not in named):
            self._fault(number, "ngoài bảng", "có chữ ở cột không có tên; xóa đi hoặc đặt tên cột.")
        self._present = self._text(number, row, "name") or self._present
        if not self._present:
            self._fault(number, "name", "chưa có mã chủ đề; ghi mã ở dòng đầu của mỗi chủ đề.")
            return
        first, asked, fields = self._sheets.setdefault(self._present, (number, {}, {}))
        for line in self._text(number, row, "question").split("\n"):  # several lines are several questions
            if question := clean_line(without_bullet(line)):
                asked.setdefault(question, number)
        self._take_parts(number, row, fields)
        for field in self._columns.keys() - {"name", "question", *PART_FIELDS}:
            value = self._day(number, row) if field == "checked_on" else self._value(number, row, field)
            if value in (None, "", ()):
                continue
            if field in fields and fields[field] != value:
                self._fault(number, field, f"khác với dòng {first}; mỗi chủ đề chỉ ghi một lần, ở dòng đầu.")
            fields.setdefault(field, value)

    def _take_parts(self, number: int, row: Sequence[Cell], fields: dict[str, Any]) -> None:
        """Takes the facet and the step of a row; a fault is named at its column."""
        cells = {field: self._text(number, row, field) for field in PART_FIELDS if field in self._columns}
        for field, advice in take_parts(cells, fields):
            self._fault(number, field, advice)

    def _value(self, number: int, row: Sequence[Cell], field: str) -> Any:
        text = self._text(number, row, field)
        if field == "next":
            return tuple(filter(None, (clean_line(part) for part in text.replace(",", ";").split(";"))))
        if field == "source":
            return tuple(filter(None, (clean_line(line) for line in text.split("\n"))))
        return clean_text(text) if field in ("answer", "more") else clean_line(text)

    def _cell(self, row: Sequence[Cell], field: str) -> Cell:
        place = self._columns[field]
        return row[place] if place < len(row) else None

    def _text(self, number: int, row: Sequence[Cell], field: str) -> str:
        cell = self._cell(row, field)
        if cell is None:
            return ""
        if isinstance(cell, bool | float | datetime.date | datetime.time):
            kind = "ngày, giờ" if isinstance(cell, datetime.date | datetime.time) else "số hoặc đúng/sai"
            self._fault(number, field, f"Excel đã đổi ô này thành {kind} ({cell}); định dạng ô là Văn bản rồi gõ lại.")
            return ""
        if isinstance(cell, int) and abs(cell) >= _MAY_BE_A_NUMBER:
            self._fault(number, field, f"Excel đã coi {cell} là con số, có thể mất số 0 ở đầu; định dạng ô là Văn bản.")
            return ""
        text = undone(str(cell)).strip()
        if len(text) > _LONGEST_CELL:
            self._fault(number, field, f"dài {len(text)} ký tự, tối đa {_LONGEST_CELL}.")
            return ""
        for remark in remarks(text, personal=field == "question"):
            self._fault(number, field, remark)
        # What the export put before a text that looks like a formula.
        return text[1:] if _ESCAPED.match(text) else text

    def _day(self, number: int, row: Sequence[Cell]) -> datetime.date | None:
        cell = self._cell(row, "checked_on")
        if isinstance(cell, datetime.datetime):
            return cell.date()
        if isinstance(cell, datetime.date):
            return cell
        if not _said(cell):
            return None
        if isinstance(cell, int | float):
            self._fault(number, "checked_on", f"đang là con số {cell}; định dạng ô là Ngày, hoặc ghi 22/11/2026.")
            return None
        for form in ("%d/%m/%Y", "%Y-%m-%d"):
            try:
                return datetime.datetime.strptime(str(cell).strip(), form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        self._fault(number, "checked_on", f"“{str(cell)[:40]}” không phải ngày; ghi dạng 22/11/2026.")
        return None

    def _fault(self, number: int, field: str, advice: str) -> None:
        self._faults.append(Fault(number, _heading(field), advice))
