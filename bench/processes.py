"""Starts processes, looks at what they use, and ends exactly those that were started here."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.places import LOGS, ROOT

_started: list[Process] = []
#: Our own settings must not leak from the caller's shell into what is measured.
_OURS = (
    "ASSISTANT_",
    "DATABASE_URL",
    "VAR_DIR",
    "MODEL",
    "ZALO_",
    "SMTP_",
    "REGISTRY_",
    "VAULT_",
    "PUBLIC_URL",
    "WORKERS",
    "NODES",
    "METRICS_",
    "REQUESTS_",
    "PYTHONDONTWRITEBYTECODE",  # whoever starts it a second time finds what the first left
)


class BenchError(RuntimeError):
    """A measurement could not be made; the message says why."""


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment for a measured process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1"} | dict(extra)


@dataclass
class Process:
    """One process that was started here."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    started_at: float

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def said(self) -> str:
        """Returns the end of its log."""
        return self.log.read_text(errors="replace")[-1500:]

    def stop(self, patience: float = 20) -> None:
        """Asks it to end, then ends it and the children it left, by their ids."""
        children: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            # A daemon it started (PostgreSQL) is no child any more: whoever started it ends it.
            children = psutil.Process(self.popen.pid).children(recursive=True)
        self.popen.terminate()
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5)
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        if self in _started:
            _started.remove(self)


def start(name: str, command: Sequence[object], extra: Mapping[str, str], cwd: Path = ROOT) -> Process:
    """Starts a process with its output in bench/var/logs."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, env=environment(extra), stdout=output, stderr=subprocess.STDOUT
        )
    process = Process(name, popen, log, time.perf_counter())
    _started.append(process)
    return process


def run(name: str, command: Sequence[object], extra: Mapping[str, str], limit: float, cwd: Path = ROOT) -> float:
    """Runs a command to its end and returns the seconds it took.

    Raises:
        BenchError: if it fails or needs longer than `limit` seconds.
    """
    process = start(name, command, extra, cwd)
    try:
        code = process.popen.wait(limit)
        seconds = time.perf_counter() - process.started_at
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{name}: not done after {limit:.0f} s") from error
    finally:
        process.stop()
    if code:
        raise BenchError(f"{name}: exit code {code}: {process.said()[-400:]}")
    return seconds


def stop_all() -> None:
    """Ends everything that was started here and still runs."""
    for process in list(_started):
        process.stop(patience=5)


atexit.register(stop_all)


def free_port() -> int:
    """Returns a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(process: Process, url: str, limit: float, pause: float = 0.02) -> None:
    """Waits until `url` answers 200.

    Raises:
        BenchError: if the process ends or `limit` seconds pass.
    """
    until = time.perf_counter() + limit
    while time.perf_counter() < until:
        if not process.alive:
            raise BenchError(f"{process.name} ended: {process.said()[-400:]}")
        with suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        time.sleep(pause)
    raise BenchError(f"{process.name} did not answer within {limit:.0f} s: {process.said()[-400:]}")


def tree(pid: int) -> list[psutil.Process]:
    """Returns a process and its living descendants."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory(pid: int) -> tuple[float, float]:
    """Returns (RSS of the largest process, PSS of it and its descendants) in MB; PSS counts shared pages once."""
    rss, pss = 0.0, 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            used = process.memory_full_info()
            pss += used.pss / 1e6
            rss = max(rss, used.rss / 1e6)
    return rss, pss


def cpu(pid: int) -> float:
    """Returns the processor seconds of a process, its living and its ended descendants."""
    seconds = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds
