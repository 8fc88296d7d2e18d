"""Keeps below the Graph API's limits, as the headers of each answer tell them.

`X-App-Usage` and `X-Business-Use-Case-Usage` give percents of what is allowed; at 100 calls are
refused, and calling on makes the refusal longer. So from 80 percent on calls are spread, and at 100
nothing goes until the time that Meta names.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.messenger import metrics

_SLOW_FROM = 80.0
_SLOWEST = 1.0  # seconds between two calls at 99 percent
_TOLD_LASTS = 300.0  # what was told is forgotten after so many seconds
_REST = 60.0  # where Meta names no time
_LONGEST = 3600.0
_COUNTED = ("call_count", "total_time", "total_cputime")


@dataclass
class _Page:
    percent: float = 0.0
    told_at: float = -math.inf
    rest_until: float = -math.inf
    slot: float = -math.inf  # when the next spread call may go


class Pace:
    """The calls of an app's pages."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pages: dict[str, _Page] = {}

    def _page(self, page: str) -> _Page:
        return self._pages.setdefault(page, _Page())

    def wait(self, page: str, patience: float = math.inf) -> float:
        """Returns the seconds until a call may go, and takes that place unless it is later than `patience`."""
        now, state = self._clock(), self._page(page)
        if now < state.rest_until:
            return state.rest_until - now
        percent = self.percent(page)
        if percent < _SLOW_FROM:
            return 0.0
        slot = max(now, state.slot + _SLOWEST * (percent - _SLOW_FROM + 1) / (100 - _SLOW_FROM))
        if slot - now <= patience:
            state.slot = slot
        return slot - now

    def percent(self, page: str) -> float:
        """Returns how much of the limits is used, as last told."""
        state = self._page(page)
        return state.percent if self._clock() - state.told_at < _TOLD_LASTS else 0.0

    def rests(self, page: str, seconds: float) -> None:
        """Lets nothing go for so long."""
        state = self._page(page)
        state.rest_until = max(state.rest_until, self._clock() + min(seconds, _LONGEST))

    def told(self, page: str, headers: Mapping[str, str]) -> None:
        """Notes what an answer's headers said; headers of another shape say nothing."""
        usages = list(_usages(headers))
        if not usages:
            return
        state = self._page(page)
        state.percent, state.told_at = max(percent for percent, _ in usages), self._clock()
        metrics.usage.labels(page).set(state.percent)
        if state.percent >= 100:
            self.rests(page, max(minutes * 60 for _, minutes in usages) or _REST)


def _usages(headers: Mapping[str, str]) -> list[tuple[float, float]]:
    """Returns (percent, minutes until calls are allowed again) of every usage the headers tell."""
    app = _json(headers.get("x-app-usage", ""))
    cases = _json(headers.get("x-business-use-case-usage", ""))
    listed = [app] if isinstance(app, dict) else []
    for entries in cases.values() if isinstance(cases, dict) else ():
        listed += [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [
        (max(_number(entry.get(name)) for name in _COUNTED), _number(entry.get("estimated_time_to_regain_access")))
        for entry in listed
    ]


def _json(text: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None


def _number(value: Any) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else 0.0
