"""Takes in what comes to the return path: letters given up, reports counted, forgeries ignored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Literal

import psycopg

from assistant.mail.delivery_reports import NotABounce, read_bounce
from assistant.mail.undelivered import Tell, give_up

logger = logging.getLogger(__name__)
#: A report quotes the letter it is about; what is larger is none.
LARGEST = 1024 * 1024
Outcome = Literal["given_up", "delayed", "known", "unknown_letter", "no_report", "too_large"]

_COUNT = """
INSERT INTO bounces_seen AS b (outcome, number) VALUES (%s, 1)
ON CONFLICT (outcome) DO UPDATE SET number = b.number + 1
"""


class Bounces:
    """Knows what to do with a letter that came back.

    Args:
        connect: opens a connection to the store.
        address: where ours come back (BOUNCE_ADDRESS).
        tell: tells who waits for the letter.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], address: str, tell: Tell | None) -> None:
        self._connect = connect
        self._address = address
        self._tell = tell

    def take(self, raw: bytes, recipient: str = "") -> Outcome:
        """Takes one in and counts it; the same one again changes nothing.

        Raises:
            psycopg.Error: if the store is away; nothing was done, try again.
        """
        with self._connect() as connection:
            outcome = self._outcome(connection, raw, recipient)
            connection.execute(_COUNT, (outcome,))
        logger.info("bounce: %s", outcome)
        return outcome

    def _outcome(self, connection: psycopg.Connection[Any], raw: bytes, recipient: str) -> Outcome:
        if len(raw) > LARGEST:
            return "too_large"
        try:
            bounce = read_bounce(raw, self._address, recipient)
        except NotABounce:
            return "no_report"
        row = connection.execute("SELECT id FROM mail WHERE bounce_token = %s", (bounce.token,)).fetchone()
        if row is None:  # forged, or of a letter that has been cleared away
            return "unknown_letter"
        if not bounce.final:
            return "delayed"
        reason = f"came back {bounce.status}".rstrip()
        return "given_up" if give_up(connection, row[0], reason, self._tell, came_back=True) else "known"
