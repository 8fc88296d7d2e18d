"""Watches over a process that works for a node: lets it end when nobody needs it any more."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from pathlib import Path

import psycopg

from assistant import database
from assistant.release import store
from assistant.release.model import State

logger = logging.getLogger(__name__)
_EVERY = 1.0
#: Of a step that is past its time, so much of what it took is added.
_LATE = 0.1


def is_alive(process: int) -> bool:
    """Tells whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        pass
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


class Watch(threading.Thread):
    """Moves the bar of a build, and ends the process when it was stopped or stands alone."""

    def __init__(self, url: str, number: int, parent: int, work: Path) -> None:
        """Prepares everything.

        Args:
            url: the database.
            number: the release that is built.
            parent: the process that this one works for; when it ends, so does this one.
            work: a folder to remove.
        """
        super().__init__(name="watch", daemon=True)
        self._url = url
        self._number = number
        self._parent = parent
        self._work = work
        self._over = threading.Event()
        self._step: tuple[State, float, float, float, float] | None = None

    def expect(self, state: State, before: float, seconds: float, after: float) -> None:
        """Moves the bar through a step: the seconds of those before it, its own as likely, those of what comes yet."""
        self._step = (state, before, seconds, after, time.monotonic())

    def stop(self) -> None:
        """Stops watching."""
        self._over.set()
        self.join(5)

    def run(self) -> None:
        """Watches."""
        try:
            with database.connect(self._url, "assistant-build-watch") as connection:
                connection.autocommit = True
                while not self._over.wait(_EVERY):
                    self._look(connection)
        except psycopg.OperationalError:
            self._leave("the database is gone")

    def _look(self, connection: store.Connection) -> None:
        if not is_alive(self._parent):
            store.finish(connection, self._number, "failed", "Máy chủ dừng trong lúc huấn luyện. Bạn làm lại nhé.")
            self._leave("the node has ended")
        if store.is_cancelled(connection, self._number):
            store.finish(connection, self._number, "cancelled")
            self._leave("it was stopped")
        if self._step is None:  # what comes before the first step, e.g. what was live, takes its time, too
            store.beat(connection, self._number)
        else:
            state, before, seconds, after, began = self._step
            spent = time.monotonic() - began
            left = max(seconds - spent, spent * _LATE) + after  # what takes longer than last time goes on a while
            progress = round((before + spent) / (before + spent + left), 3)
            store.go_on(connection, self._number, state, progress, left=round(left))

    def _leave(self, reason: str) -> None:
        logger.warning("build %d ends: %s", self._number, reason)
        shutil.rmtree(self._work, ignore_errors=True)
        logging.shutdown()
        os._exit(3)  # the training process ends with this one
