"""Progress for somebody who waits at a terminal: a line at the start, a bar, a line at the end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 30


@contextmanager
def waiting(doing: str, done: str, seconds: float) -> Iterator[None]:
    """Shows on standard error how far something is, by the time that it usually takes.

    Args:
        doing: what it is, for the first line.
        done: how to say that it is over; the seconds follow.
        seconds: what it usually takes; near the end of it the bar slows down and waits.
    """
    print(f"• {doing}", file=sys.stderr, flush=True)
    began, over = time.monotonic(), threading.Event()
    drawing = threading.Thread(target=_draw, args=(over, seconds), daemon=True)
    if sys.stderr.isatty():
        drawing.start()
    try:
        yield
    finally:
        over.set()
        if drawing.ident:
            drawing.join()
            print("\r\033[K", end="", file=sys.stderr)
    print(f"• {done} {time.monotonic() - began:.0f} giây.", file=sys.stderr, flush=True)


def _draw(over: threading.Event, usual: float) -> None:
    before = time.monotonic()
    while not over.wait(0.2):
        full = int(_WIDTH * share((time.monotonic() - before) / usual))
        print("\r  " + "█" * full + "·" * (_WIDTH - full), end="", file=sys.stderr, flush=True)


def share(spent: float) -> float:
    """Returns how much of the bar is full after a multiple of the usual time: never all of it."""
    return min(spent * 0.9, 1 - 0.09 / max(spent, 0.9))
