"""Keeps a table between the page that shows what it would change and the act that changes it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.content.facets import Facet, Step, facets_of, not_needed_of, steps_of
from assistant.editing.spreadsheet import Fault, Sheet, Table

#: What complaints would call the table; its faults were named when it was read.
_TABLE = Path("bảng")
Connection = psycopg.Connection[Any]


def keep(connection: Connection, staff: str, name: str, table: Table) -> str:
    """Keeps a table for a day; returns its number."""
    number = str(uuid.uuid4())
    connection.execute("DELETE FROM content_imports WHERE made_at < now() - interval '1 day'")
    connection.execute(
        "INSERT INTO content_imports (id, staff, name, content) VALUES (%s, %s, %s, %s)",
        (number, staff, name[:200], Jsonb(_packed(table))),
    )
    return number


def texts(table: Table) -> Iterator[str]:
    """Yields every text of a table, whichever column it is in; names with spaces, as words are searched."""
    for name, _, questions, fields, *_ in _packed(table)["sheets"]:
        yield from (*questions, *(one.replace("_", " ") for one in (name, *fields.pop("next", ()))))
        yield from _texts(fields)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def find(connection: Connection, number: str, staff: str) -> tuple[str, Table] | None:
    """Returns the name and content of a table that somebody sent."""
    try:
        key = uuid.UUID(number)
    except ValueError:
        return None
    row = connection.execute(
        "SELECT name, content FROM content_imports WHERE id = %s AND staff = %s", (key, staff)
    ).fetchone()
    return (row[0], _unpacked(row[1])) if row else None


def drop(connection: Connection, number: str, staff: str) -> None:
    """Forgets a table."""
    connection.execute("DELETE FROM content_imports WHERE id = %s AND staff = %s", (uuid.UUID(number), staff))


def _packed(table: Table) -> dict[str, Any]:
    sheets = [
        [
            sheet.name,
            sheet.row,
            sheet.questions,
            {name: _plain(value) for name, value in sheet.fields.items()},
            sheet.page,
            sheet.places,
        ]
        for sheet in table.sheets
    ]
    faults = [[fault.row, fault.column, fault.advice] for fault in table.faults]
    return {"sheets": sheets, "faults": faults, "notes": list(table.notes)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):  # facets, or why they are not needed
        return [[name, one.as_yaml() if isinstance(one, Facet) else one] for name, one in value.items()]
    return [one.as_yaml() if isinstance(one, Step) else one for one in value] if isinstance(value, tuple) else value


def _unpacked(content: dict[str, Any]) -> Table:
    sheets = []
    for name, row, questions, given, *where in content["sheets"]:
        fields = {field: tuple(value) if isinstance(value, list) else value for field, value in given.items()}
        if "steps" in fields:
            fields["steps"] = steps_of(given["steps"], _TABLE)
        for part, read in (("facets", facets_of), ("facets_not_needed", not_needed_of)):
            if part in fields:  # as pairs: JSON in the database keeps no order of names
                fields[part] = read(dict(given[part]), _TABLE)
        if "checked_on" in fields:
            fields["checked_on"] = datetime.date.fromisoformat(str(given["checked_on"]))
        page, places = where or ("", ())  # a table kept before its places were
        sheets.append(Sheet(name, row, tuple(questions), fields, page, tuple((one, at) for one, at in places)))
    faults = tuple(Fault(*fault) for fault in content["faults"])
    return Table(tuple(sheets), faults, tuple(content.get("notes", ())))
