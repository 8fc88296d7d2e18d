"""When a browser's secret is changed: after the person was told what is kept of them, and at a reset.

The conversation stays. The old cookie works until the new one comes back once, since an answer can get lost on its
way to a phone; from then on it shows nothing and writes nothing.
"""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from connectors.web.session import Session

# Whether the cookie is the present one, or the one before it and the present one was never seen.
_GOOD = """
SELECT coalesce((SELECT number = %(n)s OR (number - 1 = %(n)s AND NOT seen) FROM web_sessions
                 WHERE conversation = %(c)s), %(n)s = 0)
"""
_SEEN = "UPDATE web_sessions SET seen = true WHERE conversation = %(c)s AND number = %(n)s AND NOT seen"
_DUE = """
WITH since AS (
    SELECT coalesce((SELECT made_at FROM web_sessions WHERE conversation = %(c)s), '-infinity') AS made_at
)
SELECT EXISTS (SELECT 1 FROM consents, since WHERE conversation = %(c)s AND told_at > made_at)
    OR EXISTS (SELECT 1 FROM resets, since WHERE person = %(c)s AND greatest(started_at, used_at) > made_at)
    OR EXISTS (SELECT 1 FROM web_sessions WHERE conversation = %(c)s AND number > %(n)s)  -- the new one got lost
"""
# A repeat with the cookie before gets the number that is waiting to be seen.
_NEXT = """
INSERT INTO web_sessions AS s (conversation, number) VALUES (%(c)s, 1)
ON CONFLICT (conversation) DO UPDATE
SET number = CASE WHEN s.number = %(n)s THEN s.number + 1 ELSE s.number END, made_at = now(),
    seen = s.seen AND s.number <> %(n)s
RETURNING number
"""


def _values(session: Session) -> dict[str, Any]:
    return {"c": session.conversation, "n": session.number}


async def is_good(connection: AsyncConnection[Any], session: Session) -> bool:
    """Tells whether a session is the present one of its conversation; the one before it then ends."""
    async with connection.pipeline():
        await connection.execute(_SEEN, _values(session))
        found = await connection.execute(_GOOD, _values(session))
    row = await found.fetchone()
    return bool(row and row[0])


async def renewed(connection: AsyncConnection[Any], session: Session) -> Session | None:
    """Returns the session that takes the place of this one; None if there is no reason for another."""
    row = await (await connection.execute(_DUE, _values(session))).fetchone()
    if not (row and row[0]):
        return None
    next_row = await (await connection.execute(_NEXT, _values(session))).fetchone()
    assert next_row is not None
    return Session(session.secret, int(next_row[0]))
