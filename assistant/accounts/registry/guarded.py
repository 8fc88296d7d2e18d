"""A registry that always answers in time: a deadline for every call and a circuit breaker.

The libraries for breakers that fit threads were looked at: pybreaker holds its lock while it calls, so one
slow answer makes everybody wait; circuitbreaker lets everybody through at once when it tries again.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from assistant.accounts.model import Member, RegistryUnavailable
from assistant.accounts.ports import Registry
from assistant.accounts.registry.answers import Nonsense
from assistant.runtime import socket_deadline

#: What people are promised (three seconds) less what a loaded node needs for the rest of the answer.
SECONDS = 1.8
#: For reading after a call has failed, until one works again. Whoever is next in line has waited for that failure.
DOUBTFUL_SECONDS = 0.25
_THREADS = 16
T = TypeVar("T")


class Breaker:
    """Opens after `most` failures in a row; after `rest` seconds one call tries whether it works again.

    Calls under way for longer than `slow` seconds count as failures until they end: where all that run hang,
    whoever comes next does not have to find out for himself.
    """

    def __init__(
        self, most: int = 3, rest: float = 5.0, slow: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._rest = rest
        self._slow = slow
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._under_way: list[float] = []
        self._closed_until = 0.0

    @property
    def open(self) -> bool:
        """Whether calls are refused."""
        return self._failed >= self._most

    @property
    def doubtful(self) -> bool:
        """Whether the last call failed, but not yet so many that calls are refused."""
        return 0 < self._failed < self._most

    def begin(self) -> float | None:
        """Lets a call begin and returns when it did; None if it may not."""
        with self._lock:
            now = self._clock()
            if self.open and now < self._closed_until:
                return None
            hanging = sum(began < now - self._slow for began in self._under_way)
            if not self.open and self._failed + hanging >= self._most:
                return None
            if self.open:  # one goes ahead, the others wait for what it finds
                self._closed_until = now + self._rest
            self._under_way.append(now)
            return now

    def end(self, began: float, good: bool) -> None:
        """Notes how a call ended."""
        with self._lock:
            self._under_way.remove(began)
            self._failed = 0 if good else self._failed + 1
            if self.open:
                self._closed_until = self._clock() + self._rest


class GuardedRegistry:
    """Implements `ports.Registry` around another one.

    Args:
        registry: the real one; it ends its own waits when `socket_deadline.left` says so.
        seconds: what a call may take, name resolution and waiting for a connection included.
        breaker: shared by all callers of this process.
        observe: told "answered", "nonsense", "unavailable" or "refused" (by the breaker) after each call.
    """

    def __init__(
        self,
        registry: Registry,
        seconds: float = SECONDS,
        breaker: Breaker | None = None,
        observe: Callable[[str], None] = lambda outcome: None,
    ) -> None:
        self._registry = registry
        self._seconds = seconds
        self._breaker = breaker or Breaker()
        self._observe = observe
        # A thread of its own for each call: some waits (name resolution) heed no deadline.
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry")

    @property
    def open(self) -> bool:
        """Whether the breaker refuses calls."""
        return self._breaker.open

    def find(self, code: str) -> Member | None:
        """Returns the member with this BHXH code or citizen id."""
        return self._ask(self._registry.find, code, seconds=self._patience)

    def get(self, ref: str) -> Member | None:
        """Returns the member with this id."""
        return self._ask(self._registry.get, ref, seconds=self._patience)

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        """Sets the password once per key."""
        self._ask(self._registry.set_password, ref, password, idempotency_key, seconds=self._seconds)

    def close(self) -> None:
        """Takes no more calls; those under way end by their deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def _patience(self) -> float:
        return min(self._seconds, DOUBTFUL_SECONDS) if self._breaker.doubtful else self._seconds

    def _ask(self, call: Callable[..., T], *args: Any, seconds: float) -> T:
        began = self._breaker.begin()
        if began is None:
            self._observe("refused")
            raise RegistryUnavailable("resting after failures")
        outcome = "answered"
        try:
            return self._in_time(seconds, call, *args)
        except RegistryUnavailable as error:
            outcome = "nonsense" if isinstance(error, Nonsense) else "unavailable"
            raise
        finally:
            self._breaker.end(began, good=outcome != "unavailable")
            self._observe(outcome)

    def _in_time(self, seconds: float, call: Callable[..., T], *args: Any) -> T:
        with socket_deadline.within(seconds):
            try:
                future = self._pool.submit(contextvars.copy_context().run, call, *args)
            except RuntimeError as error:
                raise RegistryUnavailable("closed") from error
            try:
                return future.result(socket_deadline.left())
            except TimeoutError as error:  # the deadline's, whoever noticed it first
                future.cancel()
                raise RegistryUnavailable("no answer in time") from error
