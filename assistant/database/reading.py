"""Questions that a standby may answer: what staff look up, a moment old; where it cannot, the primary does.

A standby may be away, too far behind, or end a question because its row was removed on the primary meanwhile. Whoever
asks must not notice any of that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from assistant import database
from assistant.database import urls
from assistant.database.sessions import Session, patient

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
_MOST_BEHIND = 30
_PATIENCE = 8.0
#: Seconds for which a standby that failed is left alone.
_REST = 15.0
# One that has replayed all it was sent is up to date, however long nothing happened.
_BEHIND = """
SELECT NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
    OR now() - pg_last_xact_replay_timestamp() < make_interval(secs => %s)
"""


class Readings:
    """Answers from a standby, if there is one."""

    def __init__(self, url: str) -> None:
        """`url` is the standby's; empty: the primary answers everything."""
        self._pool: ConnectionPool[psycopg.Connection[Any]] | None = None
        self._rests_until = 0.0
        if url:
            given = database.way(urls.of_a_standby(url), "assistant-read") | {"connect_timeout": 3}
            self._pool = ConnectionPool(
                given.pop("conninfo"), connection_class=patient(Session, _PATIENCE), min_size=0, max_size=4, open=False,
                timeout=3, reconnect_timeout=3, max_idle=60, kwargs=given,
            )  # fmt: skip

    def start(self) -> None:
        """Opens what it holds."""
        if self._pool:
            self._pool.open()

    def stop(self) -> None:
        """Closes it."""
        if self._pool:
            self._pool.close()

    def ask(self, primary: psycopg.Connection[Any], work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """Returns what `work` finds, on the standby if that can say it, on `primary` otherwise."""
        if self._pool is None or time.monotonic() < self._rests_until:
            return work(primary)
        try:
            with self._pool.connection() as standby:
                if standby.execute(_BEHIND, (_MOST_BEHIND,)).fetchone() == (True,):
                    return work(standby)
                logger.warning("the standby is more than %d s behind: the primary answers", _MOST_BEHIND)
        except (psycopg.OperationalError, PoolTimeout) as error:
            logger.warning("the standby does not answer (%s): the primary does", type(error).__name__)
        self._rests_until = time.monotonic() + _REST
        return work(primary)
