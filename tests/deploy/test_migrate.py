"""The schema goes forward and back as docs/deploy.md says."""

from __future__ import annotations

import psycopg
import pytest

from assistant import database
from assistant.settings import SettingsError


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


def test_an_older_version_says_that_the_schema_is_newer(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SettingsError, match="is 9999"):
        database.migrate(database_url)


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
