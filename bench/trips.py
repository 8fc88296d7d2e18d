"""Counts the round trips of a turn to PostgreSQL, from libpq's own trace; run in a process of its own."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.app import logging as logs
from bench import content


def _trips(connection: Any, act: Callable[[], object]) -> int:
    """Returns how often the server said "ready for the next query" while `act` ran: once a round trip."""
    with tempfile.TemporaryFile() as trace:
        connection.pgconn.trace(trace.fileno())
        try:
            act()
        finally:
            connection.pgconn.untrace()
        os.lseek(trace.fileno(), 0, os.SEEK_SET)
        return trace.read().count(b"ReadyForQuery")


def main() -> None:
    """Writes the mean number of round trips of a turn as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    logs.configure()

    from assistant.app.node import Node
    from assistant.messages import inbox
    from assistant.messages.events import Event
    from assistant.messages.turns import run_turn
    from assistant.settings import Settings

    node, texts = Node(Settings()), itertools.cycle(content.said())
    trips = []
    with node.connect() as connection:
        connection.autocommit = True
        for number in range(given.turns):
            person = f"zalo:8{number // 10:010d}"
            inbox.accept_within(connection, Event("zalo", uuid.uuid4().hex, person, "text", next(texts)), node.vault)
            trips.append(_trips(connection, lambda: run_turn(connection, person, node.host, frozenset(), "bench")))  # noqa: B023
    for end in node._stops:
        end()
    given.out.write_text(json.dumps({"mean": sum(trips) / len(trips), "most": max(trips)}))


if __name__ == "__main__":
    main()
