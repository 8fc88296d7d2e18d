"""The real parts for the tests: an embedded PostgreSQL, the trained model, a served node."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import psycopg
import pytest
import uvloop

from assistant import audit, database
from assistant.rasa import training
from assistant.runtime import logs
from assistant.settings import ROOT, Settings

# The same examples every time, so that a red run is red again; HYPOTHESIS_PROFILE=default looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
logs.configure()
asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the loop that serves
audit.unlock(audit.Keys(b"p" * 32, b"e" * 32, b"c" * 32))


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """One PostgreSQL for all tests; each test makes its own database in it.

    In a folder of its own: pytest changes the rights of its folders while other runs use them.
    """
    folder = Path(tempfile.mkdtemp(prefix="assistant-tests-", dir=_memory()))
    url = database.embedded_url(folder / "data")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    database.migrate(_named(url, "migrated"))
    yield url
    database.stop_embedded(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)


def _memory() -> str | None:
    """Returns a folder in memory, where a commit waits for no disk; None where there is none, or too small a one."""
    folder = "/dev/shm"
    return folder if Path(folder).is_dir() and shutil.disk_usage(folder).free > 4 * 2**30 else None


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A fresh database with the present schema."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    yield _named(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit to the fresh database."""
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The model of the present content, trained if need be."""
    return training.current_model(Settings())


# Below the range for outgoing connections, and from another place in each process: what is free stays free until used.
_ports = itertools.cycle(range(start := 20_000 + os.getpid() * 101 % 11_000, start + 1_000))


def free_port() -> int:
    """Returns a port nobody listens on, and that this process did not return before."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError


@dataclass
class Served:
    """A node in a process of its own."""

    url: str
    database_url: str
    var_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(default_factory=Path)
    machine: tuple[str, ...] = ()  # what runs a command there, where that is not here

    def start(self) -> None:
        """Starts the process and waits until it is ready."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Starts the process."""
        command = [*self.machine, sys.executable, "-m", "assistant.cli", "serve"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def wait(self, seconds: float = 60) -> None:
        """Waits until the process is ready."""
        assert self.process is not None
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the node did not start:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """Kills the process as a crash would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Stops the process as an operator would; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def mails(self) -> list[dict[str, Any]]:
        """Returns the mails sent, newest first."""
        return httpx.get(f"{self.url}/sandbox/api/mailbox").json()


def serve(database_url: str, model: Path, folder: Path, **extra: str) -> Served:
    """Returns a node that is not started yet."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "MODEL_PATH": str(model),
        "VAR_DIR": str(folder / "var"),
        "PORT": str(port),
        "ASSISTANT_MODE": "demo",
        "REGISTRY_SECONDS": "8",  # the machine may have other work
        "REQUESTS_PER_SECOND": "1000",  # all people of a test write from one address
        **extra,
    }
    url = f"http://127.0.0.1:{port}"
    return Served(url, database_url, folder / "var", environment, log=folder / "server.log")


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running demo node with a database of its own, shared by the tests of a module."""
    name = f"n{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    served = serve(_named(server_url, name), model_path, tmp_path_factory.mktemp("node"))
    served.start()
    yield served
    served.stop()
