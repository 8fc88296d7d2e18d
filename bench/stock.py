"""Stock Rasa 3.6.21: its own environment, its training, its server with the REST channel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from bench import content, processes
from bench.ours import Server
from bench.places import ROOT, STOCK, VAR, WORK

PROJECT = VAR / "stock-project"
#: psycopg2 is what its SQL tracker store needs for PostgreSQL; a dependency still imports pkg_resources.
PACKAGES = ("rasa==3.6.21", "psycopg2-binary", "setuptools<81")


def uv() -> Path:
    """Returns a uv (scripts/find-uv)."""
    found = subprocess.run([ROOT / "scripts" / "find-uv"], cwd=ROOT, capture_output=True, text=True, check=True)
    return ROOT / found.stdout.strip()


def python() -> str:
    """Returns a Python 3.10: uv's own, one that runs, or a name for uv to fetch."""
    answer = subprocess.run(
        [uv(), "python", "find", "--no-python-downloads", "3.10"], capture_output=True, text=True, cwd="/", check=False
    )
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.10.*/bin/python"))
    candidates = [answer.stdout.strip(), *map(str, pyenv), shutil.which("python3.10") or ""]
    for candidate in filter(None, candidates):
        # A pyenv shim may stand on the path without a 3.10 behind it.
        if subprocess.run([candidate, "-c", ""], capture_output=True, cwd="/", check=False).returncode == 0:
            return candidate
    return "3.10"


def install(environment: Path, limit: float) -> float:
    """Makes an environment with stock Rasa; returns the seconds it took."""
    # From another folder: uv would apply our pyproject.toml, which takes TensorFlow out of Rasa.
    WORK.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(environment, ignore_errors=True)
    apart = Path("/")
    seconds = processes.run("stock-venv", [uv(), "venv", "--quiet", "--python", python(), environment], {}, 120, apart)
    install = [uv(), "pip", "install", "--quiet", "--python", environment / "bin" / "python", *PACKAGES]
    return seconds + processes.run("stock-install", install, {}, limit, apart)


def ensure(limit: float = 400) -> None:
    """Makes the environment kept for all runs, if it is not there."""
    if not (STOCK / "bin" / "rasa").exists():
        print("stock Rasa: making its environment (once)", file=sys.stderr)
        install(STOCK, limit)


def train(limit: float) -> float:
    """Exports our training text and trains; returns the seconds of the whole command."""
    ensure()
    shutil.rmtree(PROJECT, ignore_errors=True)
    content.export(PROJECT)
    command = [STOCK / "bin" / "rasa", "train", "--force", "--fixed-model-name", "stock"]
    return processes.run("stock-train", command, {}, limit, PROJECT)


def serve(database_url: str) -> Server:
    """Starts `rasa run --enable-api`, REST channel, SQL tracker store."""
    ensure()
    model = PROJECT / "models" / "stock.tar.gz"
    if not model.exists():
        train(400)
    endpoints = WORK / "endpoints.yml"
    WORK.mkdir(parents=True, exist_ok=True)
    endpoints.write_text(
        yaml.safe_dump({"tracker_store": {"type": "SQL", "dialect": "postgresql", "url": database_url}})
    )
    port = processes.free_port()
    command = [
        STOCK / "bin" / "rasa", "run", "--enable-api", "-i", "127.0.0.1", "-p", port, "--model", model,
        "--endpoints", endpoints, "--credentials", PROJECT / "credentials.yml",
    ]  # fmt: skip
    return Server(processes.start("stock-serve", command, {}, PROJECT), port)


def ready(server: Server) -> None:
    """Waits until the model is loaded."""
    processes.wait_for(server.process, f"http://127.0.0.1:{server.port}/status", 120, pause=0.1)


#: Copies a conversation to other people: playing 200 turns for each would take stock Rasa minutes.
COPY = """
INSERT INTO events (sender_id, type_name, "timestamp", intent_name, action_name, data)
SELECT %s, type_name, "timestamp", intent_name, action_name, data
FROM events WHERE sender_id = %s ORDER BY id
"""
