"""Sends replies out: in order per conversation, retried, and never lost.

Before a message goes to a platform its row is leased and the attempt is written down. So after a
crash it is known which messages the platform may already have taken; they are sent again and
marked `maybe_twice`, because a lost answer is worse than a doubled one.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from psycopg_pool import AsyncConnectionPool

from assistant.conversations.batches import Batches
from assistant.conversations.home import Home

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30
#: Seconds before the next try; the last one repeats.
BACKOFF = (1, 3, 10, 30, 120, 600)
MOST_ATTEMPTS = 12


@dataclass(frozen=True)
class Sent:
    """What became of one attempt.

    "uncertain": the platform may have taken it. "closed": the platform's time for answering this
    person has passed; the message waits as a dead letter until they write again or staff decide.
    `untried` goes with "retry": the platform was not asked (its rate is used up, no token is to be
    had), so the attempt does not count.
    """

    outcome: Literal["sent", "retry", "uncertain", "closed", "permanent"]
    platform_id: str | None = None
    error: str = ""
    retry_after: float | None = None
    untried: bool = False


class Sender(Protocol):
    """Sends one message on one platform; never raises."""

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends `body` ({"text", "buttons"}) to a platform's user; `by` is "bot" or "agent"."""


@dataclass(frozen=True)
class Message:
    """A message that is leased to this node; the attempt is written down already."""

    id: int
    conversation: str
    body: dict[str, Any]
    sender: str
    attempts: int


# A lease of a node whose connection is gone counts for nothing.
_FREE = """
(lease_until IS NULL OR lease_until < now()
 OR NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = lease_owner))
"""
# The head of each named conversation, unless a living node is sending it or it is not yet due.
_CLAIM = f"""
UPDATE outbox SET
    attempts = attempts + 1,
    maybe_twice = maybe_twice OR lease_until IS NOT NULL,
    lease_until = now() + make_interval(secs => %(lease)s),
    lease_owner = %(owner)s
WHERE id IN (
    SELECT o.id FROM outbox o
    WHERE o.id IN (
        SELECT min(id) FROM outbox
        WHERE state = 'waiting' AND conversation = ANY(%(conversations)s) AND id <> ALL(%(sent)s)
        GROUP BY conversation
    )
    AND o.state = 'waiting' AND o.next_try_at <= now() AND {_FREE}
    FOR UPDATE SKIP LOCKED
)
RETURNING id, conversation, body, sender, attempts
"""
# What was sent, and the lease of what comes next in the same conversations.
_SENT = f"""
WITH sent AS (
    UPDATE outbox SET state = 'sent', sent_at = now(), lease_until = NULL, lease_owner = NULL,
                      platform_id = r.platform_id, error = NULL
    FROM unnest(%(sent)s::bigint[], %(platform_ids)s::text[]) AS r (id, platform_id) WHERE outbox.id = r.id
), next AS ({_CLAIM})
SELECT * FROM next
"""
_FAILED = """
UPDATE outbox SET state = %s, error = %s, next_try_at = now() + make_interval(secs => %s),
                  lease_until = NULL, lease_owner = NULL, maybe_twice = maybe_twice OR %s
WHERE id = %s
"""
_UNTRIED = """
UPDATE outbox SET attempts = attempts - 1, error = %s, next_try_at = now() + make_interval(secs => %s),
                  lease_until = NULL, lease_owner = NULL
WHERE id = %s
"""
_GIVEN_BACK = """
UPDATE outbox SET lease_until = NULL, lease_owner = NULL, attempts = attempts - 1 WHERE id = ANY(%s)
"""
_DUE = f"""
SELECT DISTINCT conversation FROM outbox
WHERE state = 'waiting' AND next_try_at <= now()
  AND {_FREE}
LIMIT 500
"""


class Deliverer:
    """Delivers the outbox of all channels that are pushed; runs in the event loop."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], senders: Mapping[str, Sender], owner: str, at_once: int = 32
    ) -> None:
        self._pool = pool
        self._senders = senders
        self.owner = owner
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._at_once = at_once
        self._free = asyncio.Semaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once)
        self._noting = Batches(self._note_sent)
        self._home: Home | None = None
        self._running: asyncio.Task[Any] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = False

    def want(self, conversation: str) -> None:
        """Says that a conversation may have something to send."""
        if conversation.partition(":")[0] in self._senders:
            self._wanted.add(conversation)
            self._wake.set()

    def reserve(self, conversation: str) -> bool:
        """Keeps a place for a reply that a turn will lease to this node; callable from any thread."""
        pushed = conversation.partition(":")[0] in self._senders
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
            try:
                messages = await self._claim(wanted)
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
            async with asyncio.timeout(10):
                if self._running:
                    await asyncio.wait({self._running})
                while self._sending:
                    await asyncio.wait(self._sending)

    async def sweep(self) -> None:
        """Finds messages that are due again or whose node died."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_DUE)
            for (conversation,) in await cursor.fetchall():
                self.want(conversation)

    async def _claim(self, conversations: Iterable[str]) -> list[Message]:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_CLAIM, self._lease(conversations))
            return [Message(*row) for row in await cursor.fetchall()]

    def _lease(self, conversations: Iterable[str], sent: Sequence[int] = ()) -> dict[str, Any]:
        return {
            "lease": LEASE_SECONDS, "owner": self.owner, "conversations": list(conversations), "sent": list(sent)
        }  # fmt: skip

    async def _give_back(self, messages: list[Message]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(_GIVEN_BACK, ([message.id for message in messages],))

    def _start(self, message: Message, place: asyncio.Semaphore | threading.BoundedSemaphore) -> None:
        task = asyncio.create_task(self._deliver(message, place))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, first: Message, place: asyncio.Semaphore | threading.BoundedSemaphore) -> None:
        """Sends a message and whatever waits behind it in its conversation."""
        channel, _, user = first.conversation.partition(":")
        message: Message | None = first
        try:
            while message:
                result = await self._senders[channel].send(user, message.body, message.sender)
                if result.outcome == "sent":
                    message = await self._noting.do((message, result.platform_id))
                else:
                    await self._note(message, result)
                    message = None
                    self.want(first.conversation)
                if message and self._stopping:
                    await self._give_back([message])
                    message = None
        except Exception as error:  # noqa: BLE001 - the lease runs out and the message is tried again
            logger.warning("outbox %s: not noted (%s)", message.id if message else "", type(error).__name__)
        finally:
            place.release()

    async def _note_sent(self, sent: Sequence[tuple[Message, str | None]]) -> list[Message | None]:
        """Notes what was sent; returns for each the message that comes next in its conversation."""
        messages = [message for message, _ in sent]
        values = self._lease((message.conversation for message in messages), [message.id for message in messages])
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_SENT, values | {"platform_ids": [known for _, known in sent]})
            leased = [Message(*row) for row in await cursor.fetchall()]
        following = {message.conversation: message for message in leased}
        return [following.get(message.conversation) for message in messages]

    async def _note(self, message: Message, result: Sent) -> None:
        dead = result.outcome in ("permanent", "closed") or message.attempts >= MOST_ATTEMPTS
        wait = result.retry_after or BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
        wait *= random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        async with self._pool.connection() as connection:
            if result.untried:
                await connection.execute(_UNTRIED, (result.error, wait, message.id))
                return
            await connection.execute(
                _FAILED,
                ("dead" if dead else "waiting", result.error, wait, result.outcome == "uncertain", message.id),
            )
            logger.warning("outbox %s: %s (%s)", message.id, "dead" if dead else result.outcome, result.error)
