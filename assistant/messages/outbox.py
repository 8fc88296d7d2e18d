"""Sends replies out: in order per conversation, retried, and never lost.

Before a message goes to a platform its row is leased and the attempt is written down. So after a
crash it is known which messages the platform may already have taken; they are sent again and
marked `maybe_twice`, because a lost answer is worse than a doubled one. A result that cannot be
noted, because the database is away, is kept in memory until it can.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from psycopg_pool import AsyncConnectionPool

from assistant.messages.leases import LEASE_SECONDS, Leases, Message, Sent
from assistant.runtime import metrics, tracing
from assistant.runtime.batches import Batches
from assistant.runtime.conversation import channel_of, split
from assistant.runtime.event_loop import Home

__all__ = ["LEASE_SECONDS", "Deliverer", "Message", "Sender", "Sent"]
logger = logging.getLogger(__name__)

#: Seconds in which noting a result is tried again; then its lease has long run out.
NOTED_WITHIN = 300.0
_NOTE_PAUSES = (0.05, 1.0)  # seconds between two tries: the first, doubled up to the last
_STOP_SECONDS = 10.0


class Sender(Protocol):
    """Sends one message on one platform; never raises."""

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends `body` ({"text", "buttons"}) to a platform's user; `by` is "bot" or "agent"."""


class Deliverer:
    """Delivers the outbox of all channels that are pushed; runs in the event loop."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], senders: Mapping[str, Sender], owner: str, at_once: int = 32
    ) -> None:
        self._leases = Leases(pool, owner)
        self._senders = senders
        self.owner = owner
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._at_once = at_once
        self._free = asyncio.Semaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once)
        self._noting = Batches(self._leases.note_sent)
        self._home: Home | None = None
        self._running: asyncio.Task[Any] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._in_hand: Counter[str] = Counter()
        self._wanted_later: set[str] = set()
        self._stopping = False

    def want(self, conversation: str) -> None:
        """Says that a conversation may have something to send."""
        if channel_of(conversation) in self._senders:
            self._wanted.add(conversation)
            self._wake.set()

    def reserve(self, conversation: str) -> bool:
        """Keeps a place for a reply that a turn will lease to this node; callable from any thread."""
        pushed = channel_of(conversation) in self._senders
        return pushed and self._home is not None and not self._stopping and self._places.acquire(blocking=False)

    def release(self) -> None:
        """Gives such a place back; callable from any thread."""
        self._places.release()

    def send(self, message: Message) -> None:
        """Sends what a turn leased, in the place that was kept; callable from any thread."""
        assert self._home is not None
        self._home.soon(self._start, message, self._places)

    async def run(self) -> None:
        """Delivers until `stop`; a database that is away is tried again."""
        self._running = asyncio.current_task()
        self._home = Home()
        while not self._stopping:
            await self._wake.wait()
            # No more than can soon be sent: a lease must not run out while its message stands in line.
            wanted = [self._wanted.pop() for _ in range(min(self._at_once, len(self._wanted)))]
            if not wanted:
                self._wake.clear()
                continue
            # What is in hand here goes on by itself; its lease may be worth nothing meanwhile.
            self._wanted_later.update(one for one in wanted if one in self._in_hand)
            try:
                messages = await self._leases.claim([one for one in wanted if one not in self._in_hand])
            except Exception as error:  # noqa: BLE001 - the sweep brings the conversations back
                logger.warning("outbox: cannot claim (%s)", type(error).__name__)
                continue
            for position, message in enumerate(messages):
                await self._free.acquire()
                if self._stopping:
                    await self._give_back(messages[position:])
                    break
                self._start(message, self._free)

    async def stop(self) -> None:
        """Lets messages that are on their way arrive, then ends."""
        self._stopping = True
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                if self._running:
                    await asyncio.wait({self._running})
                while self._sending:
                    await asyncio.wait(self._sending)
        for task in self._sending:  # what they sent and could not note goes out again, marked
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def sweep(self) -> None:
        """Finds messages that are due again or whose node died."""
        for conversation in await self._leases.due():
            self.want(conversation)

    async def _give_back(self, messages: list[Message]) -> None:
        try:
            await self._leases.give_back(messages)
        except Exception as error:  # noqa: BLE001 - then the end of this node ends its leases
            logger.warning("outbox: not given back (%s)", type(error).__name__)

    def _start(self, message: Message, place: asyncio.Semaphore | threading.BoundedSemaphore) -> None:
        self._in_hand[message.conversation] += 1
        task = asyncio.create_task(self._deliver(message, place))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, first: Message, place: asyncio.Semaphore | threading.BoundedSemaphore) -> None:
        """Sends a message and whatever waits behind it in its conversation."""
        channel, user = split(first.conversation)
        message: Message | None = first
        try:
            while message:
                result = await self._send(channel, user, message)
                message = await self._noted(message, result)
                if message and self._stopping:
                    await self._give_back([message])
                    message = None
        except Exception as error:  # noqa: BLE001 - the lease runs out and the message is tried again
            logger.warning("outbox %s: not noted (%s)", message.id if message else "", type(error).__name__)
        finally:
            place.release()
            self._put_down(first.conversation)

    async def _send(self, channel: str, user: str, message: Message) -> Sent:
        event = await self._leases.event_of(message) if tracing.on() else None
        with tracing.delivery(event, channel, message.id, message.attempts) as traced:
            result = await self._senders[channel].send(user, message.body, message.sender)
            traced.set(outcome=result.outcome, error=result.error or None)
        logger.debug(
            "outbox %s of %s: %s, attempt %s", message.id, message.conversation, result.outcome, message.attempts
        )
        metrics.deliveries.labels(channel, "untried" if result.untried else result.outcome).inc()
        return result

    def _put_down(self, conversation: str) -> None:
        self._in_hand[conversation] -= 1
        if not self._in_hand[conversation]:
            del self._in_hand[conversation]
        if conversation in self._wanted_later:
            self._wanted_later.discard(conversation)
            self.want(conversation)

    async def _noted(self, message: Message, result: Sent) -> Message | None:
        """Notes a result, as often as it takes; returns what comes next in the conversation."""
        until, pause = time.monotonic() + NOTED_WITHIN, _NOTE_PAUSES[0]
        while True:
            try:
                return await self._note(message, result)
            except Exception as error:
                if time.monotonic() > until:
                    raise
                logger.warning("outbox %s: noted later (%s)", message.id, type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _NOTE_PAUSES[1])

    async def _note(self, message: Message, result: Sent) -> Message | None:
        if result.outcome == "sent":
            return await self._noting.do((message, result.platform_id))
        dead = await self._leases.note_failed(message, result)
        if dead:
            metrics.deliveries.labels(channel_of(message.conversation), "dead").inc()
        if not result.untried:
            logger.warning("outbox %s: %s (%s)", message.id, "dead" if dead else result.outcome, result.error)
        self.want(message.conversation)
        return None
