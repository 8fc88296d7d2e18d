"""Shows a person that we read and write: mark_seen and typing_on before an answer.

Never in the way of the answer: nothing is waited for longer than a moment, no failure counts, and
where the page is busy nothing is shown.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from connectors.messenger import metrics
from connectors.messenger.api import Graph

#: Typing that arrives after the answer would stand there for twenty seconds, so the answer waits for it, this long.
PATIENCE = 0.3
_AGAIN = 10.0  # the second message of one answer is not announced again
_OFF = 60.0  # after a failure
_MOST_AT_ONCE = 16
_BUSY_PERCENT = 50.0
_REMEMBERED = 5000


class Presence:
    """Marks of one app's pages."""

    def __init__(self, graph: Graph, clock: Callable[[], float] = time.monotonic) -> None:
        self._graph = graph
        self._clock = clock
        self._shown: OrderedDict[str, float] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._off_until = 0.0

    async def show(self, page: str, token: str, recipient: dict[str, str]) -> None:
        """Shows both marks; returns when the typing is on its way, or soon."""
        who = recipient.get("id", "")
        if not who or not self._wanted(page, who):
            return
        self._start("mark_seen", page, token, recipient)
        typing = self._start("typing_on", page, token, recipient)
        await asyncio.wait({typing}, timeout=PATIENCE)

    def _wanted(self, page: str, who: str) -> bool:
        now = self._clock()
        recent = now - self._shown.get(who, -_AGAIN) < _AGAIN
        busy = len(self._running) >= _MOST_AT_ONCE or self._graph.pace.percent(page) >= _BUSY_PERCENT
        if recent or busy or now < self._off_until:
            metrics.shown.labels("recent" if recent else "skipped").inc()
            return False
        self._shown[who] = now
        self._shown.move_to_end(who)
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)
        return True

    def _start(self, action: str, page: str, token: str, recipient: dict[str, str]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._mark(action, page, token, {"recipient": recipient, "sender_action": action}))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _mark(self, action: str, page: str, token: str, body: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(5):
                good = (await self._graph.call("POST", "me/messages", token, body, page=page)).good
        except (TimeoutError, RuntimeError):  # RuntimeError: the node stops, its client is closed
            good = False
        metrics.shown.labels(action if good else "failed").inc()
        if not good:
            self._off_until = self._clock() + _OFF
