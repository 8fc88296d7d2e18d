"""Poolers (PgBouncer, transaction mode): what is marked as going through one has no session, and a start checks it.

Between two transactions the server's connection changes under such a client. Nothing may lean on it: no prepared
statements, no `SET`, no lock of a session, no LISTEN. What needs a session goes by DATABASE_DIRECT_URL.
"""

from __future__ import annotations

import secrets
from typing import Any

import psycopg

from assistant.database import urls
from assistant.settings import Settings, SettingsError

_HEARD_SECONDS = 3.0
_PAGE = "see docs/deploy.md, PgBouncer"
_SET_DIRECT = (
    "DATABASE_URL leads through a connection pooler (PgBouncer). Set DATABASE_DIRECT_URL, too, to PostgreSQL itself:"
    f" nodes listen, hold locks and migrate there; {_PAGE}"
)
_OWNS = (
    "DATABASE_URL leads through a pooler, where the application cannot put on the role assistant_app, and its login"
    f" may change the audit trail: log in as a member of assistant_app that owns nothing; {_PAGE}"
)


def marked(url: str) -> str:
    """Returns `url` with the mark of a pooler."""
    return urls.with_parameters(url, urls.parameters(url) | dict([urls.MARK]))


def is_marked(url: str) -> bool:
    """Tells whether `url` leads through a pooler."""
    return urls.MARK in urls.parameters(url).items()


def unmarked(url: str) -> str:
    """Returns `url` as libpq reads it."""
    if not is_marked(url):
        return url
    given = urls.parameters(url)
    del given[urls.MARK[0]]
    return urls.with_parameters(url, given)


def refuse_unfit(settings: Settings) -> None:
    """Ends a start whose ways to the database would not do.

    Raises:
        SettingsError: naming the setting that must change.
    """
    if not settings.database_url:
        if settings.database_direct_url:
            raise SettingsError("DATABASE_DIRECT_URL is set, but DATABASE_URL is not")
        return
    direct = settings.database_direct_url
    if not direct and _is_pooled(settings.database_url):
        raise SettingsError(_SET_DIRECT)
    for name, url in (("DATABASE_DIRECT_URL", direct), ("DATABASE_OWNER_URL", settings.database_owner_url)):
        if url and _is_pooled(url):
            raise SettingsError(f"{name} leads through a connection pooler: it must name PostgreSQL itself; {_PAGE}")
    if direct:
        _refuse_strange(unmarked(settings.database_url), direct)


def refuse_owner(settings: Settings) -> None:
    """Ends a start that would act as the tables' owner; the schema must be there.

    Raises:
        SettingsError: if whoever comes through the pooler may change the audit trail.
    """
    if settings.database_url and settings.database_direct_url:
        with _open(unmarked(settings.database_url)) as connection:
            row = connection.execute("SELECT has_table_privilege('audit', 'UPDATE, DELETE, TRUNCATE')").fetchone()
        if row != (False,):
            raise SettingsError(_OWNS)


def _open(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        urls.of_the_primary(url),
        autocommit=True,
        connect_timeout=5,
        application_name="assistant-start",
        prepare_threshold=None,
    )


def _is_pooled(url: str) -> bool:
    """Tells whether somebody answers in PostgreSQL's place: who we were told to talk to is not who does the work."""
    with _open(unmarked(url)) as connection:
        return connection.execute("SELECT pg_backend_pid()").fetchone() != (connection.info.backend_pid,)


def _refuse_strange(pooled: str, direct: str) -> None:
    """Sees that transactions work through the pooler, and that what is said there is heard on the direct way."""
    word = secrets.token_hex(16)
    with _open(direct) as listener:
        listener.execute("LISTEN assistant_start")
        try:
            with _open(pooled) as connection, connection.transaction():
                connection.execute("SELECT pg_notify('assistant_start', %s)", (word,))
        except psycopg.errors.ProtocolViolation as error:
            raise SettingsError(f"the pooler of DATABASE_URL allows no transactions ({error}); {_PAGE}") from error
        if not any(each.payload == word for each in listener.notifies(timeout=_HEARD_SECONDS, stop_after=100)):
            raise SettingsError(f"DATABASE_URL and DATABASE_DIRECT_URL lead to different databases; {_PAGE}")
