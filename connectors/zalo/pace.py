"""Keeps below the number of calls a minute that Zalo allows, as each answer's headers tell it.

The limit is of the account's package (100 a minute are reported) or of the app (4,000). Most of a minute's
calls go at once; the last tenth is spread over what is left of the minute, and at nought nothing goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MINUTE = 60.0
_SPREAD = 0.1
_DISORDER = 0.2  # answers overtake each other; only a larger step up is a new minute


class Pace:
    """The calls of one account; `app` is the pace that all accounts of the app share."""

    def __init__(self, app: Pace | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._limit = 0
        self._left = 0
        self._ends = 0.0  # of the minute that `_left` is about; before now: nothing is known
        self._slot = 0.0  # when the next spread call may go

    def wait(self) -> float:
        """Takes a place and returns the seconds until its turn."""
        return max(self._wait(), self._app.wait() if self._app else 0.0)

    def _wait(self) -> float:
        now = self._clock()
        if now >= self._ends:
            return 0.0
        if self._left <= 0:
            return self._ends - now
        self._left -= 1
        if self._left >= self._limit * _SPREAD:
            return 0.0
        slot = max(now, self._slot)
        self._slot = slot + (self._ends - slot) / (self._left + 2)
        return self._slot - now

    def told(self, limit: int, remain: int) -> None:
        """Notes what an answer's headers said."""
        now = self._clock()
        fresh = now >= self._ends or remain > self._left + max(5, limit * _DISORDER)
        if fresh:
            self._ends, self._slot = now + MINUTE, now
        self._limit = limit
        self._left = remain if fresh else min(self._left, remain)

    def refused(self, of_app: bool) -> None:
        """Notes that a call was one too many (-32): nothing goes until the minute is over."""
        if of_app and self._app:
            self._app.refused(of_app=False)
            return
        now = self._clock()
        self._left = 0
        if now >= self._ends:
            self._ends = now + MINUTE

    @property
    def last_told(self) -> tuple[int, int] | None:
        """Calls a minute and what is left of them; None before the first answer."""
        return (self._limit, self._left) if self._limit else None

    @property
    def rest(self) -> float:
        """Seconds until calls are certainly allowed again."""
        own = max(0.0, self._ends - self._clock()) if self._left <= 0 else 0.0
        return max(own, self._app.rest if self._app else 0.0)
