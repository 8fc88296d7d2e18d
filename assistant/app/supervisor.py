"""The processes of one machine: started from a warm parent, watched, replaced, and ended in good order.

The parent loads everything once (database, model, code) and forks: doors, which take events in and
deliver, and engines, which answer. Forked processes share its memory, and a new one is there in a
tenth of a second. The parent itself does nothing else, so there is little in it that could break.

A child that ends with an error of its own before all were well ends the parent with the same code; one
that somebody killed is started again, at whatever time.

Signals: TERM and INT end everything in good order; HUP loads the present model and lets new processes
take over from the old ones, a node at a time.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from assistant.runtime import shared_metrics
from assistant.runtime.forking import Pulse, become
from assistant.settings import StartError

logger = logging.getLogger(__name__)

_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
#: Looks, a second apart, without a heartbeat after which a process is taken for hung, or stopped by somebody.
_SILENT = 10
_STARTING = 60
#: Seconds before a process that ended is started again: soon, and ever later if it keeps ending.
_AGAIN = (0.0, 0.2, 1.0, 3.0, 10.0)
_LIVED_WELL = 30.0
#: Seconds for a good end; the doors' last turns need the engines.
_PATIENCE = (("doors", 25.0), ("engines", 15.0))


@dataclass
class Child:
    """A process to keep alive.

    `run` gets what it must call every few seconds, and returns when it is asked to end (SIGTERM). `shared` works out,
    before the process is forked, what others of its kind will have, too, and those before it need not wait for.
    """

    name: str
    node: int
    part: Literal["doors", "engines"]
    run: Callable[[Callable[[], None]], None]
    shared: Callable[[], None] = lambda: None
    pid: int = 0
    code: int | None = None
    started: float = 0.0
    ended_badly: int = 0
    due: float = 0.0
    place: int = -1
    beat: float = 0.0
    silent: int = 0


def _keep_shared() -> None:
    """Lets what processes share stay untouched, and so shared, and gives back what loading it has left."""
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


class Supervisor:
    """Keeps children alive until it is asked to end."""

    def __init__(self, make: Callable[[], Sequence[Child]], most: int = 512) -> None:
        """Prepares everything.

        Args:
            make: loads what is to be shared and returns the children; called at the start and at each HUP.
            most: children at the same time, the old and the new ones of a take-over together.
        """
        self._make = make
        self._children: list[Child] = []
        self._pulse = Pulse(most)
        self._mask: set[signal.Signals] = set()
        self._was_well = False

    def run(self) -> int:
        """Runs everything; returns the exit code for this process."""
        children = list(self._make())
        self._mask = {signal.Signals(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)}
        try:
            self._take_in(children)
            return self._watch()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _watch(self) -> int:
        while True:
            came = signal.sigtimedwait(_SIGNALS, self._until_next())
            if came and came.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._end(self._children)
            if came and came.si_signo == signal.SIGHUP:
                self._take_over()
            for child in self._children:
                self._look_after(child)
                if not self._was_well and child.code and child.code > 0:
                    self._end(self._children)  # it cannot work: somebody should see that, rather than wait
                    return child.code

    def _until_next(self) -> float:
        due = [child.due - time.monotonic() for child in self._children if not child.pid]
        return max(0.01, min([1.0, *due]))

    # ---- one child

    def _take_in(self, children: Sequence[Child]) -> None:
        for child in children:
            child.shared()
            _keep_shared()
            taken = {other.place for other in self._children}
            child.place = next(place for place in range(self._pulse.places) if place not in taken)
            self._children.append(child)
            self._start(child)

    def _start(self, child: Child) -> None:
        place = child.place
        self._pulse.clear(place)
        sys.stdout.flush()
        sys.stderr.flush()
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            become(child.name, lambda: child.run(lambda: self._pulse.beat(place)), parent, self._mask)
        child.pid, child.code, child.started, child.beat, child.silent = pid, None, time.monotonic(), 0.0, 0

    def _look_after(self, child: Child) -> None:
        if child.pid and self._has_ended(child):
            self._plan(child)
        elif child.pid:
            self._listen(child)
        elif child.due <= time.monotonic():
            self._start(child)

    def _has_ended(self, child: Child) -> bool:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid == 0:
            return False
        child.pid, child.code = 0, os.waitstatus_to_exitcode(status)
        return True

    def _plan(self, child: Child) -> None:
        """Says when a child that ended is to be started again."""
        lived = time.monotonic() - child.started
        child.ended_badly = 1 if lived > _LIVED_WELL else child.ended_badly + 1
        wait = _AGAIN[min(child.ended_badly, len(_AGAIN)) - 1]
        child.due = time.monotonic() + wait
        logger.error("%s ended (%s) after %.0f s; again in %.1f s", child.name, child.code, lived, wait)
        shared_metrics.note_restart(child.part, "silent" if child.silent > _SILENT else "ended")

    def _listen(self, child: Child) -> None:
        """Kills a child whose heart stopped. Looks are counted, not seconds: our own pauses are not its fault."""
        beat = self._pulse.last(child.place)
        if beat != child.beat:
            child.beat, child.silent = beat, 0
            self._was_well = self._was_well or all(one.beat for one in self._children)
        elif time.monotonic() - max(child.beat, child.started) >= child.silent + 1:
            child.silent += 1
            if child.silent > (_SILENT if child.beat else _STARTING):
                logger.error("%s has been silent for %d s: killed", child.name, child.silent)
                os.kill(child.pid, signal.SIGKILL)

    # ---- all of them

    def _take_over(self) -> None:
        """Lets new children take over from the old ones, a node at a time; if they do not start, the old ones stay."""
        try:
            fresh = list(self._make())
        except StartError as error:
            logger.error("nothing is changed: %s", error)
            return
        old = list(self._children)
        for node in dict.fromkeys(child.node for child in fresh):
            comers = [child for child in fresh if child.node == node]
            self._take_in(comers)
            if not self._arrive(comers):
                logger.error("the new processes do not start: the old ones stay")
                self._end(comers)
                self._forget(comers)
                return
            goers = [child for child in old if child.node == node]
            self._end(goers)
            self._forget(goers)
        logger.info("new processes have taken over")

    def _arrive(self, comers: Sequence[Child]) -> bool:
        until = time.monotonic() + _STARTING
        while time.monotonic() < until:
            if any(self._has_ended(child) for child in comers):
                return False
            if all(self._pulse.last(child.place) for child in comers):
                return True
            time.sleep(0.05)
        return False

    def _forget(self, children: Sequence[Child]) -> None:
        self._children = [child for child in self._children if child not in children]

    def _end(self, children: Sequence[Child]) -> int:
        """Ends the doors, then the engines; returns 0 if all ended well."""
        well = True
        for part, patience in _PATIENCE:
            alive = [child for child in children if child.part == part and child.pid]
            for child in alive:
                os.kill(child.pid, signal.SIGTERM)
                os.kill(child.pid, signal.SIGCONT)  # somebody may have stopped it
            until = time.monotonic() + patience
            while (left := [child for child in alive if child.pid and not self._has_ended(child)]) and (
                time.monotonic() < until
            ):
                time.sleep(0.02)
            for child in left:
                logger.error("%s did not end in %.0f s: killed", child.name, patience)
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
                child.pid, child.code = 0, -signal.SIGKILL
            well = well and not any(child.code for child in alive)
        return 0 if well else 1
