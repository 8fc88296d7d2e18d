"""Lets many threads of several processes act on one database at the same instant."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

import tests.conftest  # noqa: F401 - opens the audit trail in each process
from assistant import database
from assistant.accounts.model import RequestReset
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.registry.sql import SqlRegistry
from assistant.accounts.reset import request_reset
from assistant.settings.limits import Limits
from tests.kit.talk import KEY
from tests.kit.waiting import PATIENCE

_GATE = 424_242
PROCESSES, THREADS = 2, 25


@dataclass(frozen=True)
class Attempt:
    """One person's request, made when the gate opens."""

    person: str
    code: str
    contact: str
    address: str = ""


def _try(url: str, registry: SqlRegistry, attempt: Attempt, event: str, limits: Limits) -> str:
    with database.connect(url) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(%s)", (_GATE,))
        connection.commit()
        command = RequestReset(attempt.person, event, attempt.code, attempt.contact, attempt.address)
        outcome = request_reset(command, PostgresResetStore(connection), registry, KEY, limits)
        time.sleep(0.002)  # as in a turn, more happens before the commit
    return type(outcome).__name__


def _share(url: str, attempts: list[Attempt], first: int, limits: Limits) -> list[str]:
    """Runs in a process of its own."""
    registry = SqlRegistry(database.sqlalchemy_url(url), seconds=30)
    try:
        with ThreadPoolExecutor(len(attempts)) as threads:
            numbered = [(f"e{first + n}", attempt) for n, attempt in enumerate(attempts)]
            return list(threads.map(lambda each: _try(url, registry, each[1], each[0], limits), numbered))
    finally:
        registry.close()


def _waiting_at_the_gate(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM pg_locks WHERE objid = %s AND NOT granted", (_GATE,)).fetchone()
    return int(row[0]) if row else 0


Race = Callable[[str, list[Attempt], Limits], list[str]]


@contextmanager
def processes() -> Iterator[Race]:
    """Gives a function that makes all attempts at once, spread over processes that stay for the next race."""
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:

        def race(url: str, attempts: list[Attempt], limits: Limits) -> list[str]:
            with psycopg.connect(url, autocommit=True) as gate:
                gate.execute("SELECT pg_advisory_lock(%s)", (_GATE,))
                size = -(-len(attempts) // PROCESSES)
                shares = [attempts[at : at + size] for at in range(0, len(attempts), size)]
                running = [pool.submit(_share, url, share, n * size, limits) for n, share in enumerate(shares)]
                until = time.monotonic() + PATIENCE
                while _waiting_at_the_gate(gate) < len(attempts) and time.monotonic() < until:
                    time.sleep(0.05)
                gate.execute("SELECT pg_advisory_unlock(%s)", (_GATE,))
                return [outcome for each in running for outcome in each.result(timeout=120)]

        yield race
