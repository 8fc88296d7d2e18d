"""Commands of the assistant, forked from a process that has imported everything and loaded the model.

A new Python reads Rasa and the model anew for three processor seconds, at each start of a node and in each command. A
fork is there in a hundredth of one, and runs the same `main()` with the environment, folder, files and exit of its
own. What shows only in a new Python (what is imported when, variables that are read while importing, interfaces of
another network) is asked of one: `starts_anew`, and the tests that start `sys.executable` themselves.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

from assistant.settings import ROOT
from tests.kit import reaper

#: Variables that Python, its libraries or our modules read when they start: who changes one gets a Python of their own.
_READ_AT_START = ("PYTHON", "OTEL_", "OPENBLAS_", "OMP_", "LC_", "LANG", "TZ", "RASA_", "SANIC_", "LD_", "SECRETS_DIR")
#: Those of them that our own modules set when they are imported, here as in the process that forks; "" is any value.
_SET_BY_IMPORTS = {"OPENBLAS_NUM_THREADS": "1", "RASA_TELEMETRY_ENABLED": "false", "RASA_CACHE_DIRECTORY": ""}
#: What the tests began with: a test may have set something since.
_AT_FIRST = {**os.environ}
#: Rasa's trainer and its own command line need modules that nodes never load (assistant.rasa.slim_boot).
_TRAINING = (("train",), ("rasa",), ("rasa-export",), ("content", "check"), ("docs",))
_NUMBER = struct.Struct("i")


def starts_anew(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tells whether a command needs a Python of its own."""
    if any(tuple(words[: len(kind)]) == kind for kind in _TRAINING):
        return True
    return _read_at_start(environment) != _read_at_start(_AT_FIRST)


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}
    return {name: value for name, value in found.items() if _SET_BY_IMPORTS.get(name) not in (value, "")}


class Forked:
    """A process that was forked for us, as `subprocess.Popen` would show it."""

    def __init__(self, line: IO[bytes], args: Sequence[str]) -> None:
        self.args = list(args)
        self.returncode: int | None = None
        self._line = line
        self.pid = self._number()

    def _number(self) -> int:
        said = self._line.read(_NUMBER.size)
        assert len(said) == _NUMBER.size, "what forks processes has ended"
        return int(_NUMBER.unpack(said)[0])

    def poll(self) -> int | None:
        """Returns the exit code, or None while it runs."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self._end()
        return self.returncode

    def _end(self) -> None:
        self.returncode = self._number()
        self._line.close()

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; returns the exit code."""
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.wait()


class _Parent:
    """The process that forks; it ends with the pipe to this one."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # Outside of a test run (bench/desk.py, the guides' pictures) nobody has marked this process yet.
            self._reaper = None if reaper.MARK in os.environ else reaper.watch()
            command = [sys.executable, "-m", "tests.kit.warm", str(theirs.fileno())]
            environment = _AT_FIRST | {reaper.MARK: os.environ[reaper.MARK]}
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )

    def fork(self, request: dict[str, Any], files: Sequence[int]) -> Forked:
        read, write = os.pipe()
        with tempfile.TemporaryFile() as letter:
            letter.write(json.dumps(request).encode())
            letter.flush()
            given = array.array("i", [letter.fileno(), write, *files])
            self._line.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)])
        os.close(write)
        return Forked(os.fdopen(read, "rb", buffering=0), request["words"])

    def end(self) -> None:
        """Lets it end; what it forked goes on."""
        self._line.close()
        self.process.wait()


_parent: list[_Parent] = []


@atexit.register
def _end() -> None:
    for parent in _parent:
        parent.end()


def start(
    words: Sequence[str], environment: Mapping[str, str], stdin: int, stdout: int, stderr: int, cwd: Path = ROOT
) -> Forked | subprocess.Popen[bytes]:
    """Starts `assistant WORDS` with these files; in a Python of its own where the command needs one."""
    if starts_anew(words, environment):
        command = [sys.executable, "-m", "assistant.cli", *words]
        return subprocess.Popen(command, cwd=cwd, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)
    if not _parent or _parent[0].process.poll() is not None:
        _end()
        _parent[:] = [_Parent()]
    request = {"words": list(words), "environment": dict(environment), "folder": str(cwd)}
    return _parent[0].fork(request, [stdin, stdout, stderr])


def run(
    *words: str, environment: Mapping[str, str], given: str = "", timeout: float = 300, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Runs `assistant WORDS` to its end; returns what it wrote."""
    done = run_bytes(*words, environment=environment, given=given.encode(), timeout=timeout, cwd=cwd)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_bytes(
    *words: str, environment: Mapping[str, str], given: bytes = b"", timeout: float = 300, cwd: Path = ROOT
) -> subprocess.CompletedProcess[bytes]:
    """Runs `assistant WORDS` to its end; returns the bytes it wrote."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given)
        stdin.seek(0)
        process = start(words, environment, stdin.fileno(), stdout.fileno(), stderr.fileno(), cwd)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(["assistant", *words], code, stdout.read(), stderr.read())


# ---- in the process that forks


def _load() -> None:
    from assistant.desk.public_numbers import public_contacts
    from assistant.rasa import loaded_content
    from assistant.rasa.host import Parser
    from tests.kit import models

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa's about slots stand in no log of a test
        model = Parser(models.current())
    model.parse("xin chào")
    model.close()
    loaded_content.load(model.path, ROOT / "data").warm()
    public_contacts()


def _serve(line: socket.socket, set_while_loading: dict[str, str]) -> dict[str, Any]:
    """Forks at each request; returns in the forked process, with the request."""
    running: dict[int, int] = {}
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    fcntl.fcntl(woken, fcntl.F_SETFL, os.O_NONBLOCK)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal it reaches everybody; the run decides
    while True:
        ready, _, _ = select.select([line, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ends(running)
        if line in ready:
            files = array.array("i")
            said, about, _, _ = line.recvmsg(1, socket.CMSG_SPACE(5 * files.itemsize))
            if not said:
                sys.exit(0)
            files.frombytes(about[0][2])
            letter, tell, *streams = files
            pid = os.fork()
            if pid == 0:
                for other in [*running.values(), woken, wake, tell, line.fileno()]:
                    with contextlib.suppress(OSError):
                        os.close(other)
                line.detach()
                return _become(letter, streams, set_while_loading)
            os.write(tell, _NUMBER.pack(pid))
            running[pid] = tell
            for file in (letter, *streams):
                os.close(file)


def _tell_ends(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        tell = running.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(tell, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os.close(tell)


def _become(letter: int, streams: list[int], set_while_loading: dict[str, str]) -> dict[str, Any]:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    os.lseek(letter, 0, os.SEEK_SET)
    with os.fdopen(letter, "rb") as file:
        request: dict[str, Any] = json.load(file)
    os.environ.clear()
    os.environ.update(set_while_loading | request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["assistant", *request["words"]]
    return request


def _main() -> None:
    line = socket.socket(fileno=int(sys.argv[1]))
    given = {**os.environ}
    _load()
    threads = len([*Path("/proc/self/task").iterdir()])
    assert threads == 1, f"{threads} threads: a fork would lose them"
    gc.collect()
    gc.freeze()
    _serve(line, {name: value for name, value in os.environ.items() if name not in given})
    from assistant.cli import main

    main()


if __name__ == "__main__":
    _main()
