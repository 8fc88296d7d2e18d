"""Every table has its place in the one table of what is kept; whoever adds a table or column decides there."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from assistant.privacy import kept
from assistant.settings import ROOT

Connection = psycopg.Connection[Any]
PLACED = [rows for each in kept.CLASSES for rows in each.tables]
#: Columns that name a conversation or a person.
OF_A_PERSON = {"conversation", "person"}


def tables(connection: Connection) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in found}


def columns(connection: Connection) -> list[tuple[str, str, str]]:
    return connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    ).fetchall()


def test_every_table_has_a_class(connection: Connection) -> None:
    placed = {rows.table for rows in PLACED}
    assert tables(connection) - placed == set(), "give each a class in assistant/privacy/kept.py"
    assert placed - tables(connection) == set(), "they are gone: take them out of assistant/privacy/kept.py"
    assert len(placed) == len(PLACED)


def test_every_table_of_a_person_is_erased_and_exported(connection: Connection) -> None:
    covered = {rows.table for rows in kept.of_a_person()}
    named = {table for table, column, _ in columns(connection) if column in OF_A_PERSON}
    assert named - covered == set(), "say which rows are one person's (Rows.person)"


def test_every_table_that_hangs_on_one_of_a_person_is_covered(connection: Connection) -> None:
    covered = {rows.table for rows in kept.of_a_person()}
    hanging = connection.execute(
        "SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    ).fetchall()
    assert {child for child, parent in hanging if parent in covered} - covered == set()


def test_every_table_of_people_ages_or_goes_with_its_parent(connection: Connection) -> None:
    going = {
        name
        for (name,) in connection.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'"
        )
    }
    for each in kept.CLASSES:
        for rows in each.tables:
            if rows.person:
                assert each.lives is not None, rows.table
                assert rows.at or rows.table in going, rows.table


def test_every_binary_column_is_sealed_or_known_to_be_no_secret(connection: Connection) -> None:
    binary = {f"{table}.{column}" for table, column, kind in columns(connection) if kind == "bytea"}
    sealed = {f"{each.table}.{each.column}" for each in kept.SEALED}
    assert binary - sealed - kept.UNSEALED == set(), "add it to SEALED or UNSEALED in assistant/privacy/kept.py"
    assert sealed & kept.UNSEALED == set()
    assert (sealed | kept.UNSEALED) - binary == set()


def test_children_come_before_their_parents(connection: Connection) -> None:
    order = [rows.table for rows in kept.of_a_person()]
    hanging = connection.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    ).fetchall()
    for child, parent in hanging:
        if child in order and parent in order and child != parent:
            assert order.index(child) < order.index(parent), (child, parent)


@pytest.mark.parametrize("rows", PLACED, ids=lambda rows: rows.table)
def test_the_conditions_are_good_sql(connection: Connection, rows: kept.Rows) -> None:
    conditions = [rows.person or "true", f"{rows.at or 'now()'} <= now()", rows.busy]
    connection.execute(f"SELECT 1 FROM {rows.table} WHERE {' AND '.join(conditions)}", {"person": "web:a"})


@pytest.mark.parametrize("sealed", kept.SEALED, ids=lambda each: f"{each.table}.{each.column}")
def test_what_a_column_is_bound_to_is_good_sql(connection: Connection, sealed: kept.Sealed) -> None:
    connection.execute(f"SELECT {sealed.bound_to}, {', '.join(sealed.key)} FROM {sealed.table}")


def test_the_documents_say_the_same() -> None:
    written = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
    for each in kept.CLASSES:
        row = next((line for line in written.splitlines() if line.startswith(f"| {each.name} |")), "")
        assert each.how_long in row, each.name
        assert each.why in row, each.name
        for rows in each.tables:
            assert re.search(rf"`{rows.table}`", row), rows.table
