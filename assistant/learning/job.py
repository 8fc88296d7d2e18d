"""Keeps the learning inbox up to date in the background: takes in new turns, puts texts into groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psycopg

from assistant.learning import backlog
from assistant.learning.clusters import groups_apart

#: How often turns are taken in, and how often at most the groups are made anew (a second or two of a processor).
EVERY, REGROUP_EVERY = 20.0, 60.0


class LearningJob:
    """The periodic work of the learning inbox; one node does it at a time (`Job(alone=True)`)."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._state: tuple[Any, ...] = ()
        self._grouped_at = -REGROUP_EVERY

    async def run(self) -> None:
        """Does one round in a thread of its own."""
        await asyncio.to_thread(self.work)

    def work(self) -> None:
        """Does one round."""
        with self._connect() as connection:
            connection.autocommit = True
            if backlog.key_old(connection):
                self._state = ()  # the groups are of the old ones
            backlog.collect(connection)
            state = backlog.state(connection)
            if state != self._state and time.monotonic() - self._grouped_at >= REGROUP_EVERY:
                backlog.regroup(connection, groups_apart)
                self._state, self._grouped_at = state, time.monotonic()
