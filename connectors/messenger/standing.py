"""What is known of each page while it runs: when it was heard of, what Graph last refused.

Kept in memory and written every few seconds, so that all nodes and a later start know it; what a crash
loses is a time or an error of the last seconds.
"""

from __future__ import annotations

import datetime
import logging
from typing import Any

from psycopg_pool import AsyncConnectionPool

from assistant.runtime.periodic_jobs import Job

logger = logging.getLogger(__name__)
_EVERY = 10.0
_WRITE = """
INSERT INTO messenger_pages AS p (page, heard_at, test_at, passive_at, sent_at, error, error_at, alarm)
VALUES (%(page)s, %(heard_at)s, %(test_at)s, %(passive_at)s, %(sent_at)s, %(error)s, %(error_at)s, %(alarm)s)
ON CONFLICT (page) DO UPDATE SET
    heard_at = greatest(p.heard_at, excluded.heard_at),
    test_at = greatest(p.test_at, excluded.test_at),
    passive_at = greatest(p.passive_at, excluded.passive_at),
    sent_at = greatest(p.sent_at, excluded.sent_at),
    error = CASE WHEN %(judged)s THEN excluded.error ELSE p.error END,
    error_at = CASE WHEN %(judged)s THEN excluded.error_at ELSE p.error_at END,
    alarm = CASE WHEN %(judged)s THEN excluded.alarm ELSE p.alarm END
"""
_TIMES = ("heard_at", "test_at", "passive_at", "sent_at")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Standing:
    """The standing of an app's pages."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._noted: dict[str, dict[str, Any]] = {}
        self._alarms: dict[str, str] = {}

    def job(self) -> Job:
        """Returns the work that writes it down."""
        return Job("messenger standing", _EVERY, self.write)

    def heard(self, page: str) -> None:
        """Notes a signed webhook."""
        self._note(page)["heard_at"] = _now()

    def tested(self, page: str) -> None:
        """Notes that somebody pressed "Test" in the app's dashboard."""
        self._note(page)["test_at"] = _now()

    def passed_by(self, page: str) -> None:
        """Notes a person's message that another app is to answer."""
        self._note(page)["passive_at"] = _now()

    def worked(self, page: str) -> None:
        """Notes that a message went."""
        self._note(page).update(sent_at=_now(), error=None, error_at=None, alarm=None)
        self._alarms.pop(page, None)

    def failed(self, page: str, error: str, alarm: str) -> None:
        """Notes a call that failed; an alarm is logged once."""
        if alarm and self._alarms.get(page) != alarm:
            logger.error("messenger page %s (%s): %s", page or "?", error, alarm)
            self._alarms[page] = alarm
        # A failure of one message says nothing about what is wrong with the page.
        self._note(page).update(error=error, error_at=_now(), alarm=self._alarms.get(page))

    def _note(self, page: str) -> dict[str, Any]:
        return self._noted.setdefault(page, {})

    async def write(self) -> None:
        """Writes what was noted."""
        noted, self._noted = self._noted, {}
        try:
            async with self._pool.connection() as connection:
                for page, values in noted.items():
                    row = dict.fromkeys((*_TIMES, "error", "error_at", "alarm")) | values
                    await connection.execute(_WRITE, row | {"page": page, "judged": "error" in values})
        except Exception:
            self._noted = {page: noted.get(page, {}) | self._noted.get(page, {}) for page in noted | self._noted}
            raise
