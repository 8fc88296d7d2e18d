"""Which conversations wait for a worker of this process: each at most once, in order of arrival.

A person with a thousand messages stands in the queue once, like everybody else.
"""

from __future__ import annotations

import threading
from collections import deque


class Ready:
    """A queue of conversation ids without doubles; one worker at a time has a conversation."""

    def __init__(self) -> None:
        self._queue: deque[str] = deque()
        self._waiting: set[str] = set()
        self._running: set[str] = set()
        self._again: set[str] = set()
        self._condition = threading.Condition()
        self._closed = False

    def put(self, conversation: str) -> None:
        """Marks a conversation as having something to do."""
        with self._condition:
            if conversation in self._running:
                self._again.add(conversation)
            elif conversation not in self._waiting:
                self._waiting.add(conversation)
                self._queue.append(conversation)
                self._condition.notify()

    def take(self) -> str | None:
        """Waits for a conversation and returns it; None once closed."""
        with self._condition:
            while not self._queue:
                if self._closed:
                    return None
                self._condition.wait()
            if self._closed:
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
