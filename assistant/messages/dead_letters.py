"""Events that cannot be stored because of their own content: proven, then kept aside, sealed, for somebody to look at.

That a statement failed proves nothing: a pooler that mixes up prepared statements, a damaged index or a half-done
migration fail alike for every event. Whoever would acknowledge an event that is not stored shows first that another
one, the same but for its content, can be stored here and now, and this one still cannot.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection, DataError

from assistant.messages.events import Event
from assistant.privacy import erased_events, kept
from assistant.privacy.vault import Vault

#: What may be an event's own fault; any other error is the store's, and passes.
DOUBTFUL = (DataError, psycopg.errors.ProgramLimitExceeded, TypeError)
OPEN = "SELECT count(*) FROM dead_letters WHERE settled_at IS NULL"

# An erasure that is under way is waited for: the statement after this one sees what it noted.
_WAIT = "SELECT 1 FROM conversations WHERE id = %s FOR KEY SHARE"
_KEEP = f"""
WITH event AS MATERIALIZED (
    SELECT *, {erased_events.IS_PAST.format("given")} AS past
    FROM (SELECT %(mark)s AS mark, %(person)s AS person, %(sent_at)s::timestamptz AS sent_at) AS given
), kept AS (
    INSERT INTO dead_letters (mark, channel, conversation, kind, reason, sealed)
    SELECT mark, %(channel)s, %(conversation)s, %(kind)s, %(reason)s, %(sealed)s FROM event WHERE NOT past
    ON CONFLICT (mark) DO NOTHING
)
SELECT past FROM event
"""
_LIST = "SELECT id, channel, kind, reason, at, settled_at FROM dead_letters WHERE %s OR settled_at IS NULL ORDER BY id"
_SETTLE = "UPDATE dead_letters SET settled_at = now() WHERE settled_at IS NULL AND id = ANY (%s) RETURNING id"

Store = Callable[[Event], Awaitable[Any]]


@dataclass(frozen=True)
class Letter:
    """What may be shown of a letter without looking into it."""

    id: int
    channel: str
    kind: str
    reason: str
    at: Any
    settled_at: Any


async def is_its_own_fault(connection: AsyncConnection[Any], event: Event, store: Store) -> bool:
    """Tells whether an event's content is why it cannot be stored; nothing of the trial stays.

    Args:
        connection: in autocommit.
        event: what could not be stored.
        store: stores one event on `connection`.

    Raises:
        psycopg.Error: if another event cannot be stored, either: it is the store's fault.
    """
    async with connection.transaction(force_rollback=True):
        await store(_its_like(event))
        try:
            async with connection.transaction():
                await store(event)
        except DOUBTFUL:
            return True
    return False


def _its_like(event: Event) -> Event:
    """Returns an event of the same kind whose content is known to be good."""
    name = secrets.token_hex(8)
    payload, media = "#a" if event.payload else "", "image" if event.media else ""
    return Event("web", f"trial {name}", f"web:trial {name}", event.kind, "a", payload, media)


async def keep(connection: AsyncConnection[Any], event: Event, safe: Vault, error: Exception) -> bool:
    """Keeps an event aside for good; a repeat of it changes nothing. False if it is of a past that was erased."""
    raw = json.dumps(dataclasses.asdict(event), default=str)  # ASCII: half a character, a NUL, all of it is told
    mark = erased_events.mark_of(event.channel, event.event_id)
    conversation = _plain(event.conversation)
    values = {
        "mark": mark, "person": erased_events.mark_of_person(event.conversation), "sent_at": event.sent_at,
        "channel": _plain(event.channel), "conversation": conversation, "kind": event.kind,
        "reason": getattr(error, "sqlstate", None) or type(error).__name__, "sealed": safe.seal(raw, _bound(mark)),
    }  # fmt: skip
    async with connection.transaction():
        await connection.execute(_WAIT, (conversation,))
        row = await (await connection.execute(_KEEP, values)).fetchone()
    return row is not None and not row[0]


def _plain(name: str) -> str:
    """Returns a name as far as it can be stored and indexed."""
    return name.replace("\0", "").encode("utf-8", "replace").decode()[: kept.LONGEST_NAME]


def _bound(mark: str) -> str:
    return f"dead letter {mark}"


def listed(connection: psycopg.Connection[Any], settled: bool = False) -> list[Letter]:
    """Returns the letters that nobody has looked at, or all."""
    return [Letter(*row) for row in connection.execute(_LIST, (settled,)).fetchall()]


def opened(connection: psycopg.Connection[Any], number: int, safe: Vault) -> tuple[str, dict[str, Any]] | None:
    """Returns whose event a letter is, and the event; None if there is no such letter.

    Raises:
        VaultError: if the key that sealed it is gone.
    """
    row = connection.execute("SELECT conversation, mark, sealed FROM dead_letters WHERE id = %s", (number,)).fetchone()
    if row is None:
        return None
    conversation, mark, sealed = row
    return conversation, json.loads(safe.open(bytes(sealed), _bound(mark)))


def settle(connection: psycopg.Connection[Any], numbers: list[int]) -> list[int]:
    """Notes that letters have been dealt with, which ends their alarm; returns which."""
    return [row[0] for row in connection.execute(_SETTLE, (numbers,)).fetchall()]
