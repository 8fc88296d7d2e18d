"""How long an installation takes and how much room it needs."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench import processes, stock
from bench.places import ROOT, WORK
from bench.plan import Plan
from bench.results import Part, Row


def gigabytes(folder: Path) -> float:
    """Returns the size of all files below a folder, in GB."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e9


def _ours(environment: Path, limit: float) -> float:
    """Makes an environment from the lock, as `make run` does."""
    shutil.rmtree(environment, ignore_errors=True)
    venv = [stock.uv(), "venv", "--quiet", "--python", "3.12", environment]
    install = [
        stock.uv(), "pip", "sync", "--quiet", "--require-hashes",
        "--python", environment / "bin" / "python", "requirements.lock",
    ]  # fmt: skip
    return processes.run("ours-venv", venv, {}, 60) + processes.run("ours-install", install, {}, limit)


def _first_answer(folder: Path, cache: Path, limit: float) -> float:
    """Clones the repository and returns the seconds until `make run` in it has answered somebody in the web chat."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.monotonic()
    environment = os.environ | {"UV_CACHE_DIR": str(cache)}
    command = ["make", "run", f"PORT={port}"]
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as server:
        talk = [sys.executable, ROOT / ".ci/talk.py", f"http://127.0.0.1:{port}", str(limit), str(server.pid)]
        try:
            subprocess.run(talk, check=True)
            return time.monotonic() - began
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def _from_clone(plan: Plan) -> list[Row]:
    folder, cache = WORK / "clone", WORK / "cache"
    cold, warm = (
        Row("clone to first answer, nothing cached", "s", [], goal=150),
        Row("clone to first answer, packages cached", "s", [], goal=60),
    )
    room = Row("room of a clone that has served, with the package cache", "GB", [], goal=1)
    try:
        shutil.rmtree(cache, ignore_errors=True)
        cold.ours.append(_first_answer(folder, cache, plan.left))
        used = subprocess.run(["du", "-skc", folder, cache], capture_output=True, text=True, check=True).stdout
        room.ours.append(int(used.splitlines()[-1].split()[0]) / 1e6)  # files that both have count once
        warm.ours += [_first_answer(folder, cache, plan.left) for _ in range(plan.times(2))]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(cache, ignore_errors=True)
    return [cold, warm, room]


def measure(plan: Plan) -> Part:
    """Installs both sides into fresh environments."""
    environment = WORK / "venv"
    environment.parent.mkdir(parents=True, exist_ok=True)
    seconds = Row("install, uv with a warm cache", "s", [], goal=30)
    room = Row("size of the environment", "GB", [], goal=0.7)
    try:
        _ours(environment, plan.left)  # once unmeasured: whatever is missing gets into the cache
        for _ in range(plan.times(3)):
            seconds.ours.append(_ours(environment, plan.left))
        room.ours.append(gigabytes(environment))
        if not plan.skip_stock:
            stock.ensure(plan.left)
            for _ in range(plan.times(2)):
                seconds.stock.append(stock.install(environment, plan.left))
            room.stock.append(gigabytes(environment))
    finally:
        shutil.rmtree(environment, ignore_errors=True)
    notes = [
        "Into the environment nothing is downloaded: both sides take their wheels from uv's cache.",
        "From clone to first answer: `make run` in a fresh clone (uv, packages, database, training) and one message.",
    ]
    return Part([seconds, room, *_from_clone(plan)], notes)
