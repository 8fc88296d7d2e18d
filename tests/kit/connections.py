"""Connections that stay open while a test looks into a database again and again."""

from __future__ import annotations

import threading
from typing import Any

import psycopg

_kept: dict[tuple[str, int], psycopg.Connection[Any]] = {}


def kept(url: str) -> psycopg.Connection[Any]:
    """Returns this thread's connection, in autocommit; a new one where the last was lost.

    Whoever waits for a row asks thirty times a second: a new connection each time costs more than the node's answer.
    """
    key = (url, threading.get_ident())
    found = _kept.get(key)
    if found is None or not _lives(found):
        found = _kept[key] = psycopg.connect(url, autocommit=True)
    return found


def _lives(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        connection.close()
        return False
    return True


def close_kept() -> None:
    """Closes what was kept."""
    while _kept:
        _kept.popitem()[1].close()
