"""A small supervisor for the tests, run as a process of its own: its children only write down what they do.

Arguments: a folder, and how many engines. `folder/log` gets a line "name what pid" for each thing that
happens; `folder/broken` lets engines fail at their start, `folder/refused` lets a take-over fail, and with
`folder/slow` the doors are not well before it is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from assistant.app import supervisor
from assistant.app.supervisor import Child, Supervisor
from assistant.settings import StartError

FOLDER, ENGINES = Path(sys.argv[1]), int(sys.argv[2])


def note(name: str, what: str) -> None:
    with (FOLDER / "log").open("a") as log:
        log.write(f"{name} {what} {os.getpid()}\n")


def live(name: str, generation: int, beat: Callable[[], None]) -> None:
    if name != "doors" and (FOLDER / "broken").exists():
        sys.exit(3)
    ending: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
    note(name, f"began-{generation}")
    while name == "doors" and (FOLDER / "slow").exists():
        time.sleep(0.02)
    while not ending:
        beat()
        time.sleep(0.05)
    note(name, "ended")


made = 0


def make() -> list[Child]:
    global made
    if made and (FOLDER / "refused").exists():
        raise StartError("no model")
    made += 1
    doors = Child("doors", 1, "doors", partial(live, "doors", made))
    return [doors, *(Child(f"e{n}", 1, "engines", partial(live, f"e{n}", made)) for n in range(ENGINES))]


logging.basicConfig(level=logging.INFO)
supervisor._SILENT = 2
supervisor._AGAIN = (0.0, 0.2)
sys.exit(Supervisor(make).run())
