"""Leaves nothing behind a test run, however it ends: a process beside it that ends what the run started.

Everything a run starts inherits a mark in its environment. When the run is gone, killed or not, the pipe to the
process beside it closes; that one ends what still has the mark and removes the run's folders.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path

MARK = "ASSISTANT_TEST_RUN"
_ROOTS = ("/dev/shm", tempfile.gettempdir())
_SECONDS = 10.0


def watch() -> subprocess.Popen[bytes]:
    """Marks this process and what it starts, and has somebody wait for its end."""
    os.environ[MARK] = run = uuid.uuid4().hex[:12]
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    command = [sys.executable, "-I", "-S", __file__, run]
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=unmarked, start_new_session=True)


def folder(root: str) -> Path:
    """Returns the run's folder in `root`, the same for all its workers."""
    made = Path(root) / f"assistant-tests-{os.environ[MARK]}"
    with suppress(FileExistsError):
        made.mkdir(mode=0o755)
    return made


def marked(run: str) -> list[int]:
    """Returns the processes that a run started and that have not ended."""
    mark = f"{MARK}={run}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def _end(process: int) -> None:
    with suppress(OSError):
        server = Path(f"/proc/{process}/comm").read_text().strip() == "postgres"
        # A killed postmaster would leave its shared memory; told to quit, it clears up at once.
        os.kill(process, signal.SIGQUIT if server else signal.SIGKILL)


def reap(run: str) -> None:
    """Ends what a run left, and removes its folders."""
    until = time.monotonic() + _SECONDS
    while (left := marked(run)) and time.monotonic() < until:
        for process in left:
            _end(process)
        time.sleep(0.1)
    for process in left:
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)
    for root in _ROOTS:
        shutil.rmtree(Path(root) / f"assistant-tests-{run}", ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()  # until the run is gone
    reap(sys.argv[1])
