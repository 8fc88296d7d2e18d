"""A connection whose server process dies at the n-th step: before a statement, before or after the commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

from assistant import database


class Death:
    """Counts steps over all connections of one act and kills the one that takes the n-th; 0 kills none."""

    def __init__(self, url: str, at: int) -> None:
        self.url = url
        self.at = at
        self.steps = 0
        self.came = False

    def connect(self) -> psycopg.Connection[Any]:
        """Opens a connection that takes part."""
        connection = _Dying.connect(database.as_app(self.url))
        connection.death = self
        return connection

    def step(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a step; if it is the last one, the server process is gone when this returns."""
        self.steps += 1
        if self.steps != self.at:
            return
        self.came = True
        pid = connection.info.backend_pid
        with psycopg.connect(self.url, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (pid,))
            while killer.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone():
                time.sleep(0.002)


class _Dying(psycopg.Connection[Any]):
    death: Death | None = None

    def _step(self) -> None:
        if self.death and not self.closed:
            self.death.step(self)

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        self._step()
        return super().execute(*args, **kwargs)

    def commit(self) -> None:
        self._step()
        super().commit()
        if self.death and self.death.steps + 1 == self.death.at:
            # Committed, but the answer never came.
            self.death.steps += 1
            self.death.came = True
            self.close()
            raise psycopg.OperationalError("the answer to COMMIT was lost")
        if self.death:
            self.death.steps += 1


def at_every_step(url: str, act: Callable[[Death], Any], check: Callable[[int, BaseException | None], None]) -> int:
    """Does `act` again and again, dying one step later each time, until it gets through; returns the steps.

    Args:
        url: the database.
        act: takes its connections from the death it is given.
        check: called after each time with the step it died at (0: it got through) and the error.
    """
    for at in range(1, 200):
        death = Death(url, at)
        error: BaseException | None = None
        try:
            act(death)
        except psycopg.OperationalError as died:
            error = died
        assert (error is not None) == death.came, f"step {at}: {error!r}"
        check(at if death.came else 0, error)
        if not death.came:
            return at - 1
    raise AssertionError("it never got through")
