"""Whether a message could be stored and answered now: the statements that do it, with nothing of them kept.

A server may take connections and answer questions, and still store nothing: its standby is frozen, its disk full, its
schema half migrated, the role without its rights. Only who writes finds that out.
"""

from __future__ import annotations

import secrets
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from assistant.messages import inbox, turns
from assistant.messages.events import Event
from assistant.messages.rate_limits import DoorLimits
from assistant.privacy.vault import Vault


async def run(connection: AsyncConnection[Any], safe: Vault, limits: DoorLimits) -> None:
    """Stores a message and ends a turn, takes both back, and commits; what is committed says nothing of anybody.

    The commit is waited for as a message's is: until the standby has it, where there is a synchronous one.

    Args:
        connection: in autocommit.
        safe: seals what the message would hold.
        limits: how many messages a person may send.

    Raises:
        psycopg.Error: if a message could not be stored, or its turn not be ended.
    """
    name = secrets.token_hex(8)
    async with connection.transaction():
        async with connection.transaction(force_rollback=True):
            await inbox.store(
                connection, [Event("web", f"trial {name}", f"web:trial {name}", "text", "a")], safe, limits
            )
            await connection.execute(turns.CLAIM, (f"web:trial {name}",))
            await connection.execute(turns.FINISH, _NOTHING)
        await connection.execute(inbox.WAIT_FOR_STANDBY)


#: A turn of no event: every table and column that a turn writes is looked up, and no row is touched.
_NOTHING: dict[str, Any] = {
    "conversation": "", "inbox_id": 0, "inbox_ids": [], "whole": Jsonb({}), "intent": None, "confidence": None,
    "ranking": Jsonb(None), "actions": Jsonb(None), "reading": Jsonb(None), "model": None, "milliseconds": None,
    "release": None, "replies": Jsonb([]), "state": "waiting", "tracker": Jsonb([]), "language": None,
    "menu": Jsonb(None), "owner": None, "lease": 0, "sender": "assistant", "event_id": "",
}  # fmt: skip
