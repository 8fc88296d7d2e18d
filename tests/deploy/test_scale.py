"""What docs/scale.md says of the schema is so, its statements work, and its arithmetic is arithmetic."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.settings import ROOT
from bench import capacity

TEXT = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
_UNIQUE = """
SELECT c.relname, i.relname, array_agg(a.attname::text) FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_attribute a ON a.attrelid = i.oid
WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2
"""
_FOREIGN = """
SELECT f.conrelid::regclass::text, f.conname, f.confrelid::regclass::text,
       array(SELECT attname::text FROM pg_attribute WHERE attrelid = f.conrelid AND attnum = ANY (f.conkey))
FROM pg_constraint f WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
"""


def names(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def placed() -> dict[str, set[str]]:
    """The tables of each kind."""
    rows = re.findall(r"^\| (distributed|reference|on the coordinator)[^|]*\|([^|]*)\|", TEXT, re.MULTILINE)
    return {kind: names(cell) - {"id", "conversation"} for kind, cell in rows}


def changing() -> set[str]:
    """The constraints that the page says would change."""
    section = TEXT.partition("**Constraints that would have to change**")[2].partition("**Statements")[0]
    first = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    return {name for cell in first for name in names(cell) if name.endswith("key")}


def test_every_table_has_one_place(connection: psycopg.Connection[Any]) -> None:
    tables = {
        row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    }
    kinds = list(placed().values())
    assert len(kinds) == 3
    assert set().union(*kinds) == tables
    assert sum(map(len, kinds)) == len(tables)


def test_the_constraints_without_the_distribution_column_are_those_named(connection: psycopg.Connection[Any]) -> None:
    distributed = placed()["distributed"]
    lacking = {
        index
        for table, index, columns in connection.execute(_UNIQUE).fetchall()
        if table in distributed - {"conversations"} and "conversation" not in columns
    } | {
        name
        for table, name, other, columns in connection.execute(_FOREIGN).fetchall()
        if table in distributed and other in distributed and "conversation" not in columns
    }
    assert changing() == lacking


def test_no_foreign_key_leads_from_a_shard_to_the_coordinator(connection: psycopg.Connection[Any]) -> None:
    kinds = placed()
    wrong = [
        name
        for table, name, other, _ in connection.execute(_FOREIGN).fetchall()
        if (table in kinds["distributed"] and other in kinds["on the coordinator"])
        or (table not in kinds["distributed"] and other in kinds["distributed"])
    ]
    assert wrong == []


def test_the_stream_has_the_columns_named_and_nothing_of_a_person(connection: psycopg.Connection[Any]) -> None:
    statement = re.search(r"CREATE PUBLICATION[^;]+", TEXT)
    assert statement
    connection.execute(statement[0])
    row = connection.execute("SELECT attnames::text[] FROM pg_publication_tables WHERE pubname = 'insight'").fetchone()
    assert row
    assert not {"conversation", "inbox_id", "ranking"} & set(row[0])
    debezium = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert debezium
    assert json.loads(debezium[1])["config"]["publication.name"] == "insight"


def test_the_numbers_follow_from_what_was_measured() -> None:
    made = capacity.table(
        capacity.Measured(nodes_ms=12, store_ms=2, transactions=2.5, new_bytes=5000, known_bytes=3000)
    )
    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[3:-1]] for line in made.splitlines()[2:]
    }
    assert rows["nodes' cores"] == ["1", "4", "20"]  # 1,000 × 0.012 / 0.6
    assert rows["nodes of 4 cores"] == ["2", "2", "6"]
    assert rows["PostgreSQL's cores"] == ["2", "2", "4"]
    assert rows["commits a second"] == ["50", "500", "2,500"]
    assert rows["messages a day"] == ["10,000", "600,000", "600,000"]
    assert rows["room, kept for 90 days"] == ["3 GB", "180 GB", "180 GB"]  # 90 × 100,000 × (5,000 + 5 × 3,000)


def test_a_report_of_the_benchmark_is_read(tmp_path: Path) -> None:
    runs = [{"server_cpu_ms_per_turn": ms, "database_cpu_ms_per_turn": 1.0} for ms in (9.0, 7.0, 8.0)]
    parts = {
        "throughput": {"ours_new": {"runs": runs}},
        "store": {"new": {"transactions": 2, "bytes": 10.0}, "long": {"bytes": 5.0}},
    }
    report = {"date": "2027-01-02 03:04 UTC", "parts": {name: {"result": {"details": d}} for name, d in parts.items()}}
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert capacity.measured(tmp_path / "report.json") == capacity.Measured(8.0, 1.0, 2, 10.0, 5.0, "2027-01-02")
    assert capacity.measured(tmp_path / "none.json") == capacity.Measured()


def test_the_table_goes_where_the_page_has_its_marks() -> None:
    assert "new" in capacity.written(TEXT, "new")
    assert capacity.written(capacity.written(TEXT, "new"), "old") == capacity.written(TEXT, "old")


@pytest.mark.parametrize("page", ["deploy", "runbooks", "scale"])
def test_links_and_commands_of_the_pages_lead_somewhere(page: str) -> None:
    from typer.main import get_command

    from assistant import cli

    text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
    targets = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert [target for target in targets if target and not (ROOT / "docs" / target).exists()] == []
    anchors = {
        re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert {link[1:] for link in re.findall(r"\]\((#[^)]+)\)", text)} <= anchors
    root: Any = get_command(cli.app)
    wrong = []
    for said in re.findall(r"`assistant ([a-z][^`\n]*)`", text):
        first, *rest = said.split()
        command = root.commands.get(first)
        below = getattr(command, "commands", {})
        if command is None or (below and rest and rest[0] not in below):
            wrong.append(said)
    assert wrong == []
