"""The one store: PostgreSQL, embedded by default, named by DATABASE_URL otherwise."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg_pool import AsyncConnectionPool

from assistant.database import embedded, pooling, roles, urls
from assistant.database.sessions import AsyncSession, Session, patient
from assistant.settings import Settings, SettingsError

logger = logging.getLogger(__name__)
#: Who is gone without a word (a pulled cable, a moved address) is noticed in fifteen seconds.
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3}
_SILENT = 15_000
_NOTICE: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": _SILENT, **_ALIVE}
#: The same from the server's side: what such a machine held (rows in a turn, the lock for renewing a token) is free
#: after as long, not after the system's two hours.
_MISSED = " ".join(
    [*(f"-c tcp_{name}={value}" for name, value in _ALIVE.items()),
     f"-c tcp_user_timeout={_SILENT}", "-c client_connection_check_interval=5000"]
)  # fmt: skip
_MIGRATIONS = Path(__file__).parent / "migrations"
_NOT_THE_OWNER = (
    "the database's schema must be brought up to date by the tables' owner: run `assistant migrate` with"
    " DATABASE_OWNER_URL, beside DATABASE_URL (docs/deploy.md, PostgreSQL's roles)"
)
#: Seconds after which a statement is given up: a turn's, a door's; the console and jobs ask longer questions.
ENGINE_PATIENCE, DOOR_PATIENCE, PATIENCE = 7.0, 6.0, 60.0
#: A change waits so long for a table that somebody uses, lets everybody through who queued behind it, and tries again.
_LOCK_TIMEOUT, _LOCK_TRIES, _LOCK_PAUSE = "2s", 60, 2.0
_MIGRATION_LOCK = 0x55D1D  # nodes that start together migrate once


def embedded_url(folder: Path) -> str:
    """Starts (or joins) the embedded PostgreSQL in `folder` and returns its URL.

    It stops when the last process using it ends.
    """
    return str(embedded.server(folder).get_uri())


def stop_embedded(folder: Path) -> None:
    """Stops the embedded PostgreSQL in `folder` if this process is the last one using it."""
    embedded.server(folder).cleanup()


def url_of(settings: Settings) -> str:
    """Returns the database's URL, starting the embedded server if none is named; that of a pooler is marked."""
    url = urls.of_the_primary(settings.database_url) or embedded_url(settings.var_dir / "postgres")
    return pooling.marked(url) if settings.database_direct_url else url


def direct_url_of(settings: Settings) -> str:
    """Returns the URL for what needs a session of its own: LISTEN, locks that are held, cursors, migrations."""
    return urls.of_the_primary(settings.database_direct_url) or url_of(settings)


def owner_url_of(settings: Settings) -> str:
    """Returns the URL of the tables' owner, for migrations and for what only the owner may remove."""
    return urls.of_the_primary(settings.database_owner_url) or direct_url_of(settings)


def as_app(url: str) -> str:
    """Returns `url` for connections that act as the application's role, whoever logs in, and are missed if lost."""
    if pooling.is_marked(url):
        return url  # a pooler takes no options; who logs in there is the application's role (pooling.refuse_owner)
    query = urls.parameters(url)
    role = f"-c role={roles.APP_ROLE}"
    if role not in query.get("options", ""):
        query["options"] = f"{query.get('options', '')} {role} {_MISSED}".strip()
    return urls.with_parameters(url, query)


