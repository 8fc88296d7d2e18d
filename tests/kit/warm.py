"""Commands of the assistant, forked from a process that has imported everything and loaded the model.

A new Python reads Rasa and the model anew for three processor seconds, at each start of a node and in each command. A
fork is there in a hundredth of one, and runs the same `main()` with the environment, folder, files and exit of its
own. What shows only in a new Python (what is imported when, variables that are read while importing, interfaces of
another network) is asked of one: `starts_anew`, and the tests that start `sys.executable` themselves.

There are two such processes for all workers of a run: one as nodes are, one with Rasa's trainer. What was forked starts
its own commands through `fork_client.py`, which stands there for Python.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import fcntl
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal, Self

from assistant.settings import ROOT
from tests.kit import fork_client, reaper

Kind = Literal["serving", "training"]

#: Variables that Python, its libraries or our modules read when they start: who changes one gets a Python of their own.
_READ_AT_START = ("PYTHON", "OTEL_", "OPENBLAS_", "OMP_", "LC_", "LANG", "TZ", "RASA_", "SANIC_", "LD_", "SECRETS_DIR")
#: Those of them that our own modules set when they are imported, here as in the process that forks; "" is any value.
_SET_BY_IMPORTS = {"OPENBLAS_NUM_THREADS": "1", "RASA_TELEMETRY_ENABLED": "false", "RASA_CACHE_DIRECTORY": ""}
#: What the tests began with: a test may have set something since.
_AT_FIRST = {**os.environ}
#: Commands that need modules that nodes never load (assistant.rasa.slim_boot): of Rasa's trainer and command line.
_TRAINING = (("train",), ("rasa",), ("rasa-export",), ("content", "check"), ("docs",), ("story",))


def starts_anew(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Tells whether a command needs a Python of its own."""
    return _read_at_start(environment) != _read_at_start(_AT_FIRST)


