"""How the desk works beside its hours, as staff set it in the console: who is offered whom, what is said, tags.

Each change is a row, the newest is in force everywhere at once; who changed what is its history (as of rules.py).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]
Assignment = Literal["off", "round_robin", "least_busy", "topic"]
ASSIGNMENTS: tuple[Assignment, ...] = get_args(Assignment)
#: What the assistant says around the desk, and can be said otherwise: the responses of domain.yml.
SENTENCES = ("utter_desk_came", "utter_desk_left", "utter_desk_away", "utter_desk_nobody", "utter_desk_closed")
LONGEST_UNDO = 10
LONGEST_TAG, MOST_TAGS = 30, 30
LONGEST_SENTENCE = 600


@dataclass(frozen=True)
class Ways:
    """What can be set.

    assignment: who waits is offered to nobody, in turn, to whom the fewest are with, or by the topic they came with.
    most: nobody is offered to an agent who has that many.
    topics: for "topic", the topics (faq/…) of each agent.
    undo: seconds in which an agent may take back what was sent; 0: none.
    tags: what conversations can be marked with.
    said: sentences by response and language, where they are not the file's.
    """

    assignment: Assignment = "off"
    most: int = 4
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    undo: int = 5
    tags: tuple[str, ...] = ()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Returns what the database keeps."""
        return {
            "assignment": self.assignment, "most": self.most, "undo": self.undo, "tags": list(self.tags),
            "topics": {agent: list(topics) for agent, topics in self.topics.items()},
            "said": {name: dict(by) for name, by in self.said.items()},
        }  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One change: number, when, whose, and what came of it."""

    id: int
    at: datetime.datetime
    shown: str
    ways: Ways


def _of_json(kept: Mapping[str, Any]) -> Ways:
    return Ways(
        kept["assignment"], kept["most"], {agent: tuple(topics) for agent, topics in kept["topics"].items()},
        kept["undo"], tuple(kept["tags"]), kept["said"],
    )  # fmt: skip


def current(connection: Connection, undo: int = Ways.undo) -> Ways:
    """Returns what is in force; `undo` holds where nobody has set anything."""
    row = connection.execute("SELECT ways FROM desk_ways ORDER BY id DESC LIMIT 1").fetchone()
    return _of_json(row[0]) if row else Ways(undo=undo)


def save(connection: Connection, ways: Ways, who: str) -> None:
    """Puts ways into force."""
    connection.execute("INSERT INTO desk_ways (changed_by, ways) VALUES (%s, %s)", (who, Jsonb(ways.as_json())))


def history(connection: Connection, most: int = 30) -> list[Change]:
    """Returns the changes, newest first."""
    rows = connection.execute(
        "SELECT w.id, w.at, coalesce(f.shown, w.changed_by), w.ways FROM desk_ways w"
        " LEFT JOIN staff f ON f.name = w.changed_by ORDER BY w.id DESC LIMIT %s",
        (most,),
    )
    return [Change(number, at, shown, _of_json(kept)) for number, at, shown, kept in rows]


def sentence(connection: Connection, response: str, language: str) -> str:
    """Returns what staff have the assistant say instead of a response; an empty text: what the file says."""
    if response not in SENTENCES:
        return ""
    return str(current(connection).said.get(response, {}).get(language, ""))
