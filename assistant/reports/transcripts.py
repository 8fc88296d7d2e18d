"""What was said in a conversation, by both sides, with what the assistant understood at each turn."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
AT_ONCE = 60


@dataclass(frozen=True)
class Understood:
    """What the assistant made of a message. `second` is the guess that came after."""

    intent: str | None
    confidence: float | None
    second: str | None
    second_confidence: float | None
    actions: list[str]
    model: str | None
    milliseconds: float | None
    reading: dict[str, Any] = field(default_factory=dict)  # topic, facet, facts, what was open, the rule that chose


@dataclass(frozen=True)
class Line:
    """One thing in a transcript: a message, a note, an event of the system.

    `sender` is person, bot, agent, note or system. Identifiers are tokens in `text`.
    """

    key: str  # unique in the conversation
    sender: str
    at: datetime.datetime
    text: str
    body: dict[str, Any] = field(default_factory=dict)
    shown: str = ""  # the colleague's name
    state: str = ""  # of what was sent: waiting, sent, dead; held: its agent (`error`) may take it back until `sent_at`
    error: str = ""
    attempts: int = 0
    sent_at: datetime.datetime | None = None
    delivered_at: datetime.datetime | None = None
    seen_at: datetime.datetime | None = None
    maybe_twice: bool = False
    pending: bool = False  # nobody answered it yet
    understood: Understood | None = None

    @property
    def number(self) -> int:
        """The message's number in its table."""
        return int(self.key[1:])


# The newest of each table before a time; the lists are merged below. By time and not by number: of two
# transactions at once the later one may have the lower number.
_SAID = """
SELECT 'i' || i.id, CASE WHEN i.kind = 'system' THEN 'system' ELSE 'person' END, i.accepted_at, i.body,
       i.done_at IS NULL AS pending, t.intent, t.confidence, t.ranking, t.actions, t.model, t.milliseconds,
       t.reading
FROM (
    SELECT * FROM inbox
    WHERE conversation = %(conversation)s AND (%(before)s::timestamptz IS NULL OR accepted_at < %(before)s)
    ORDER BY accepted_at DESC, id DESC LIMIT %(most)s
) i LEFT JOIN turns t ON t.inbox_id = i.id
"""
_SENT = """
SELECT 'o' || o.id, o.sender, o.created_at, o.body, coalesce(f.shown, o.agent, ''), o.state, coalesce(o.error, ''),
       o.attempts, o.sent_at, o.delivered_at, o.seen_at, o.maybe_twice
FROM outbox o LEFT JOIN staff f ON f.name = o.agent
WHERE o.conversation = %(conversation)s AND (%(before)s::timestamptz IS NULL OR o.created_at < %(before)s)
ORDER BY o.created_at DESC, o.id DESC LIMIT %(most)s
"""
# What an agent may still take back; it is the newest there is.
_HELD = """
SELECT 'h' || h.id, 'agent', h.at, h.text, coalesce(f.shown, h.agent), h.due_at, h.agent, h.media
FROM desk_held h LEFT JOIN staff f ON f.name = h.agent
WHERE h.conversation = %(conversation)s AND %(before)s::timestamptz IS NULL ORDER BY h.id DESC LIMIT %(most)s
"""
_NOTES = """
SELECT 'n' || n.id, 'note', n.at, n.text, coalesce(f.shown, n.agent)
FROM desk_notes n LEFT JOIN staff f ON f.name = n.agent
WHERE n.conversation = %(conversation)s AND (%(before)s::timestamptz IS NULL OR n.at < %(before)s)
ORDER BY n.at DESC LIMIT %(most)s
"""


def read(
    connection: Connection,
    conversation: str,
    before: datetime.datetime | None = None,
    most: int = AT_ONCE,
    notes: bool = True,
) -> tuple[list[Line], datetime.datetime | None]:
    """Returns the last lines before a time, oldest first, and the time to ask for earlier ones (None: no more)."""
    values = {"conversation": conversation, "before": before, "most": most + 1}
    lines = [_said(row) for row in connection.execute(_SAID, values)]
    lines += [_sent(row) for row in connection.execute(_SENT, values)]
    if notes:
        lines += [
            Line(key, sender, at, text, {"media": media}, shown=shown, state="held", sent_at=due, error=agent)
            for key, sender, at, text, shown, due, agent, media in connection.execute(_HELD, values)
        ]
        lines += [
            Line(key, sender, at, text, shown=shown)
            for key, sender, at, text, shown in connection.execute(_NOTES, values)
        ]
    lines.sort(key=lambda line: (line.at, line.key[0], line.number))
    start = max(0, len(lines) - most)
    # Replies of one turn have one time: a page does not begin in the middle of them.
    while 0 < start < len(lines) - 1 and lines[start].at == lines[start - 1].at:
        start += 1
    return lines[start:], lines[start].at if start else None


def _said(row: tuple[Any, ...]) -> Line:
    key, sender, at, body, pending, intent, confidence, ranking, actions, model, milliseconds, reading = row
    understood = None
    if intent is not None or actions:
        second: dict[str, Any] = next((guess for guess in (ranking or [])[:3] if guess.get("name") != intent), {})
        understood = Understood(
            intent, confidence, second.get("name"), second.get("confidence"), list(actions or []), model, milliseconds,
            reading or {},
        )  # fmt: skip
    return Line(key, sender, at, body.get("text", ""), body, pending=pending, understood=understood)


def _sent(row: tuple[Any, ...]) -> Line:
    key, sender, at, body, shown, state, error, attempts, sent_at, delivered_at, seen_at, twice = row
    return Line(
        key,
        sender,
        at,
        body.get("text", ""),
        body,
        shown,
        state,
        error,
        attempts,
        sent_at,
        delivered_at,
        seen_at,
        twice,
    )
