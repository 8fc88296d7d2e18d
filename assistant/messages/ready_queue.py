"""Which conversations wait for a worker of this process: each at most once, in order of arrival.

A person with a thousand messages stands in the queue once, like everybody else.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable


class Ready:
    """A queue of conversation ids without doubles; one worker at a time has a conversation."""

    def __init__(self) -> None:
        self._queue: deque[str] = deque()
        self._waiting: set[str] = set()
        self._running: set[str] = set()
        self._again: set[str] = set()
        self._later: list[tuple[float, str]] = []
        self._put_off: dict[str, float] = {}  # when each is due; of two times the earlier
        self._condition = threading.Condition()
        self._closed = False
        self._hearer: Callable[[], None] = lambda: None

    def hear(self, hearer: Callable[[], None]) -> None:
        """Calls `hearer` whenever something was put into the line, in the thread that put it."""
        self._hearer = hearer

    def put(self, conversation: str) -> None:
        """Marks a conversation as having something to do."""
        with self._condition:
            self._put(conversation)
        self._hearer()

    def _put(self, conversation: str) -> None:
        if conversation in self._running:
            self._again.add(conversation)
        elif conversation not in self._waiting:
            self._waiting.add(conversation)
            self._queue.append(conversation)
            self._condition.notify()

    def put_later(self, conversation: str, seconds: float) -> None:
        """Puts a conversation after so many seconds: another process has it until then, or it says nothing yet."""
        due = time.monotonic() + seconds
        with self._condition:
            if due < self._put_off.get(conversation, float("inf")):
                self._put_off[conversation] = due
                heapq.heappush(self._later, (due, conversation))
                self._condition.notify()
        self._hearer()

    def seconds_left(self) -> float | None:
        """Returns the seconds until the next conversation that was put off; None if there is none."""
        with self._condition:
            return max(0.0, self._later[0][0] - time.monotonic()) if self._later else None

    def _put_what_is_due(self) -> float | None:
        """Puts what was put off until now; returns the seconds until the next, None if there is none."""
        while self._later and self._later[0][0] <= time.monotonic():
            due, conversation = heapq.heappop(self._later)
            if self._put_off.get(conversation) == due:  # else it was put earlier than this
                del self._put_off[conversation]
                self._put(conversation)
        return self.seconds_left()

    def take(self) -> str | None:
        """Waits for a conversation and returns it; None once closed."""
        with self._condition:
            left = self._put_what_is_due()
            while not self._queue and not self._closed:
                self._condition.wait(left)
                left = self._put_what_is_due()
            return self._next()

    def take_now(self) -> str | None:
        """Returns a conversation, or None if none waits or the line is closed."""
        with self._condition:
            self._put_what_is_due()
            return self._next()

    def _next(self) -> str | None:
        if self._closed or not self._queue:
            return None
        conversation = self._queue.popleft()
        self._waiting.discard(conversation)
        self._running.add(conversation)
        return conversation

    def finished(self, conversation: str, again: bool) -> None:
        """Gives a conversation back; `again` puts it at the end of the queue."""
        with self._condition:
            self._running.discard(conversation)
            if again or conversation in self._again:
                self._again.discard(conversation)
                if conversation not in self._waiting:
                    self._waiting.add(conversation)
                    self._queue.append(conversation)
                    self._condition.notify()

    def close(self) -> None:
        """Lets every `take` return None."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def __len__(self) -> int:
        return len(self._queue) + len(self._running)
