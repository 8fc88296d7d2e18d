"""The PostgreSQL of a test run: one server for all workers, a database for each test."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from assistant import database
from tests.kit import reaper

#: Nothing of this server has to outlive a power cut, and its databases live for a second.
_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0",
    "max_connections": "400",
}  # fmt: skip
_TEMPLATE = "migrated"
#: Copying files is half the work of logging each page of them (the default).
_COPY = "STRATEGY file_copy"


def named(url: str, name: str) -> str:
    """Returns the URL of another database on the same server."""
    return url.replace("/postgres?", f"/{name}?")


def name_of(url: str) -> str:
    """Returns the name of a URL's database."""
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def folder() -> Path:
    """Returns where the run's server keeps its data: in memory, if there is enough."""
    return reaper.folder(_memory() or tempfile.gettempdir())


@contextmanager
def server() -> Iterator[str]:
    """Joins the run's server, or starts it, and gives its URL; the last worker stops it.

    In a folder of its own: pytest changes the rights of its folders while other runs use them.
    """
    data = folder() / "data"
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        url = database.embedded_url(data)
        with psycopg.connect(url, autocommit=True) as connection:
            made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,)).fetchone()
        if not made:
            _prepare(url, data)
    yield url
    database.stop_embedded(data)


def _prepare(url: str, data: Path) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    database.stop_embedded(data)
    database.embedded_url(data)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}_")
        database.migrate(named(url, f"{_TEMPLATE}_"))
        connection.execute(f"ALTER DATABASE {_TEMPLATE}_ RENAME TO {_TEMPLATE}")  # complete, or not there


def _memory() -> str | None:
    """Returns a folder in memory, where a commit waits for no disk; None where there is none, or too small a one."""
    folder = "/dev/shm"
    return folder if Path(folder).is_dir() and shutil.disk_usage(folder).free > 4 * 2**30 else None


def create(server_url: str, prefix: str = "t") -> str:
    """Makes a database with the present schema and returns its URL."""
    name = f"{prefix}{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} {_COPY}")
    return named(server_url, name)


def drop(server_url: str, url: str) -> None:
    """Removes a database, whoever is connected."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name_of(url)} WITH (FORCE)")


@contextmanager
def fresh(server_url: str) -> Iterator[str]:
    """Gives a database with the present schema for a while."""
    url = create(server_url)
    yield url
    drop(server_url, url)
