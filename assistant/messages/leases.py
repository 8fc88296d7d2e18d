"""Who sends which message: rows of the outbox are leased to a node, and what became of them is noted.

A lease of a node whose connection is gone counts for nothing, so what a killed node had in hand goes out at once. Only
while the database has just been away is nothing taken from others: after a cut they may be about to note, like us,
what they have sent.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool

LEASE_SECONDS = 30
#: Seconds before the next try; the last one repeats.
BACKOFF = (1, 3, 10, 30, 120, 600)
MOST_ATTEMPTS = 12
#: Seconds after a failure of the database in which nothing is taken over from other nodes.
PATIENCE = 3.0
#: A lease of our own that is so old, and whose message is not in hand, was taken by a claim whose answer was lost.
_LOST_AFTER = 5


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


@dataclass(frozen=True)
class Message:
    """A message that is leased to this node; the attempt is written down already."""

    id: int
    conversation: str
    body: dict[str, Any]
    sender: str
    attempts: int


_FREE = f"""
(lease_until IS NULL
 OR (lease_owner = %(owner)s AND lease_until < now() + make_interval(secs => %(lease)s - {_LOST_AFTER}))
 OR (NOT %(patient)s AND (lease_until < now()
     OR NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = lease_owner))))
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
# What was sent; and whether anything waits behind it. Sent is sent, whoever has the lease by now.
_SENT = """
UPDATE outbox SET state = 'sent', sent_at = now(), lease_until = NULL, lease_owner = NULL,
                  platform_id = r.platform_id, error = NULL
FROM unnest(%(sent)s::bigint[], %(platform_ids)s::text[]) AS r (id, platform_id) WHERE outbox.id = r.id
RETURNING EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = outbox.conversation AND o.state = 'waiting'
                  AND o.id <> ALL(%(sent)s))
"""
# A note that comes late must not bring back what another node has taken over.
_FAILED = """
UPDATE outbox SET state = %s, error = %s, next_try_at = now() + make_interval(secs => %s),
                  lease_until = NULL, lease_owner = NULL, maybe_twice = maybe_twice OR %s
WHERE id = %s AND lease_owner = %s
"""
_UNTRIED = """
UPDATE outbox SET attempts = attempts - 1, error = %s, next_try_at = now() + make_interval(secs => %s),
                  lease_until = NULL, lease_owner = NULL
WHERE id = %s AND lease_owner = %s
"""
_GIVEN_BACK = """
UPDATE outbox SET lease_until = NULL, lease_owner = NULL, attempts = attempts - 1
WHERE id = ANY(%s) AND lease_owner = %s
"""
_EVENT = "SELECT i.channel, i.event_id FROM outbox o JOIN inbox i ON i.id = o.inbox_id WHERE o.id = %s"
_DUE = f"""
SELECT DISTINCT conversation FROM outbox
WHERE state = 'waiting' AND next_try_at <= now()
  AND {_FREE}
LIMIT 500
"""


class Leases:
    """A node's leases in the outbox."""

    def __init__(self, pool: AsyncConnectionPool[Any], owner: str) -> None:
        self._pool = pool
        self.owner = owner
        self._trouble_at = float("-inf")

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Gives a connection, and remembers when the database was away."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except Exception:
            self._trouble_at = time.monotonic()
            raise

    def _values(self, conversations: Iterable[str] = (), sent: Sequence[int] = ()) -> dict[str, Any]:
        return {
            "lease": LEASE_SECONDS, "owner": self.owner, "conversations": list(conversations), "sent": list(sent),
            "patient": time.monotonic() - self._trouble_at < PATIENCE,
        }  # fmt: skip

    async def due(self) -> list[str]:
        """Returns conversations with messages that are due again or whose node died."""
        async with self._store() as connection:
            return [row[0] for row in await (await connection.execute(_DUE, self._values())).fetchall()]

    async def claim(self, conversations: Sequence[str]) -> list[Message]:
        """Leases what is next in some conversations."""
        if not conversations:
            return []
        async with self._store() as connection:
            cursor = await connection.execute(_CLAIM, self._values(conversations))
            return [Message(*row) for row in await cursor.fetchall()]

    async def event_of(self, message: Message) -> tuple[str, str] | None:
        """Returns channel and id of the event that a message answers; None if there is none, or it cannot be asked."""
        with suppress(Error):
            async with self._store() as connection:
                row = await (await connection.execute(_EVENT, (message.id,))).fetchone()
                return (row[0], row[1]) if row else None
        return None

    async def give_back(self, messages: Sequence[Message]) -> None:
        """Ends leases of messages that were not tried."""
        async with self._store() as connection:
            await connection.execute(_GIVEN_BACK, ([message.id for message in messages], self.owner))

    async def note_sent(self, sent: Sequence[tuple[Message, str | None]]) -> list[Message | None]:
        """Notes what was sent; leases and returns for each the message that comes next in its conversation.

        Mostly none does: then there is nothing to look for.
        """
        messages = [message for message, _ in sent]
        ids = [message.id for message in messages]
        async with self._store() as connection:
            noted = {"sent": ids, "platform_ids": [known for _, known in sent]}
            waits = await (await connection.execute(_SENT, noted)).fetchall()
            leased: list[Message] = []
            if (True,) in waits:
                values = self._values((message.conversation for message in messages), ids)
                cursor = await connection.execute(_CLAIM, values)
                leased = [Message(*row) for row in await cursor.fetchall()]
        following = {message.conversation: message for message in leased}
        return [following.get(message.conversation) for message in messages]

    async def note_failed(self, message: Message, result: Sent) -> bool:
        """Notes an attempt that did not succeed; returns whether the message is given up."""
        dead = result.outcome in ("permanent", "closed") or message.attempts >= MOST_ATTEMPTS
        wait = result.retry_after or BACKOFF[min(message.attempts, len(BACKOFF)) - 1]
        wait *= random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        state, twice = "dead" if dead else "waiting", result.outcome == "uncertain"
        async with self._store() as connection:
            if result.untried:
                await connection.execute(_UNTRIED, (result.error, wait, message.id, self.owner))
                return False
            await connection.execute(_FAILED, (state, result.error, wait, twice, message.id, self.owner))
        return dead