def sqlalchemy_url(url: str) -> str:
    """Returns `url` for SQLAlchemy with psycopg 3."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql"):
        return url
    found = urls.hosts(url)
    if len(found) < 2:
        return f"postgresql+psycopg://{rest}"
    # SQLAlchemy knows one host before the slash; behind the question mark libpq reads them all.
    given = urls.parts(url)
    database = quote(given.pop("dbname", ""), safe="")
    return urls.with_parameters(f"postgresql+psycopg:///{database}", given)


def migrate(url: str, revision: str = "head") -> None:
    """Brings the schema to `revision`, forward or back; safe when several nodes start at once.

    A schema that is newer than this version is left as it is, where it says that this version can still work on it.

    Raises:
        SettingsError: if the connection's role may not do it, the schema is too new for this version, or a table is in
            use for longer than anybody should use one.
    """
    present, newest = _revision(url) or "", newest_revision()
    if revision == "head" and present == newest:
        return  # the usual start; Alembic takes a second to import
    if present > newest:
        if revision == "head" and "" < floor(url) <= newest:
            logger.warning("the schema is %s, this version knows it up to %s, and works on it", present, newest)
            return
        raise SettingsError(
            f"the database's schema is {present}, and this version knows it up to {newest} only: start the newer"
            f" version, or take the schema back with it first (assistant migrate --revision {newest})"
        )
    # All of it: while another thread imports Rasa, and so SQLAlchemy, half of it would be there and be asked.
    import sqlalchemy.orm
    from alembic import command
    from alembic.config import Config

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", poolclass=sqlalchemy.NullPool, creator=lambda: psycopg.connect(url)
    )
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        connection.execute(sqlalchemy.text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        down = revision.startswith("-") or revision == "base" or (revision.isdigit() and revision < present)
        if revision.startswith("-"):  # a try that got half of the way must not go as many steps again
            revision = _revision_below(present, int(revision[1:]))
        for _ in range(_LOCK_TRIES):
            try:
                (command.downgrade if down else command.upgrade)(config, revision)
                break
            except sqlalchemy.exc.ProgrammingError as error:
                if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                    raise SettingsError(f"{_NOT_THE_OWNER}: {error.orig.diag.message_primary}") from None
                raise
            except sqlalchemy.exc.OperationalError as error:
                if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                    raise
                connection.rollback()
                logger.warning("a table is in use: the migration tries again")
                time.sleep(_LOCK_PAUSE)
        else:
            raise SettingsError(
                "a table has been in use all the time: see who holds it with SELECT pid, state, query FROM"
                " pg_stat_activity WHERE xact_start < now() - interval '1 minute', and run this again"
            )
        connection.commit()


def floor(url: str) -> str:
    """Returns the oldest version of this software, by its newest revision, that works on the database's schema."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('schema_floor')").fetchone() == (None,):
            return ""
        row = connection.execute("SELECT revision FROM schema_floor").fetchone()
        return row[0] if row else ""


def _revision_below(present: str, steps: int) -> str:
    known = [revision for revision in _revisions() if revision <= present]
    return known[-1 - steps] if steps < len(known) else "base"


def _revisions() -> list[str]:
    return sorted(path.name[:4] for path in _MIGRATIONS.glob("versions/0*.py"))


def newest_revision() -> str:
    """Returns the schema's newest revision."""
    return _revisions()[-1]


def _revision(url: str) -> str | None:
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.InsufficientPrivilege as error:
            raise SettingsError(f"{_NOT_THE_OWNER}: {error.diag.message_primary}") from None
        return row[0] if row else None


def migrate_and_make_login(settings: Settings) -> str:
    """Brings the schema up to date as the tables' owner, and makes who nodes log in as; returns who that is.

    Raises:
        SettingsError: if the owner may not, or if DATABASE_URL's login may more than nodes should.
    """
    migrate(owner_url_of(settings))
    if not settings.database_owner_url:
        return ""
    with psycopg.connect(owner_url_of(settings), autocommit=True) as owner:
        return roles.make_login(owner, settings.database_url)


def prepared(settings: Settings) -> tuple[str, str]:
    """Brings the schema up to date; returns the URL of the application and that of the tables' owner.

    Raises:
        SettingsError: if the ways to the database would not do (pooling), or the schema cannot be brought up to date.
    """
    pooling.refuse_unfit(settings)
    owner_url = owner_url_of(settings)
    migrate(owner_url)
    pooling.refuse_owner(settings)
    return url_of(settings), owner_url


def way(url: str, name: str) -> dict[str, Any]:
    """Returns what psycopg is called with for connections as the application's role, `name` as the server sees them."""
    threshold = None if pooling.is_marked(url) else 2
    return {
        "conninfo": pooling.unmarked(as_app(url)), "application_name": name, "prepare_threshold": threshold, **_NOTICE,
    }  # fmt: skip


def connect(url: str, name: str = "assistant", patience: float = PATIENCE) -> psycopg.Connection[Any]:
    """Opens one connection for a worker, as the application's role; the caller ends transactions itself.

    Args:
        patience: seconds after which a statement is given up, and the connection with it.
    """
    opened: psycopg.Connection[Any] = patient(Session, patience).connect(**way(url, name))
    return opened


def pool(url: str, size: int) -> AsyncConnectionPool[Any]:
    """Returns a closed pool for the doors, as the application's role; open it in the event loop."""
    given, kind = way(url, "assistant-door"), patient(AsyncSession, DOOR_PATIENCE)
    made: AsyncConnectionPool[Any] = AsyncConnectionPool(
        given.pop("conninfo"),
        connection_class=kind,
        min_size=1,
        max_size=size,
        open=False,
        # Between its tries a pool waits longer and longer, and after an outage somebody would wait for that, too. Given
        # up, it begins anew with whoever asks next.
        reconnect_timeout=4,
        timeout=2,  # whoever asks is told within three seconds that nothing can be had
        kwargs={"autocommit": True, **given},
    )
    kind.drain = staticmethod(made.drain)
    return made
