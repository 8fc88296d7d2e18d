"""Connections that are kept: each lent to one at a time, undone and given up where something went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from connectors.base import kept_connections
from connectors.base.kept_connections import KeptConnections


@pytest.fixture
def kept(database_url: str) -> Iterator[KeptConnections]:
    opened = KeptConnections(lambda: psycopg.connect(database_url), 2)
    with opened() as connection:
        connection.execute("CREATE TABLE things (name text)")
    yield opened
    opened.close()


def _pid(kept: KeptConnections) -> int:
    with kept() as connection:
        return connection.info.backend_pid


def test_the_next_gets_what_was_given_back_and_finds_it_committed(kept: KeptConnections) -> None:
    with kept() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
        first = connection.info.backend_pid
    with kept() as connection:
        assert connection.info.backend_pid == first
        assert connection.execute("SELECT name FROM things").fetchall() == [("a",)]


def test_two_at_once_have_two(kept: KeptConnections) -> None:
    with kept() as one, kept() as other:
        assert one.info.backend_pid != other.info.backend_pid


def test_what_raises_is_undone_and_the_next_begins_anew(kept: KeptConnections) -> None:
    before = _pid(kept)
    with pytest.raises(ZeroDivisionError), kept() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
        raise ZeroDivisionError
    assert _pid(kept) != before
    with kept() as connection:
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (0,)


def test_a_server_that_went_away_while_it_rested_is_noticed(
    kept: KeptConnections, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _pid(kept)
    with psycopg.connect(database_url, autocommit=True) as operator:
        operator.execute("SELECT pg_terminate_backend(%s, 5000)", (before,))
    monkeypatch.setattr(kept_connections, "_RESTED", 0.0)
    assert _pid(kept) != before


def test_when_it_is_closed_nothing_rests(kept: KeptConnections) -> None:
    with kept() as connection:
        kept.close()
    assert connection.closed
