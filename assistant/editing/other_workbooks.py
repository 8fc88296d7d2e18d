"""Reads .xls and .ods with Calamine, in a process of its own that may not grow: such files can unpack to anything."""

from __future__ import annotations

import datetime
import json
import resource
import subprocess
import sys
import zipfile
from io import BytesIO
from typing import Any

from assistant.editing.spreadsheet import MOST_ROWS, Cell, TableError

#: What such a process may take: memory, processor seconds, and how much it may say.
_MEMORY, _SECONDS, _MOST_SAID = 768 * 1024 * 1024, 10, 24_000_000
#: On a machine that has other work, too.
_PATIENCE = 60
_WIDEST, _MOST_SHEETS = 40, 20
#: The part of a locked workbook of today's Excel, inside a container of yesterday's.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = "Bạn mở tệp, chọn Lưu thành… rồi chọn “Excel Workbook (.xlsx)” hoặc “CSV UTF-8”."
_REFUSALS = {
    2: f"Tệp có mật khẩu nên không mở được. {_SAVE_AS}",
    3: f"Trong tệp có ô đang gộp làm một. Bạn bỏ gộp ô rồi ghi lại từng ô. {_SAVE_AS}",
}
_BROKEN = f"Không đọc được tệp này; có thể tệp bị hỏng hoặc quá lớn. {_SAVE_AS}"


def sheets_of(content: bytes) -> list[tuple[str, list[list[Cell]]]]:
    """Returns the rows of each sheet, with its title.

    Raises:
        TableError: if it is no such file, is locked, or wants more room or time than a table takes.
    """
    command = [sys.executable, "-m", "assistant.editing.other_workbooks"]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired as error:
        raise TableError(_BROKEN) from error
    if done.returncode:
        raise TableError(_REFUSALS.get(done.returncode, _BROKEN))
    sheets: list[tuple[str, list[list[Cell]]]] = []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if isinstance(said, str):  # a sheet begins
            sheets.append((said, []))
        else:
            sheets[-1][1].append([_read(cell) for cell in said])
    return sheets


def _read(cell: Any) -> Cell:
    """Returns a value as the process wrote it; days stand in a list of their own."""
    if isinstance(cell, list):
        return datetime.datetime.fromisoformat(cell[0])
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _written(cell: Any) -> Any:
    if isinstance(cell, datetime.datetime):
        return [cell.isoformat()]
    if isinstance(cell, datetime.date):
        return [f"{cell.isoformat()}T00:00:00"]
    return cell if isinstance(cell, str | int | float | bool) else str(cell)


def _is_locked(content: bytes) -> bool:
    """Tells whether a password is needed, as Office or LibreOffice says it."""
    if not content.startswith(b"PK"):
        return _ENCRYPTED in content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return b"encryption-data" in archive.read("META-INF/manifest.xml")


def _write(content: bytes, out: Any) -> int:
    """Writes a line of JSON for each row; returns the exit code."""
    from python_calamine import PasswordError, load_workbook

    if _is_locked(content):
        return 2
    try:
        book = load_workbook(BytesIO(content))
    except PasswordError:
        return 2
    said = rows = 0
    for title in book.sheet_names[:_MOST_SHEETS]:
        sheet = book.get_sheet_by_name(title)
        if sheet.merged_cell_ranges:
            return 3
        out.write(json.dumps(title, ensure_ascii=False).encode() + b"\n")
        for row in sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 2):
            line = json.dumps([_written(cell) for cell in row[:_WIDEST]], ensure_ascii=False)
            said, rows = said + len(line), rows + 1
            if said > _MOST_SAID or rows > MOST_ROWS + 2:
                return 4
            out.write(line.encode() + b"\n")
    return 0


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    try:
        return _write(sys.stdin.buffer.read(), sys.stdout.buffer)
    except Exception:  # noqa: BLE001 - whatever it is, the file is not read, and nothing of it is told
        return 5


if __name__ == "__main__":
    sys.exit(_main())
