"""Starts the assistant as `make run` does, with the benchmark's own database, model and platform."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import processes
from bench.places import ASSISTANT, LOGS, MODELS, WORK


@dataclass
class Server:
    """A server under test."""

    process: processes.Process
    port: int

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.popen.pid

    def stop(self) -> None:
        """Ends it."""
        self.process.stop()


def train(limit: float) -> float:
    """Trains the model the other parts serve; returns the seconds of the whole command."""
    MODELS.mkdir(parents=True, exist_ok=True)
    for old in MODELS.glob("*.tar.gz"):
        old.unlink()
    return processes.run("ours-train", [ASSISTANT, "train", "--force"], {"MODELS_DIR": str(MODELS)}, limit)


@functools.cache
def model() -> Path:
    """Returns the model that MODEL_PATH names, else that of the present content, trained now if there is none.

    It is served by name, so that content edited meanwhile cannot start a training inside a measurement.
    """
    if given := os.environ.get("MODEL_PATH"):
        return Path(given)
    processes.run("ours-model", [ASSISTANT, "train"], {"MODELS_DIR": str(MODELS)}, 300)
    said = (LOGS / "ours-model.log").read_text().splitlines()
    path = Path(next(line for line in reversed(said) if line.endswith(".tar.gz")))
    # Content edited while it was trained: the model has a later name than the one announced.
    return path if path.exists() else max(MODELS.glob("*.tar.gz"), key=lambda found: found.stat().st_mtime)


def serve(extra: Mapping[str, str], folder: str = "ours", port: int | None = None) -> Server:
    """Starts `assistant serve` in demo mode; without DATABASE_URL it starts its own embedded PostgreSQL."""
    port = port or processes.free_port()
    settings = {"ASSISTANT_MODE": "demo", "HOST": "127.0.0.1", "PORT": str(port), "MODEL_PATH": str(model())}
    settings |= {"VAR_DIR": str(WORK / folder), "LIMITS_FILE": str(limits())} | dict(extra)
    return Server(processes.start(f"{folder}-serve", [ASSISTANT, "serve"], settings), port)


def limits() -> Path:
    """Returns a file that lets one person say more than a person can: a few stand for many here."""
    path = WORK / "limits.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("messages_a_minute: 10000\nmessages_an_hour: 100000\n", encoding="utf-8")
    return path


def ready(server: Server) -> None:
    """Waits until the server understands a probe message."""
    processes.wait_for(server.process, f"http://127.0.0.1:{server.port}/readyz", 60)
