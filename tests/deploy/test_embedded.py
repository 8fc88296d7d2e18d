"""The embedded PostgreSQL starts in any folder, for any user, and lets nobody else in."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assistant.database import embedded
from assistant.settings import ROOT

ODD = "Trợ lý (thử) 1 [mới]"
ASK = """
import os, psycopg, sys
from pathlib import Path
from assistant.database import embedded
embedded._kind()
if len(sys.argv) > 2:  # become another user, who may not be able to read what Python has still to import
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[2]))
psycopg.connect(embedded.server(Path(sys.argv[1])).get_uri()).execute("SELECT 1")
print("served")
"""
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="changes users")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of the machine may enter."""
    with tempfile.TemporaryDirectory(prefix="assistant-tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _ask(folder: Path, *given: int, **environment: str) -> str:
    """Starts the server in a process of its own, perhaps of another user, and asks it something."""
    command = [sys.executable, "-c", ASK, str(folder), *map(str, given)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr[-2000:]


def _users() -> list[pwd.struct_passwd]:
    return [pwd.getpwnam(name) for name in ("nobody", "daemon")]


def _reachable() -> bool:
    """Whether other users could run what is installed here."""
    return all(folder.stat().st_mode & 0o001 for folder in Path(sys.prefix).parents)


def test_a_folder_with_spaces_brackets_and_vietnamese_letters(place: Path) -> None:
    assert _ask(place / ODD / "postgres") == "served\n"


def test_a_path_longer_than_a_socket_may_have(place: Path) -> None:
    assert _ask(place / ("dài " * 30) / "postgres") == "served\n"


def test_a_language_that_the_machine_does_not_have(place: Path) -> None:
    assert _ask(place / "postgres", LANG="xx_YY.UTF-8", LC_ALL="xx_YY.UTF-8") == "served\n"


@root_only
@pytest.mark.skipif(not _reachable(), reason="other users cannot reach this checkout")
def test_two_users_beside_each_other(place: Path) -> None:
    for user in _users():
        own = place / user.pw_name
        own.mkdir()
        os.chown(own, user.pw_uid, user.pw_gid)
        assert _ask(own / ODD / "postgres", user.pw_uid, user.pw_gid) == "served\n"


@root_only
@pytest.mark.parametrize("name", [ODD, "plain"])
def test_no_other_user_gets_at_the_data(place: Path, name: str) -> None:
    server = embedded.server(place / name / "postgres")
    url = server.get_uri()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    other = _users()[0].pw_uid
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(other)
            psycopg.connect(url)
        except psycopg.OperationalError as error:
            code = 0 if "ermission denied" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    server.cleanup()


@root_only
def test_folders_above_stay_unreadable(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    assert _ask(closed / "postgres") == "served\n"
    assert closed.stat().st_mode & 0o777 == 0o711
