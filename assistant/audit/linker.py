"""Ties the trail's entries moment by moment, on a connection of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import psycopg

from assistant.audit.chain import ChainBroken, Head, link

logger = logging.getLogger(__name__)
#: The head is written to the log this often, so that it is noted outside of the database.
NOTED_EVERY = 600.0


class Linker:
    """Keeps one connection; any number may run, on any number of nodes: a row lock lets one at a time through."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._connection: psycopg.Connection[Any] | None = None
        self._all = True  # the first time below the watermark, too
        self._noted = ""
        self._noted_at = -NOTED_EVERY

    def link(self) -> Head | None:
        """Ties what has committed; returns the head, or None where the chain is broken: then it only says so.

        Raises:
            psycopg.Error: if the database is away; the next time connects again.
        """
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.autocommit = True
        try:
            head = link(self._connection, everything=self._all)
        except ChainBroken as error:
            logger.error("the audit trail is not tied on: %s; run `assistant audit verify`", error)
            return None
        except psycopg.Error:
            self._connection.close()
            raise
        self._all = False
        self._note(head)
        return head

    def _note(self, head: Head) -> None:
        if str(head) != self._noted and self._clock() - self._noted_at >= NOTED_EVERY:
            self._noted, self._noted_at = str(head), self._clock()
            logger.info("audit head %s", head)

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
