"""Debian's PgBouncer before the tests' PostgreSQL, as an operator would set it up."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.kit.ports import free_port
from tests.kit.waiting import PATIENCE

#: In no shell's path where nobody but root looks into sbin.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needed = pytest.mark.skipif(PROGRAM is None, reason="needs Debian's package pgbouncer (scripts/need-packages)")
#: Who logs in: owns nothing, and is what docs/deploy.md says.
LOGIN = "assistant_pooled"


@contextmanager
def pooled(database_url: str, mode: str, connections: int = 4, login: str = LOGIN) -> Iterator[str]:
    """Gives the URL of a database through a PgBouncer with few connections, which many clients share."""
    parts = urlsplit(database_url)
    folder = Path(parse_qs(parts.query)["host"][0])
    owner = folder.stat()
    with psycopg.connect(database_url, autocommit=True) as connection, suppress(psycopg.errors.DuplicateObject):
        connection.execute(f"CREATE ROLE {LOGIN} LOGIN IN ROLE assistant_app")
    place, port = Path(tempfile.mkdtemp(prefix="pooler-")), free_port()
    (place / "users").write_text(f'"{login}" ""\n')
    (place / "ini").write_text(
        f"[databases]\n* = host={folder}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = trust\nauth_file = {place}/users\npool_mode = {mode}\n"
        f"default_pool_size = {connections}\nmax_client_conn = 200\nlogfile = {place}/log\n"
    )
    for path in (place, *place.iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid)
    assert PROGRAM
    process = subprocess.Popen([PROGRAM, "-q", str(place / "ini")], user=owner.st_uid, group=owner.st_gid)
    try:
        _listens(port, place)
        yield f"postgresql://{login}@127.0.0.1:{port}{parts.path}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
        shutil.rmtree(place, ignore_errors=True)


def _listens(port: int, place: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < until, (place / "log").read_text()
        time.sleep(0.05)
