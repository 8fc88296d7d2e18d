"""The processes a node starts for releases: one that builds, one that plays a candidate."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from assistant.settings import ROOT, Settings

logger = logging.getLogger(__name__)
_AGAIN_SECONDS = 15.0


@dataclass
class Jobs:
    """The processes of one node. They outlive a take-over by newer processes of the same server, and end with it.

    settings: the node's. url: the database. parent: the process that stands for the server.
    building, playing: the modules that are run.
    """

    settings: Settings
    url: str
    parent: int
    building: str
    playing: str
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _builds: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _candidate: tuple[int, float] = (0, 0.0)

    def build(self, number: int, model: Path) -> None:
        """Starts the process that builds a release; `model` is what this node serves."""
        self._builds[number] = self._start(self.building, number, model)

    def building_now(self) -> list[int]:
        """Returns the builds whose processes live; one that only starts has not said anything yet."""
        self._builds = {number: process for number, process in self._builds.items() if process.poll() is None}
        return list(self._builds)

    def play(self, number: int, model: Path) -> None:
        """Starts the process that plays a candidate, unless that was tried a moment ago."""
        if self._candidate[0] == number and time.monotonic() - self._candidate[1] < _AGAIN_SECONDS:
            return
        self._candidate = number, time.monotonic()
        self._start(self.playing, number, model)

    def _start(self, module: str, number: int, model: Path) -> subprocess.Popen[bytes]:
        settings = self.settings
        self._running = [process for process in self._running if process.poll() is None]
        environment = os.environ | {
            "DATABASE_URL": self.url,
            "MODEL_PATH": str(model),
            "CONTENT_DIR": str(settings.content_dir),
            "MODELS_DIR": str(settings.models_dir),
            "VAR_DIR": str(settings.var_dir),
            "ASSISTANT_MODE": settings.assistant_mode,
        }
        command = [sys.executable, "-m", module, str(number), str(self.parent)]
        # A session of its own: an interrupt at the terminal is for the server, which decides.
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL
        )
        self._running.append(process)
        logger.info("%s %d started", module, number)
        return process

    def reap(self) -> None:
        """Takes note of processes that have ended."""
        self._running = [process for process in self._running if process.poll() is None]
