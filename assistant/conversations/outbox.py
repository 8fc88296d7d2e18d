"""Sends replies out: in order per conversation, retried, and never lost.

Before a message goes to a platform its row is leased and the attempt is written down. So after a
crash it is known which messages the platform may already have taken; they are sent again and
marked `maybe_twice`, because a lost answer is worse than a doubled one.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from psycopg_pool import AsyncConnectionPool

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
    """

    outcome: Literal["sent", "retry", "uncertain", "closed", "permanent"]
    platform_id: str | None = None
    error: str = ""
    retry_after: float | None = None


class Sender(Protocol):
    """Sends one message on one platform; never raises."""

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends `body` ({"text", "buttons"}) to a platform's user; `by` is "bot" or "agent"."""


@dataclass(frozen=True)
class _Message:
    id: int
    conversation: str
    body: dict[str, Any]
    sender: str
    attempts: int


# The head of each named conversation, unless a living node is sending it or it is not yet due.
# A lease of a node whose connection is gone counts for nothing.
_CLAIM = """
UPDATE outbox SET
    attempts = attempts + 1,
    maybe_twice = maybe_twice OR lease_until IS NOT NULL,
    lease_until = now() + make_interval(secs => %(lease)s),
    lease_owner = %(owner)s
WHERE id IN (
    SELECT o.id FROM outbox o
    WHERE o.id IN (
        SELECT min(id) FROM outbox
        WHERE state = 'waiting' AND conversation = ANY(%(conversations)s) GROUP BY conversation
    )
    AND o.state = 'waiting' AND o.next_try_at <= now()
    AND (o.lease_until IS NULL OR o.lease_until < now()
         OR NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = o.lease_owner))
    FOR UPDATE SKIP LOCKED
)
RETURNING id, conversation, body, sender, attempts
"""
_SENT = """
UPDATE outbox SET state = 'sent', sent_at = now(), lease_until = NULL, lease_owner = NULL,
                  platform_id = r.platform_id, error = NULL
FROM unnest(%s::bigint[], %s::text[]) AS r (id, platform_id) WHERE outbox.id = r.id
"""
_FAILED = """
UPDATE outbox SET state = %s, error = %s, next_try_at = now() + make_interval(secs => %s),
                  lease_until = NULL, lease_owner = NULL, maybe_twice = maybe_twice OR %s
WHERE id = %s
"""
_GIVEN_BACK = """
UPDATE outbox SET lease_until = NULL, lease_owner = NULL, attempts = attempts - 1 WHERE id = ANY(%s)
"""
_DUE = """
SELECT DISTINCT conversation FROM outbox
WHERE state = 'waiting' AND next_try_at <= now()
  AND (lease_until IS NULL OR lease_until < now()
       OR NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = lease_owner))
LIMIT 500
"""


class Deliverer:
    """Delivers the outbox of all channels that are pushed; runs in the event loop."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], senders: Mapping[str, Sender], owner: str, at_once: int = 32
    ) -> None:
        self._pool = pool
        self._senders = senders
        self._owner = owner
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()
        self._at_once = at_once
        self._free = asyncio.Semaphore(at_once)
        self._running: asyncio.Task[Any] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = False

    def want(self, conversation: str) -> None:
        """Says that a conversation may have something to send."""
        if conversation.partition(":")[0] in self._senders:
            self._wanted.add(conversation)
            self._wake.set()

    async def run(self) -> None:
        """Delivers until `stop`; a database that is away is tried again."""
        self._running = asyncio.current_task()
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
                task = asyncio.create_task(self._deliver(message))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

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

    async def _claim(self, conversations: Iterable[str]) -> list[_Message]:
        values = {"lease": LEASE_SECONDS, "owner": self._owner, "conversations": list(conversations)}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_CLAIM, values)
            return [_Message(*row) for row in await cursor.fetchall()]

    async def _give_back(self, messages: list[_Message]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(_GIVEN_BACK, ([message.id for message in messages],))

    async def _deliver(self, message: _Message) -> None:
        try:
            channel, _, user = message.conversation.partition(":")
            result = await self._senders[channel].send(user, message.body, message.sender)
            await self._note(message, result)
        except Exception as error:  # noqa: BLE001 - the lease runs out and the message is tried again
            logger.warning("outbox %s: not noted (%s)", message.id, type(error).__name__)
        finally:
            self._free.release()
        self.want(message.conversation)

    async def _note(self, message: _Message, result: Sent) -> None:
        async with self._pool.connection() as connection:
            if result.outcome == "sent":
                await connection.execute(_SENT, ([message.id], [result.platform_id]))
                return
            dead = result.outcome in ("permanent", "closed") or message.attempts >= MOST_ATTEMPTS
            wait = result.retry_after or BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
            wait *= random.uniform(0.8, 1.2)  # noqa: S311 - jitter
            await connection.execute(
                _FAILED,
                ("dead" if dead else "waiting", result.error, wait, result.outcome == "uncertain", message.id),
            )
            logger.warning("outbox %s: %s (%s)", message.id, "dead" if dead else result.outcome, result.error)