def kind_of(words: Sequence[str]) -> Kind:
    """Returns which process a command is forked from."""
    return "training" if any(tuple(words[: len(kind)]) == kind for kind in _TRAINING) else "serving"


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
        said = self._line.read(fork_client.NUMBER.size)
        assert len(said) == fork_client.NUMBER.size, "what forks processes has ended"
        return int(fork_client.NUMBER.unpack(said)[0])

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
    """A process that forks, one of each kind for all workers of a run; it ends when none of them has a line to it."""

    def __init__(self, kind: Kind) -> None:
        # Outside of a test run (bench/desk.py, the guides' pictures) nobody has marked this process yet.
        self._reaper = None if reaper.MARK in os.environ else reaper.watch()
        with (_doors() / f"{kind}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # who comes while it loads waits for it
            self._line = _line_to(kind) or _started(kind)
            said = self._line.recv(fork_client.NUMBER.size)
        assert said, "what forks processes did not start"
        self.pid = int(fork_client.NUMBER.unpack(said)[0])

    @property
    def is_gone(self) -> bool:
        """Tells whether it has ended: it says nothing on this line."""
        return bool(select.select([self._line], [], [], 0)[0])

    def fork(self, request: dict[str, Any], files: Sequence[int]) -> Forked:
        return Forked(fork_client.ask(self._line, request, files), request["words"])

    def end(self) -> None:
        """Needs it no more; what it forked goes on."""
        self._line.close()


_parents: dict[Kind, _Parent] = {}


def _doors() -> Path:
    """Returns the folder of this run in which workers, and what was forked, find what forks."""
    folder = reaper.folder(tempfile.gettempdir()) / "warm"
    folder.mkdir(exist_ok=True)
    return folder


def _line_to(kind: Kind) -> socket.socket | None:
    """Joins those who use what forks; None where it does not run."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        line.connect(str(_doors() / kind))
        line.send(fork_client.STAYS)
    except OSError:
        line.close()
        return None
    return line


def _started(kind: Kind) -> socket.socket:
    """Starts what forks; returns the first line to it."""
    line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.kit.warm", kind, str(_doors()), str(theirs.fileno())]
        environment = _AT_FIRST | {reaper.MARK: os.environ[reaper.MARK]}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
        process.returncode = 0  # it may outlive this worker, so nobody waits for it
    return line


@atexit.register
def _end() -> None:
    for parent in _parents.values():
        parent.end()
    _parents.clear()


def _parent(kind: Kind) -> _Parent:
    if (parent := _parents.get(kind)) and parent.is_gone:
        parent.end()
        del _parents[kind]
    if kind not in _parents:
        _parents[kind] = _Parent(kind)
    return _parents[kind]


def forking(kind: Kind) -> int:
    """Starts what forks commands of a kind, if it does not run; returns its number."""
    return _parent(kind).pid


def python() -> str:
    """Starts what forks commands of a training; returns what stands for Python where such commands are started."""
    _parent("training")
    return fork_client.program(_doors(), sys.executable)


def start(
    words: Sequence[str], environment: Mapping[str, str], stdin: int, stdout: int, stderr: int, cwd: Path = ROOT
) -> Forked | subprocess.Popen[bytes]:
    """Starts `assistant WORDS` with these files; in a Python of its own where the command needs one."""
    if starts_anew(words, environment):
        command = [sys.executable, "-m", "assistant.cli", *words]
        return subprocess.Popen(command, cwd=cwd, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)
    request = fork_client.request("assistant.cli", words, environment, cwd)
    return _parent(kind_of(words)).fork(request, [stdin, stdout, stderr])


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


def _load_serving() -> None:
    import scipy.cluster.hierarchy
    import scipy.spatial.distance  # noqa: F401 - for the groups of the inbox

    from assistant.content import examples, likeness
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
    for example in examples.read_examples(ROOT / "data"):  # a node at whose console somebody edits reads each anew
        likeness.uniform(example.text)


def _load_training() -> None:
    from assistant.rasa import slim_boot

    slim_boot.boot(serving=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from assistant.rasa import command_setup, story_check, training  # noqa: F401


_LOAD = {"serving": _load_serving, "training": _load_training}


class _Fork:
    """Forks at each request, of a worker or at the door; tells of ends."""

    def __init__(self, line: socket.socket, door: socket.socket, set_while_loading: dict[str, str]) -> None:
        self._door = door
        self._set_while_loading = set_while_loading
        self._lines: dict[int, socket.socket] = {}  # of workers
        self._guests: dict[int, socket.socket] = {}
        self._tell: dict[int, int] = {}  # by process
        self._poll = select.poll()
        self._woken, self._wake = os.pipe()
        self._stays(line)

    def serve(self) -> dict[str, Any]:
        """Returns in the forked process, with the request."""
        os.set_blocking(self._wake, False)
        fcntl.fcntl(self._woken, fcntl.F_SETFL, os.O_NONBLOCK)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal it reaches everybody; the run decides
        for file in (self._door.fileno(), self._woken):
            self._poll.register(file, select.POLLIN)
        while True:
            for file, said in self._poll.poll():
                if (request := self._take(file, said)) is not None:
                    return request

    def _take(self, file: int, said: int) -> dict[str, Any] | None:
        if file == self._woken:
            os.read(self._woken, 4096)
            self._tell_ends()
        elif file == self._door.fileno():
            guest, _ = self._door.accept()
            self._guests[guest.fileno()] = guest
            self._poll.register(guest, select.POLLIN)
        elif file in self._lines:
            if (request := self._asked(self._lines[file])) is None:
                self._leave(file)
            return request or None
        elif file in self._guests:
            guest = self._guests.pop(file)
            if guest.recv(len(fork_client.STAYS), socket.MSG_PEEK) == fork_client.STAYS:
                guest.recv(len(fork_client.STAYS))
                self._stays(guest)
                return None
            self._poll.unregister(file)
            with guest:
                return self._asked(guest, guest=True) or None
        elif said & select.POLLERR:  # whoever asked at the door is gone: so is what was asked for
            self._poll.unregister(file)
            for process in [process for process, tell in self._tell.items() if tell == file]:
                os.kill(process, signal.SIGKILL)
        return None

    def _stays(self, line: socket.socket) -> None:
        self._lines[line.fileno()] = line
        self._poll.register(line, select.POLLIN)
        with contextlib.suppress(BrokenPipeError):
            line.send(fork_client.NUMBER.pack(os.getpid()))

    def _leave(self, file: int) -> None:
        self._poll.unregister(file)
        self._lines.pop(file).close()
        if not self._lines:
            sys.exit(0)

    def _asked(self, line: socket.socket, guest: bool = False) -> dict[str, Any] | None:
        """Forks; returns the request in the forked process, {} in this one, None where nobody asks any more."""
        files = array.array("i")
        said, about, _, _ = line.recvmsg(1, socket.CMSG_SPACE(5 * files.itemsize))
        if not said:
            return None
        files.frombytes(about[0][2])
        letter, tell, *streams = files
        pid = os.fork()
        if pid == 0:
            for other in [*self._tell.values(), self._woken, self._wake, tell]:
                with contextlib.suppress(OSError):
                    os.close(other)
            for one in (self._door, *self._lines.values(), *self._guests.values()):
                one.close()
            return _become(letter, streams, self._set_while_loading)
        with contextlib.suppress(BrokenPipeError):
            os.write(tell, fork_client.NUMBER.pack(pid))
        self._tell[pid] = tell
        if guest:
            self._poll.register(tell, 0)
        for file in (letter, *streams):
            os.close(file)
        return {}

    def _tell_ends(self) -> None:
        while self._tell:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            tell = self._tell.pop(pid)
            with contextlib.suppress(KeyError):
                self._poll.unregister(tell)
            with contextlib.suppress(BrokenPipeError):
                os.write(tell, fork_client.NUMBER.pack(os.waitstatus_to_exitcode(status)))
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
    sys.argv = [request["module"] if request["module"] != "assistant.cli" else "assistant", *request["words"]]
    return request


def _main() -> None:
    kind, doors, line = sys.argv[1], Path(sys.argv[2]), socket.socket(fileno=int(sys.argv[3]))
    given = {**os.environ}
    _LOAD[kind]()  # type: ignore[index]
    threads = len([*Path("/proc/self/task").iterdir()])
    assert threads == 1, f"{threads} threads: a fork would lose them"
    door = fork_client.door(doors, kind)
    program = fork_client.program(doors, sys.executable)
    gc.collect()
    gc.freeze()
    request = _Fork(line, door, {name: value for name, value in os.environ.items() if name not in given}).serve()
    sys.executable = program
    if request["module"] != "assistant.cli":
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        return
    from assistant.cli import main

    main()


if __name__ == "__main__":
    _main()
