"""What a forked process does first and last, and the heartbeats it shares with its parent."""

from __future__ import annotations

import ctypes
import logging
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from assistant.settings import StartError

logger = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


class Pulse:
    """Heartbeats in memory that a parent shares with its children: a number for each place."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._memory = mmap.mmap(-1, 8 * places)

    def beat(self, place: int) -> None:
        """Says that a process is well; costs nothing, so it may be called often."""
        struct.pack_into("d", self._memory, 8 * place, time.monotonic())

    def last(self, place: int) -> float:
        """Returns the last heartbeat of a process; 0 if there was none."""
        return float(struct.unpack_from("d", self._memory, 8 * place)[0])

    def clear(self, place: int) -> None:
        """Forgets the heartbeats of a process that is gone."""
        struct.pack_into("d", self._memory, 8 * place, 0.0)


def become(name: str, run: Callable[[], None], parent: int, mask: set[signal.Signals]) -> NoReturn:
    """Runs `run` in the process that was just forked, and ends it.

    Args:
        name: for the log, and (its first 15 letters) for who looks at the processes of the machine.
        run: what the process is for.
        parent: the process that forked; when it dies, however that happens, so does this one.
        mask: the signals that are to be blocked, as they were before the parent blocked its own.
    """
    code = 1
    try:
        end_with(parent)
        _be_called(name)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        code = 0  # asked to end (SIGTERM) while it was only starting, as after a crash
    except StartError as error:
        sys.stderr.write(f"assistant: {error}\n")
        code = 2
    except BaseException:
        logger.exception("%s broke", name)
    finally:
        logging.shutdown()
        os._exit(code)  # what the parent registered for its own end is not ours to do


def end_with(parent: int) -> None:
    """Lets this process be killed when its parent dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died in between


def _be_called(name: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode()[:15])
