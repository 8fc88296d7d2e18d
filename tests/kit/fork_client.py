"""Stands for Python where a process that was forked starts a command: has it forked, too, by what forks commands.

Needs nothing that takes time to load. What it is not asked to fork (`_FORKED`), or nobody is there to fork, it becomes
a new Python for. It passes signals on; when it is killed, so is what was forked.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import struct
import sys
import tempfile
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # these take time to load
    from collections.abc import Mapping, Sequence
    from typing import IO

#: What says a process's number, and then its end.
NUMBER = struct.Struct("i")
#: What a worker says at the door: that it comes with many requests.
STAYS = b"+"
#: Modules that may be forked: what a node waits for and kills, not what looks who its parent is.
_FORKED = {"assistant.release.load_check": "serving", "assistant.learning.clusters": "serving"}
#: Commands of `assistant.cli`.
_COMMANDS = {("conversation", "run"): "serving", ("story", "check"): "training"}


def request(module: str, words: Sequence[str], environment: Mapping[str, str], folder: object) -> dict[str, object]:
    """Returns a request: a module as `python -m` runs it."""
    return {"module": module, "words": list(words), "environment": dict(environment), "folder": str(folder)}


def ask(line: socket.socket, asked: dict[str, object], files: Sequence[int]) -> IO[bytes]:
    """Asks for a fork that has these files as 0, 1 and 2; returns the pipe that says number and end."""
    read, write = os.pipe()
    with tempfile.TemporaryFile() as letter:
        letter.write(json.dumps(asked).encode())
        letter.flush()
        given = array.array("i", [letter.fileno(), write, *files])
        line.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)])
    os.close(write)
    return os.fdopen(read, "rb", buffering=0)


def door(doors: Path, kind: str) -> socket.socket:
    """Opens the door of what forks commands of a kind."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    new = doors / f"{kind}-{os.getpid()}"
    opened.bind(str(new))
    opened.listen(64)
    new.replace(doors / kind)
    return opened


def program(doors: Path, python: str) -> str:
    """Returns the program that stands for Python; makes it, if it is not there."""
    new = doors / f"python-{os.getpid()}"
    new.write_text(f"#!/bin/sh\nexec '{python}' -I -S '{__file__}' '{doors}' '{python}' \"$@\"\n", encoding="utf-8")
    new.chmod(0o755)
    return str(new.replace(doors / "python"))


def _kind(words: list[str]) -> str | None:
    if words[:2] == ["-m", "assistant.cli"]:
        return _COMMANDS.get(tuple(words[2:4]))
    return _FORKED.get(words[1]) if words[:1] == ["-m"] else None


def _main() -> None:
    doors, python, *words = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        try:
            line.connect(f"{doors}/{_kind(words)}")
        except OSError:
            os.execv(python, [python, *words])
        asked = request(words[1], words[2:], os.environ, Path.cwd())
        with ask(line, asked, [0, 1, 2]) as said:
            process = NUMBER.unpack(said.read(NUMBER.size))[0]
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda number, frame: os.kill(process, number))
            code = NUMBER.unpack(said.read(NUMBER.size))[0]
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    _main()
