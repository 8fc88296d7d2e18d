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
