"""Nodes as they are served: a process of their own, a database, a port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from assistant.settings import ROOT
from tests.kit import warm
from tests.kit.ports import free_port
from tests.kit.waiting import CLIENT, PATIENCE


@dataclass
class Served:
    """A node in a process of its own."""

    url: str
    database_url: str
    var_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | warm.Forked | None = None
    log: Path = field(default_factory=Path)
    machine: tuple[str, ...] = ()  # what runs a command there, where that is not here

    def start(self) -> None:
        """Starts the process and waits until it is ready."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Starts the process."""
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            if self.machine:
                command = [*self.machine, sys.executable, "-m", "assistant.cli", "serve"]
                self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
            else:
                files = nothing.fileno(), log.fileno(), log.fileno()
                self.process = warm.start(["serve"], self.environment, *files)

    def wait(self, seconds: float = PATIENCE) -> None:
        """Waits until the process is ready."""
        assert self.process is not None
        until = time.monotonic() + seconds
        with httpx.Client(base_url=self.url, timeout=CLIENT) as client:
            while time.monotonic() < until:
                try:
                    if client.get("/readyz").status_code == 200:
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
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Stops the process as an operator would; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE)

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
        "BUILD_NICENESS": "0",  # other tests never rest, so a build that steps back behind them never ends
        "REQUESTS_PER_SECOND": "1000",  # all people of a test write from one address
        **extra,
    }
    url = f"http://127.0.0.1:{port}"
    return Served(url, database_url, folder / "var", environment, log=folder / "server.log")
