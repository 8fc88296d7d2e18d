"""Rasa's SQL tracker store on the SQLAlchemy that is here: other projects name it in their endpoints.yml."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from rasa.core.tracker_store import SQLTrackerStore


def _url(
    dialect: str = "sqlite",
    host: str | None = None,
    port: int | None = None,
    db: str = "rasa.db",
    username: str | None = None,
    password: str | None = None,
    login_db: str | None = None,
    query: dict[str, Any] | None = None,
) -> Any:
    """Replaces `SQLTrackerStore.get_db_url`, which makes a URL in a way that SQLAlchemy 2 no longer takes."""
    if host and "://" in host:
        return host
    given = sqlalchemy.make_url(f"scheme://{host}") if host else None
    return sqlalchemy.URL.create(
        dialect,
        username,
        password,
        given.host if given else None,
        (given.port if given else None) or port,
        login_db or db,
        query or {},
    )


def install() -> None:
    """Puts the replacement in place."""
    SQLTrackerStore.get_db_url = staticmethod(_url)
