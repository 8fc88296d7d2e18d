"""The list of our pictures: editors put them into answers, agents send them. Anybody who has the address sees one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from assistant.content.pictures import Picture

Connection = psycopg.Connection[Any]
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Prepared:
    """A picture in the list."""

    name: str
    title: str
    width: int
    height: int


_ADD = """
INSERT INTO pictures AS p (name, title, width, height, content, added_by) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET title = excluded.title, retired_at = NULL
"""
_LIST = "SELECT name, title, width, height FROM pictures WHERE retired_at IS NULL ORDER BY lower(title), name"


def add(connection: Connection, picture: Picture, title: str, who: str) -> None:
    """Puts a picture into the list, under a title that says what is to be seen; the same one again is renamed."""
    connection.execute(_ADD, (picture.name, title, picture.width, picture.height, picture.content, who))


def prepared(connection: Connection) -> list[Prepared]:
    """Returns the list, by title."""
    return [Prepared(*row) for row in connection.execute(_LIST)]


def find(connection: Connection, name: str) -> Prepared | None:
    """Returns a picture of the list; None if it is not in it (any more)."""
    return next((each for each in prepared(connection) if each.name == name), None)


def retire(connection: Connection, name: str) -> bool:
    """Takes a picture out of the list; what was said with it goes on showing it. False if it was not in it."""
    done = connection.execute("UPDATE pictures SET retired_at = now() WHERE name = %s AND retired_at IS NULL", (name,))
    return done.rowcount == 1


#: The content of a picture by its name, in the list or not.
CONTENT = "SELECT content FROM pictures WHERE name = %s"
