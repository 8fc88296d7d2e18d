"""Stops processes in the middle of whatever they do, and lets them go on."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil


def tell(processes: Iterable[psutil.Process], what: signal.Signals) -> None:
    """Sends a signal to each that still runs: that of a connection may just have ended."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(what)


@contextmanager
def frozen(processes: Iterable[psutil.Process]) -> Iterator[None]:
    """Stops processes for as long as it is open; their machine goes on answering for them."""
    stopped = list(processes)
    tell(stopped, signal.SIGSTOP)
    try:
        yield
    finally:
        tell(stopped, signal.SIGCONT)
