"""What staff mark a conversation with, from the list that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from assistant.desk import ways
from assistant.desk.handover import HandoverError
from assistant.messages import wakeups

Connection = psycopg.Connection[Any]


def of(connection: Connection, conversation: str) -> list[str]:
    """Returns the tags of a conversation."""
    rows = connection.execute("SELECT tag FROM conversation_tags WHERE conversation = %s ORDER BY tag", (conversation,))
    return [tag for (tag,) in rows]


def put(connection: Connection, conversation: str, wanted: Sequence[str], agent: str) -> None:
    """Gives a conversation these tags and no others; one that is no longer in the list may stay.

    Raises:
        HandoverError: if one is not in the list, or there is no such conversation.
    """
    before = of(connection, conversation)
    if set(wanted) - set(before) - set(ways.current(connection).tags):
        raise HandoverError("Nhãn này không còn trong danh sách. Bạn tải lại trang để xem nhãn đang dùng.")
    connection.execute(
        "DELETE FROM conversation_tags WHERE conversation = %s AND tag <> ALL (%s)", (conversation, list(wanted))
    )
    connection.execute(
        "INSERT INTO conversation_tags (conversation, tag, tagged_by) SELECT id, unnest(%s::text[]), %s"
        " FROM conversations WHERE id = %s ON CONFLICT DO NOTHING",
        (list(wanted), agent, conversation),
    )
    wakeups.tell(connection, conversation)


def used(connection: Connection) -> list[str]:
    """Returns the tags that can be set, and those that conversations have."""
    rows = connection.execute(
        "WITH RECURSIVE each (tag) AS ((SELECT tag FROM conversation_tags ORDER BY tag LIMIT 1) UNION ALL"
        " SELECT (SELECT t.tag FROM conversation_tags t WHERE t.tag > each.tag ORDER BY t.tag LIMIT 1) FROM each"
        " WHERE each.tag IS NOT NULL) SELECT tag FROM each WHERE tag IS NOT NULL"
    )
    return sorted({tag for (tag,) in rows} | set(ways.current(connection).tags))
