"""What may be written into the audit trail, by whom, and what the application cannot do to it."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant import audit, database
from assistant.accounts.records import PostgresResetStore
from assistant.audit import Event, Person, Staff, System
from assistant.settings import ROOT

Connection = psycopg.Connection[Any]
SOURCES = [path for room in ("assistant", "actions", "connectors") for path in (ROOT / room).rglob("*.py")]
PERSON = "zalo:3456789012345678901"


@pytest.fixture
def app(database_url: str) -> Iterator[Connection]:
    """A connection as the application has it."""
    with database.connect(database_url) as connection:
        connection.autocommit = True
        yield connection


def entry(connection: Connection) -> dict[str, Any]:
    """Returns the newest entry."""
    return next(iter(audit.entries(connection, most=1)))


class TestTheApplication:
    """Runs as a role that may add entries, and nothing else."""

    @pytest.mark.parametrize("table", ["audit", "audit_chain"])
    @pytest.mark.parametrize(
        "attack", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"]
    )
    def test_cannot_change_or_remove(self, app: Connection, table: str, attack: str) -> None:
        column = "event" if table == "audit" else "position"
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            app.execute(attack.format(table, column, column))

    @pytest.mark.parametrize(
        "attack",
        [
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "DROP TABLE audit",
            "DROP TRIGGER audit_stays ON audit",
            "SET session_replication_role = replica",
            "CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
            "DELETE FROM audit_head",
            "UPDATE audit_head SET base_position = 9",
            "INSERT INTO audit_head SELECT * FROM audit_head",
            "DELETE FROM keyring",
            "CREATE TABLE mine (a int)",
            "UPDATE alembic_version SET version_num = '0001'",
            "ALTER TABLE inbox ADD COLUMN x int",
            "INSERT INTO audit SELECT gen_random_uuid(), now(), 'x', 'x', 'x', 'x', '{}', NULL, '3'",
            "SET assistant.audit_prune = 'on'; DELETE FROM audit",
        ],
    )
    def test_cannot_get_around_it(self, app: Connection, attack: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(attack)

    def test_can_add_read_and_tie(self, app: Connection) -> None:
        audit.record(app, Event.RESET_STARTED, actor=Person(PERSON), subject=PERSON, where="zalo")
        audit.link(app)
        assert audit.verify(app).good

    def test_has_every_other_table(self, app: Connection) -> None:
        """Tables of later migrations are granted by default."""
        refused = app.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
            " AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')"
            "          AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))"
        ).fetchall()
        assert {name for (name,) in refused} == {"audit", "audit_chain", "audit_head", "keyring", "alembic_version"}

    def test_runs_under_the_role_in_workers_and_doors(self, app: Connection, database_url: str) -> None:
        assert app.execute("SELECT current_user").fetchone() == ("assistant_app",)
        assert database.as_app(database.as_app(database_url)) == database.as_app(database_url)
        with_more = database.as_app(database_url + "&options=-c%20statement_timeout%3D1234")
        with psycopg.connect(with_more) as connection:
            found = connection.execute("SELECT current_user, current_setting('statement_timeout')").fetchone()
        assert found == ("assistant_app", "1234ms")


@pytest.mark.parametrize("attack", ["UPDATE audit SET event = event", "DELETE FROM audit", "TRUNCATE audit CASCADE",
                                    "UPDATE audit_chain SET link = link", "DELETE FROM audit_chain",
                                    "TRUNCATE audit_chain", "DELETE FROM audit_head",
                                    "SET session_replication_role = replica; DELETE FROM audit"])  # fmt: skip
def test_the_owner_is_refused_too(connection: Connection, attack: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only added to"):
        connection.execute(attack)


class TestAnEntry:
    def test_keeps_a_pseudonym_of_the_person_and_of_the_member(self, connection: Connection) -> None:
        audit.record(
            connection, Event.RESET_STARTED, actor=Person(PERSON), subject=PERSON, where="zalo", member="7900000123"
        )
        written = str(connection.execute("SELECT audit::text FROM audit").fetchall())
        assert PERSON.partition(":")[2] not in written
        assert "7900000123" not in written
        assert re.fullmatch(r"p_[a-z2-7]{16}", entry(connection)["subject"])
        assert re.fullmatch(r"m_[a-z2-7]{16}", entry(connection)["details"]["member"])
        assert len(list(audit.entries(connection, member="7900000123"))) == 1

    def test_has_the_same_pseudonym_each_time_and_another_with_another_key(self) -> None:
        ours, theirs = (audit.Keys(key * 32, b"e" * 32, b"c" * 32) for key in (b"p", b"q"))
        assert ours.person(PERSON) == ours.person(PERSON) != theirs.person(PERSON)
        assert ours.person("a") != ours.member("a")

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            ("mail to nguyen.an@example.com refused", "mail to ⟦email⟧ refused"),
            ("mã 7900000123", "mã ⟦bhxh_code⟧"),
            ("0901 000 123", "⟦phone_or_code⟧"),
            ("0d9f2f6e-1111-4e4e-9a9a-333333333333", "0d9f2f6e-1111-4e4e-9a9a-333333333333"),
            ("12345678-1111-4222-8333-444444444444", "12345678-1111-4222-8333-444444444444"),
            (79000001234, "⟦number⟧"),
            (3, 3),
            (True, True),
            ("x\0y", "xy"),
        ],
    )
    def test_masks_identifiers_in_details_and_says_so(
        self, connection: Connection, caplog: pytest.LogCaptureFixture, value: Any, kept: Any
    ) -> None:
        audit.record(connection, Event.RESET_REFUSED, actor=System("mail"), where="mail", reason=value)
        assert entry(connection)["details"] == {"reason": kept}
        assert ("masked" in caplog.text) == ("⟦" in str(kept))
        assert str(value) not in caplog.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"event": "reset.made_up"}, {"event": "reset.started"}, {"where": ""}, {"actor": Person("")},
            {"actor": Staff("")}, {"actor": None}, {"details": {"a": 1.5}}, {"details": {"a": None}},
            {"details": {"a": ["x"]}}, {"details": {"Not a name": "x"}},
        ],
    )  # fmt: skip
    def test_outside_the_vocabulary_is_refused(self, connection: Connection, wrong: dict[str, Any]) -> None:
        given: dict[str, Any] = {"event": Event.RESET_STARTED, "actor": Staff("lan"), "where": "web", "details": {}}
        given |= wrong
        with pytest.raises(audit.AuditError):
            audit.record(connection, given["event"], actor=given["actor"], where=given["where"], **given["details"])
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (0,)

    def test_goes_with_the_transaction_it_tells_of(self, connection: Connection) -> None:
        with connection.transaction():
            audit.record(connection, Event.RESET_STARTED, actor=Staff("lan"), where="web")
            raise psycopg.Rollback
        assert list(audit.entries(connection)) == []

    def test_needs_the_keys(self, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit.keys, "_opened", None)
        with pytest.raises(audit.AuditLocked, match="open the vault first"):
            audit.record(connection, Event.RESET_STARTED, actor=Staff("lan"), where="web")


class TestTheResetsStore:
    def test_writes_who_where_and_of_whom(self, connection: Connection) -> None:
        PostgresResetStore(connection).audit("reset.started", PERSON, member="ref-1", reset="r")
        found = entry(connection)
        assert (found["event"], found["where"], found["actor"]) == ("reset.started", "zalo", found["subject"])
        PostgresResetStore(connection).audit("reset.completed", PERSON)
        assert entry(connection)["where"] == "page:reset"

    def test_knows_what_the_assistant_does_by_itself(self, connection: Connection) -> None:
        PostgresResetStore(connection).audit("reset.breaker_closed", "system:resets")
        found = entry(connection)
        assert (found["actor"], found["subject"]) == ("system:resets", "")

    def test_refuses_what_is_not_in_the_vocabulary(self, connection: Connection) -> None:
        with pytest.raises(audit.AuditError, match="made_up"):
            PostgresResetStore(connection).audit("reset.made_up", PERSON)


class TestTheVocabulary:
    def test_reads_like_a_log(self) -> None:
        for event in Event:
            assert re.fullmatch(r"[a-z]+\.[a-z_]+", event.value)
            assert event.name == event.value.upper().replace(".", "_")
            assert event.meaning
            assert not event.meaning.endswith(".")

    def test_is_documented(self) -> None:
        documented = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
        missing = [event.value for event in Event if f"| `{event.value}` | {event.meaning} |" not in documented]
        assert missing == [], "write them into docs/privacy.md: assistant audit events --markdown"

    def test_has_everything_that_code_writes(self) -> None:
        """`.audit("…", …)` of the reset's store names events by text."""
        written = {name for path in SOURCES for name in _named(path)}
        assert written
        assert written <= {event.value for event in Event}

    def test_has_no_word_that_nothing_writes(self) -> None:
        source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "events.py")
        unused = [e.name for e in Event if f"Event.{e.name}" not in source and f'"{e.value}"' not in source]
        assert unused == []

    def test_is_the_only_way_in(self) -> None:
        outside = [
            str(path)
            for path in SOURCES
            if re.search(r"(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+audit\b", path.read_text(encoding="utf-8"))
            and "migrations" not in path.parts
            and path.parent.name != "audit"
        ]
        assert outside == []


def _named(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "audit"):
            continue
        if node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def test_masking_says_where_but_not_what(caplog: pytest.LogCaptureFixture, connection: Connection) -> None:
    caplog.set_level(logging.DEBUG)
    audit.record(connection, Event.RESET_REFUSED, actor=Staff("lan"), where="web", reason="sđt 0901000123")
    assert "reset.refused: reason held phone_or_code" in caplog.text
    assert "0901000123" not in caplog.text
