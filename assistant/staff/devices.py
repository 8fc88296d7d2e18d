"""Browsers in which somebody went the whole way: strangers' failures do not count against them."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
#: Days after which a browser that is not used is a stranger's again.
DAYS = 90
PAST = f"DELETE FROM staff_devices WHERE seen_at < now() - interval '{DAYS} days'"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def known(connection: Connection, token: str, name: str) -> bytes | None:
    """Returns the hash of a browser's cookie if `name` signed in with it before."""
    row = connection.execute(
        "SELECT hash FROM staff_devices WHERE hash = %s AND name = %s AND seen_at > now() - make_interval(days => %s)",
        (_hash(token), name, DAYS),
    ).fetchone()
    return bytes(row[0]) if row else None


def remember(connection: Connection, token: str, name: str) -> str:
    """Keeps that `name` signed in here; returns the browser's cookie, a new one where the old is none of ours."""
    ours = connection.execute("SELECT 1 FROM staff_devices WHERE hash = %s", (_hash(token),)).fetchone()
    token = token if ours else secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO staff_devices (hash, name) VALUES (%s, %s) ON CONFLICT (hash, name) DO UPDATE SET seen_at = now()",
        (_hash(token), name),
    )
    return token


def forget(connection: Connection, name: str) -> None:
    """Makes all browsers of a person strangers again."""
    connection.execute("DELETE FROM staff_devices WHERE name = %s", (name,))
