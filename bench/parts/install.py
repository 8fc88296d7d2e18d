"""How long an installation takes and how much room it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench import processes, stock
from bench.places import WORK
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
    return Part([seconds, room], ["Nothing is downloaded: both sides take their wheels from uv's cache."])
