"""Limits on the number of calls, and the headers that tell how much of them is used."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.graph_errors import PLANNED, GraphError

DAY = 24 * 3600.0


@dataclass
class Limits:
    """Calls allowed; a test may set them lower."""

    per_second: int = 300  # texts, links, reactions
    media_per_second: int = 10
    per_person_a_day: int = 200
    profile_calls: int = 10  # in ten minutes
    shown_percent: float | None = None  # say so, whatever is true
    regain_minutes: int = 0


@dataclass
class Usage:
    """The calls of one page."""

    clock: Callable[[], float]
    limits: Limits = field(default_factory=Limits)
    people: Callable[[], int] = lambda: 1
    _calls: deque[float] = field(default_factory=deque)
    _media: deque[float] = field(default_factory=deque)
    _profile: deque[float] = field(default_factory=deque)

    def count(self, media: bool = False) -> None:
        """Counts a call to the Send API.

        Raises:
            GraphError: if it is one too many.
        """
        now = self.clock()
        _forget(self._calls, now - DAY)
        _forget(self._media, now - 1)
        if len(self._calls) >= self.limits.per_person_a_day * max(1, self.people()):
            raise PLANNED[80006]
        last_second = sum(1 for at in reversed(self._calls) if at > now - 1)
        if last_second >= self.limits.per_second or (media and len(self._media) >= self.limits.media_per_second):
            raise PLANNED[613]
        self._calls.append(now)
        if media:
            self._media.append(now)

    def count_profile(self) -> None:
        """Counts a call to the Messenger Profile API.

        Raises:
            GraphError: if it is one too many.
        """
        now = self.clock()
        _forget(self._profile, now - 600)
        if len(self._profile) >= self.limits.profile_calls:
            raise GraphError(613, "(#613) Calls to this api have exceeded the rate limit.", 2534040)
        self._profile.append(now)

    def headers(self, page: str) -> dict[str, str]:
        """Returns the headers of an answer."""
        allowed = self.limits.per_person_a_day * max(1, self.people())
        percent = self.limits.shown_percent
        percent = min(100.0, 100 * len(self._calls) / allowed) if percent is None else percent
        counted = {"call_count": int(percent), "total_time": int(percent / 2), "total_cputime": int(percent / 2)}
        case = counted | {"type": "messenger", "estimated_time_to_regain_access": self.limits.regain_minutes}
        return {"X-App-Usage": json.dumps(counted), "X-Business-Use-Case-Usage": json.dumps({page: [case]})}


def _forget(calls: deque[float], before: float) -> None:
    while calls and calls[0] <= before:
        calls.popleft()
