"""Entries from before the chain are taken along, without the names in them; the way back keeps them, too."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from assistant import audit, database
from assistant.settings import ROOT

PERSON = "zalo:3456789012345678901"


@pytest.fixture
def before(server_url: str) -> Iterator[str]:
    """A database as it was before migration 0004, with two entries of one person."""
    name = f"m{uuid.uuid4().hex[:12]}"
    url = server_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    database.migrate(url, "0003")
    with psycopg.connect(url, autocommit=True) as connection:
        for event in ("reset.started", "reset.completed"):
            connection.execute(
                "INSERT INTO audit (event, person, details) VALUES (%s, %s, %s)",
                (event, PERSON, '{"member": "ref-7", "reset": "r"}'),
            )
    yield url
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_old_entries_are_taken_along_and_tied(before: str) -> None:
    database.migrate(before)
    with psycopg.connect(before, autocommit=True) as connection:
        rows = connection.execute("SELECT event, subject, details::text, a::text FROM audit a").fetchall()
        assert {row[0] for row in rows} == {"reset.started", "reset.completed"}
        assert len({row[1] for row in rows}) == 1  # of one person, still
        assert PERSON.partition(":")[2] not in str(rows)
        assert "ref-7" not in str(rows)
        assert audit.link(connection).position == 2
        assert audit.verify(connection).good


def test_an_old_entry_that_is_changed_afterwards_is_found(before: str) -> None:
    database.migrate(before)
    with psycopg.connect(before, autocommit=True) as connection:
        audit.link(connection)
        connection.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        connection.execute("UPDATE audit SET event = 'reset.refused' WHERE event = 'reset.started'")
        assert not audit.verify(connection).good


def test_nobody_can_pass_a_new_entry_off_as_an_old_one(before: str) -> None:
    database.migrate(before)
    with psycopg.connect(before, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO audit (id, at, event, actor, subject, place, details)"
            " VALUES (gen_random_uuid(), now(), 'reset.started', 'x_a', 'x_a', 'imported', '{}')"
        )
        assert any("no digest" in str(finding) for finding in audit.verify(connection).findings)


def test_the_way_back_keeps_the_entries(before: str) -> None:
    database.migrate(before)
    steps = sum(path.name > "0004" for path in (ROOT / "assistant/database/migrations/versions").glob("0*.py"))
    database.migrate(before, f"-{steps}")
    with psycopg.connect(before, autocommit=True) as connection:
        assert connection.execute("SELECT count(*), min(event) FROM audit").fetchone() == (2, "reset.completed")
        assert connection.execute("SELECT to_regclass('audit_chain'), to_regclass('keyring')").fetchone() == (
            None,
            None,
        )
    database.migrate(before)
    with psycopg.connect(before, autocommit=True) as connection:
        assert audit.link(connection).position == 2
