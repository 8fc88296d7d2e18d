"""One engine process: loads the model, connects to its node's doors and answers what they hand over."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from assistant import database
from assistant.app import registries
from assistant.app.engine import load_host
from assistant.desk import handover
from assistant.messages.events import PULLED
from assistant.messages.remote_turns import serve_turns
from assistant.messages.workers import LocalTurns
from assistant.privacy import keyring
from assistant.rasa.host import AgentHost
from assistant.runtime import shared_metrics
from assistant.settings import Settings

_KNOCK_AGAIN = 0.05
#: Whoever writes to us waits for the doors and the database, not they for us.
_NICE = 5


class _Stop:
    """Ends the process at a signal: at once between two turns, otherwise after the turn in hand."""

    def __init__(self) -> None:
        self._asked = False
        self._in_turn = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal it reaches everybody; the supervisor decides

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        if not self._in_turn:
            sys.exit(0)

    def in_turn(self, now: bool) -> None:
        """Notes whether a turn runs; ends the process between two, if that was asked."""
        self._in_turn = now
        if self._asked and not now:
            sys.exit(0)


def work(settings: Settings, address: Path, beat: Callable[[], None]) -> None:
    """Answers until asked to stop.

    Args:
        settings: the node's, with the database and the model named.
        address: where the node's doors listen for engine processes.
        beat: called at least every few seconds while all is well.
    """
    stop = _Stop()
    os.nice(_NICE)
    host = _host(settings)
    url = database.as_app(database.url_of(settings))
    connect = partial(database.connect, url, "assistant-engine", database.ENGINE_PATIENCE)
    turns = LocalTurns(connect, lambda: host, PULLED, settings.burst_seconds)

    def in_turn(now: bool) -> None:
        stop.in_turn(now)
        beat()
        if not now:
            shared_metrics.leave()

    while True:
        in_turn(False)
        with socket.socket(socket.AF_UNIX) as line:
            try:
                line.connect(str(address))
            except OSError:
                time.sleep(_KNOCK_AGAIN)  # the doors are starting, or starting again
                continue
            serve_turns(line, turns, host.model, in_turn)


def _host(settings: Settings) -> AgentHost:
    vault = keyring.open_vault(settings)
    real = registries.real_registry(settings, database.owner_url_of(settings))
    registry = registries.guarded(real, settings.registry_seconds)
    return load_host(settings, registry, vault, handover.read_desk(settings.desk_file))
