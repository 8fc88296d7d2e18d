"""The schema goes forward and back as docs/deploy.md says."""

from __future__ import annotations

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from assistant import database
from assistant.app import doctor
from assistant.settings import Settings, SettingsError
from tests.kit.waiting import PATIENCE, until


def revision(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def test_back_by_name_back_by_a_step_and_forward_again(database_url: str) -> None:
    newest = database.newest_revision()
    database.migrate(database_url, "0009")
    assert revision(database_url) == "0009"
    database.migrate(database_url, "-1")
    assert revision(database_url) == "0008"
    database.migrate(database_url)
    assert revision(database_url) == newest


def test_an_older_version_works_on_a_newer_schema_until_that_has_contracted(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        settings = Settings(database_url=database_url)
        assert database.prepared(settings)
        assert _about_schema(settings) == "good"
        connection.execute("UPDATE schema_floor SET revision = '9998'")
        assert _about_schema(settings) == "unsafe"
    with pytest.raises(SettingsError, match="is 9999"):
        database.migrate(database_url)


def _about_schema(settings: Settings) -> str:
    return next(found.level for found in doctor._database(settings) if found.about == "schema")


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of a version to come: a column and an index more."""
    folder = tmp_path / "migrations"
    shutil.copytree(database._MIGRATIONS, folder)
    (folder / "versions/0998_column.py").write_text(
        f"from alembic import op\nrevision, down_revision = '0998', '{database.newest_revision()}'\n"
        "def upgrade() -> None:\n    op.execute('ALTER TABLE inbox ADD COLUMN more text')\n"
        "def downgrade() -> None:\n    op.execute('ALTER TABLE inbox DROP COLUMN more')\n"
    )
    (folder / "versions/0999_index.py").write_text(
        "from alembic import op\nfrom assistant.database.online import make_index\n"
        "revision, down_revision = '0999', '0998'\n"
        "def upgrade() -> None:\n    make_index(op, 'inbox_more', 'inbox (more)')\n"
        "def downgrade() -> None:\n    op.execute('DROP INDEX inbox_more')\n"
    )
    monkeypatch.setattr(database, "_MIGRATIONS", folder)
    return folder


def test_a_table_in_use_holds_a_migration_up_and_the_migration_nobody_else(
    database_url: str, next_version: Path
) -> None:
    with psycopg.connect(database_url) as somebody, ThreadPoolExecutor(1) as beside:
        somebody.execute("SELECT count(*) FROM inbox")  # and goes on with something else, in its transaction
        migrating = beside.submit(database.migrate, database_url)
        with psycopg.connect(database_url, autocommit=True) as door:
            waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
            until(lambda: door.execute(waits).fetchone() == (1,))
            started = time.monotonic()
            door.execute("INSERT INTO conversations (id, channel) VALUES ('web:a', 'web')")
            door.execute(
                "INSERT INTO inbox (channel, event_id, conversation, kind, body)"
                " VALUES ('web', 'e', 'web:a', 'text', '{}')"
            )
            assert time.monotonic() - started < 3 * 2  # the time for which a try waits for the table
            assert not migrating.done()
            somebody.rollback()
            migrating.result(PATIENCE)
    assert revision(database_url) == "0999"
    with psycopg.connect(database_url) as connection:
        asked = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'inbox_more'::regclass"
        assert connection.execute(asked).fetchone() == (True,)


#: What the version before would not survive, or what holds up who writes, in a table that was there before.
_CONTRACTS = re.compile(
    r"\b(DROP (TABLE|COLUMN|CONSTRAINT|FUNCTION)|RENAME|SET NOT NULL|ALTER COLUMN \w+ (SET DATA )?TYPE)\b"
)
_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)\w+ ON (\w+)")


def broken_rules(up: str) -> list[str]:
    """What a migration's way forward does that nodes would feel."""
    made = set(re.findall(r"CREATE TABLE (\w+)", up))
    found = [f"index of {table}: make_index" for table in _INDEX.findall(up) if table not in made]
    contracts = _CONTRACTS.search(up)
    return found + ([f"{contracts[0]}: raise_floor"] if contracts and "raise_floor(" not in up else [])


def test_migrations_expand_and_those_that_contract_say_so() -> None:
    for path in sorted(database._MIGRATIONS.glob("versions/0*.py")):
        if path.name >= "0029":
            text = path.read_text(encoding="utf-8")
            assert broken_rules(re.split(r"^DOWN|^def downgrade", text, flags=re.MULTILINE)[0]) == [], path.name


def test_the_rule_finds_what_it_should() -> None:
    assert broken_rules("CREATE TABLE a (b int); CREATE INDEX a_b ON a (b); ALTER TABLE inbox ADD COLUMN c int") == []
    assert broken_rules("CREATE INDEX c ON inbox (c)") == ["index of inbox: make_index"]
    assert broken_rules("ALTER TABLE inbox DROP COLUMN c") == ["DROP COLUMN: raise_floor"]
    assert broken_rules("ALTER TABLE inbox DROP COLUMN c\nraise_floor(op, '0030')") == []


def test_what_was_kept_before_goes_forward_with_the_schema(database_url: str) -> None:
    """Drafts find their person or go; what is due matched; the week's completed resets are counted."""
    database.migrate(database_url, "0018")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO conversations (id, channel) VALUES ('web:an', 'web')")
        connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body) SELECT 'web', 'e', 'web:an', 'text', '{}'"
        )
        connection.execute("INSERT INTO turns (conversation, inbox_id) SELECT 'web:an', id FROM inbox")
        connection.execute(
            "INSERT INTO learning_drafts (id, staff, kind, name, text, turn_id)"
            " SELECT gen_random_uuid(), 'lan', 'story', name, 'x', turn"
            " FROM (SELECT 'kept', max(id) FROM turns UNION ALL SELECT 'orphan', 999 UNION ALL SELECT 'of none', NULL)"
            " AS drafts (name, turn)"
        )
        connection.execute(
            "INSERT INTO attempts (person, event, due) VALUES ('web:a', 'e', '{}'), ('web:b', 'e', NULL)"
        )
        connection.execute(
            "INSERT INTO resets (id, member_ref, person, event, masked_code, expires_at, used_at)"
            " SELECT gen_random_uuid(), 'm', 'web:an', 'e' || n, '•••', now(), now() - interval '9 days' * (n - 1)"
            " FROM generate_series(1, 2) n"
        )
    database.migrate(database_url)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT name, conversation FROM learning_drafts").fetchall() == [("kept", "web:an")]
        found = connection.execute("SELECT person, matched FROM attempts ORDER BY person").fetchall()
        assert found == [("web:a", True), ("web:b", False)]
        assert connection.execute("SELECT channel, failed, completed FROM check_counts").fetchall() == [("web", 0, 1)]


def test_the_words_of_a_message_are_worked_out_in_line_and_their_index_finds_them(database_url: str) -> None:
    """As a function's they would be parsed and planned anew by every statement that stores a message."""
    database.migrate(database_url)
    words = "words_at(body, accepted_at)"
    with psycopg.connect(database_url) as connection:

        def plan(asked: str) -> str:
            return "\n".join(line for (line,) in connection.execute(f"EXPLAIN VERBOSE {asked}").fetchall())

        assert "words_at(" not in plan(f"SELECT {words} FROM inbox")
        connection.execute("SET LOCAL enable_seqscan = off")
        assert "on inbox_words_at" in plan(f"SELECT 1 FROM inbox WHERE kind = 'text' AND {words} @@ 'mat'::tsquery")
        connection.execute("INSERT INTO conversations (id, channel) VALUES ('web:an', 'web')")
        connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at)"
            " VALUES ('web', 'e', 'web:an', 'text', '{\"text\": \"Đổi MẬT khẩu\"}', '2026-11-30 05:59:59+07')"
        )
        found = connection.execute(f"SELECT {words}::text FROM inbox").fetchone()
        assert found == ("'doi':1 'khau':3 'mat':2 '⟦d20786' '⟦h498886'",)
