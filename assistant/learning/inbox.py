"""The learning inbox as pages read it: groups of texts, the people behind them, the conversation around one."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.learning.samples import searched_again

Connection = psycopg.Connection[Any]
PAGE = 12
#: Texts of one group that a page shows; the others come up once these are decided on.
TEXTS = 12

_GROUPS = """
SELECT g.number, max(g.people), max(g.messages), max(g.last_at), count(*) FROM learning_groups g
WHERE NOT EXISTS (SELECT 1 FROM learning_decisions d WHERE d.key = g.key)
  AND EXISTS (SELECT 1 FROM learning_messages m WHERE m.key = g.key AND (%(reason)s = '' OR m.reason = %(reason)s))
GROUP BY g.number ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
"""
ORDERS = {
    "people": "max(g.people) DESC, max(g.last_at) DESC, g.number",
    "new": "max(g.last_at) DESC, g.number",
}
_TEXTS = """
SELECT number, key, text, intent, turn_id, conversation, times, last_at, reasons FROM (
    SELECT g.number, g.key, n.text, n.intent, n.turn_id, n.conversation, c.times, c.last_at, c.reasons,
           row_number() OVER (PARTITION BY g.number ORDER BY c.times DESC, c.last_at DESC) AS place
    FROM learning_groups g
    JOIN LATERAL (
        SELECT text, intent, turn_id, conversation FROM learning_messages WHERE key = g.key ORDER BY at DESC LIMIT 1
    ) n ON true
    JOIN LATERAL (
        SELECT count(*) AS times, max(at) AS last_at, array_agg(DISTINCT reason) AS reasons
        FROM learning_messages WHERE key = g.key
    ) c ON true
    WHERE g.number = ANY(%s) AND NOT EXISTS (SELECT 1 FROM learning_decisions d WHERE d.key = g.key)
) AS ranked WHERE place <= %s ORDER BY number, place
"""


@dataclass(frozen=True)
class Text:
    """One distinct text, as it was last written; `turn` leads to the conversation."""

    key: bytes
    text: str
    intent: str | None
    turn: int
    conversation: str
    times: int
    last_at: datetime.datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Texts that ask alike."""

    number: int
    people: int
    messages: int
    last_at: datetime.datetime
    count: int
    texts: tuple[Text, ...]


def groups(connection: Connection, reason: str = "", order: str = "people", page: int = 0) -> tuple[list[Group], bool]:
    """Returns the groups of a page, and whether there are more."""
    query = _GROUPS.format(order=ORDERS.get(order, ORDERS["people"]))
    rows = connection.execute(query, {"reason": reason, "limit": PAGE + 1, "offset": page * PAGE}).fetchall()
    shown = rows[:PAGE]
    texts = _texts(connection, [row[0] for row in shown])
    found = [
        Group(number, people, messages, last_at, count, tuple(texts.get(number, ())))
        for number, people, messages, last_at, count in shown
    ]
    return [group for group in found if group.texts], len(rows) > PAGE


def group(connection: Connection, number: int) -> list[Text]:
    """Returns the texts of one group."""
    return _texts(connection, [number]).get(number, [])


def _texts(connection: Connection, numbers: list[int]) -> dict[int, list[Text]]:
    found: dict[int, list[Text]] = {}
    for number, key, text, intent, turn, whose, times, last_at, reasons in connection.execute(_TEXTS, (numbers, TEXTS)):
        shown = Text(bytes(key), searched_again(text), intent, turn, whose, times, last_at, tuple(reasons))
        found.setdefault(number, []).append(shown)
    return found


def waiting(connection: Connection) -> int:
    """Counts the open texts, for the navigation."""
    row = connection.execute(
        "SELECT count(*) FROM learning_groups g"
        " WHERE NOT EXISTS (SELECT 1 FROM learning_decisions d WHERE d.key = g.key)"
    ).fetchone()
    return int(row[0]) if row else 0


# ---- the conversation around a turn


@dataclass(frozen=True)
class Exchange:
    """What a person did in one turn, what was understood, and what came back; identifiers are tokens."""

    turn: int
    at: datetime.datetime
    kind: str
    body: dict[str, Any]
    intent: str | None
    confidence: float | None
    actions: tuple[str, ...]
    replies: tuple[dict[str, Any], ...]


_AROUND = """
SELECT t.id, t.at, i.kind, i.body, t.intent, t.confidence, coalesce(t.actions, '[]'),
       coalesce((SELECT jsonb_agg(o.body ORDER BY o.id) FROM outbox o
                 WHERE o.conversation = t.conversation AND o.inbox_id = i.id AND o.sender = 'bot'), '[]')
FROM turns t JOIN inbox i ON i.id = t.inbox_id
WHERE t.conversation = %(conversation)s AND t.id BETWEEN %(first)s AND %(last)s ORDER BY t.id
"""
_SESSION = datetime.timedelta(minutes=60)


def around(connection: Connection, turn: int, before: int = 30, after: int = 6) -> tuple[str, list[Exchange]] | None:
    """Returns a turn's conversation and the exchanges around it, or None if the turn is gone.

    Only the sitting that the turn belongs to: silence of an hour ends it, as it ends the assistant's memory.
    """
    row = connection.execute("SELECT conversation FROM turns WHERE id = %s", (turn,)).fetchone()
    if row is None:
        return None
    edges = connection.execute(
        "SELECT (SELECT min(id) FROM (SELECT id FROM turns WHERE conversation = %(c)s AND id <= %(t)s"
        " ORDER BY id DESC LIMIT %(before)s) AS earlier),"
        " (SELECT max(id) FROM (SELECT id FROM turns WHERE conversation = %(c)s AND id >= %(t)s"
        " ORDER BY id LIMIT %(after)s) AS later)",
        {"c": row[0], "t": turn, "before": before, "after": after},
    ).fetchone()
    assert edges is not None
    values = {"conversation": row[0], "first": edges[0], "last": edges[1]}
    found = [
        Exchange(id_, at, kind, body, intent, confidence, tuple(actions), tuple(replies))
        for id_, at, kind, body, intent, confidence, actions, replies in connection.execute(_AROUND, values)
    ]
    return str(row[0]), _sitting(found, turn)


def _sitting(found: list[Exchange], turn: int) -> list[Exchange]:
    start, end = 0, len(found)
    for place in range(1, len(found)):
        if found[place].at - found[place - 1].at > _SESSION:
            if found[place].turn <= turn:
                start = place
            else:
                end = min(end, place)
    return found[start:end]
