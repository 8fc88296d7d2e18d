"""Who is writing in a conversation that an agent has: shown to the other side for a few seconds."""

from __future__ import annotations

from typing import Any, Literal

import psycopg

Connection = psycopg.Connection[Any]
Side = Literal["person", "agent"]
#: Seconds that a sign is worth; whoever goes on writing gives another before.
SECONDS = 6
#: Notes the sign, where an agent has the conversation and the last sign is not just given.
NOTE = """
INSERT INTO desk_typing AS t (conversation, side)
SELECT conversation, %(side)s FROM handovers WHERE conversation = %(c)s AND state = 'with_person' AND until IS NULL
    AND (%(agent)s::text IS NULL OR agent = %(agent)s)
ON CONFLICT (conversation, side) DO UPDATE SET at = now() WHERE t.at < now() - interval '2 seconds'
RETURNING 1
"""
IS_WRITING = f"""
SELECT EXISTS (SELECT 1 FROM desk_typing WHERE conversation = %(c)s AND side = %(side)s
               AND at > now() - interval '{SECONDS} seconds')
"""
OVER = "DELETE FROM desk_typing WHERE conversation = %s AND side = %s"


def values(conversation: str, side: Side, agent: str | None = None) -> dict[str, Any]:
    """Returns what the statements here are told; `agent` where only one may write."""
    return {"c": conversation, "side": side, "agent": agent}


def note(connection: Connection, conversation: str, agent: str) -> bool:
    """Notes that an agent writes; False if that was just said, or the conversation is somebody else's."""
    return connection.execute(NOTE, values(conversation, "agent", agent)).fetchone() is not None
