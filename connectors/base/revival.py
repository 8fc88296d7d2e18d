"""Sends what could not be sent while a person's window was closed, once they write again.

Only what still matters to them: answers of people at the desk, in the chat or to a question left there. What
the assistant itself said days ago is not repeated.
"""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.runtime.periodic_jobs import Job

_EVERY = 5.0
# `next_try_at` of a dead message is the time it died, and some seconds.
_REVIVE = """
UPDATE outbox SET state = 'waiting', attempts = 0, next_try_at = now(), error = NULL
WHERE id IN (
    SELECT o.id FROM outbox o LEFT JOIN inbox cause ON cause.id = o.inbox_id
    WHERE o.state = 'dead' AND o.error LIKE 'closed%%' AND starts_with(o.conversation, %s)
      AND o.created_at > now() - make_interval(days => %s)
      AND (o.sender = 'agent' OR cause.body ->> 'payload' = '#question_answered')
      AND EXISTS (
          SELECT 1 FROM inbox i
          WHERE i.conversation = o.conversation AND i.kind <> 'system' AND i.accepted_at > o.next_try_at
      )
    LIMIT 500
)
"""
#: Older answers are of no use any more; people ask again.
DAYS = 14


def job(pool: AsyncConnectionPool[Any], channel: str) -> Job:
    """Returns the work that finds them; the outbox's own sweep sends them.

    A sender names such an error "closed …".
    """

    async def revive() -> None:
        async with pool.connection() as connection:
            await connection.execute(_REVIVE, (f"{channel}:", DAYS))

    return Job(f"{channel} messages of closed windows", _EVERY, revive, alone=True)
