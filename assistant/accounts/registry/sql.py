"""The embedded member register: tables of its own, reached through SQLAlchemy.

It stands where BHXH's register stands, with its own connections and transactions, never in a
turn's transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any

import argon2
import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import SQLAlchemyError

from assistant.accounts.model import Member, RegistryUnavailable
from assistant.accounts.registry.guarded import SECONDS
from assistant.runtime import socket_deadline

_metadata = sa.MetaData(schema="register")
_members = sa.Table(
    "members",
    _metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("cccd", sa.Text, unique=True),
    sa.Column("phones", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("email", sa.Text),
    sa.Column("password_hash", sa.Text),
)
_changes = sa.Table(
    "password_changes",
    _metadata,
    sa.Column("idempotency_key", sa.Text, primary_key=True),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
)
_hasher = argon2.PasswordHasher()


class _PatientOnlyToADate(psycopg.Connection[Any]):
    """Waits for the server no longer than the deadline; the server's own timeout needs a server that runs."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            left = socket_deadline.left()
        except socket_deadline.Expired as error:
            raise psycopg.OperationalError("no time left") from error
        try:
            return super().wait(gen, interval, timeout if left is None else left)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # the answer may still come: nobody else may read it as theirs
            raise


def _connect(dialect: Any, record: Any, args: Any, values: Any) -> psycopg.Connection[Any]:
    try:
        socket_deadline.left()
    except socket_deadline.Expired as error:
        raise psycopg.OperationalError("no time left") from error
    return _PatientOnlyToADate.connect(*args, **values)


class SqlRegistry:
    """Implements `ports.Registry`. No call takes much longer than `seconds`, whatever the server does."""

    def __init__(self, url: str, pool_size: int = 5, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._engine = sa.create_engine(
            url,
            pool_size=pool_size,
            pool_timeout=1,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 2,
                "options": f"-c statement_timeout={int(seconds * 1000)}",
                "prepare_threshold": None,
            },
        )
        sa.event.listen(self._engine, "do_connect", _connect)

    def close(self) -> None:
        """Closes the connections kept open."""
        self._engine.dispose()

    def create(self) -> None:
        """Creates the tables if they are not there."""
        with self._engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(350237)"))
            connection.execute(sa.schema.CreateSchema("register", if_not_exists=True))
            _metadata.create_all(connection)

    def has_others(self, codes: Collection[str]) -> bool:
        """Tells whether there are members with other codes than these."""
        if not sa.inspect(self._engine).has_table(_members.name, schema=_members.schema):
            return False
        others = sa.select(sa.exists().where(_members.c.code.not_in(codes)))
        with self._engine.connect() as connection:
            return bool(connection.execute(others).scalar())

    def add(self, members: Iterable[tuple[str, str | None, tuple[str, ...], str | None]]) -> None:
        """Adds members (code, citizen id, phones, e-mail) that are not there yet."""
        from sqlalchemy.dialects.postgresql import insert

        rows = [
            {
                "ref": str(uuid.uuid5(uuid.NAMESPACE_OID, f"member {code}")),
                "code": code,
                "cccd": cccd,
                "phones": list(phones),
                "email": email,
            }
            for code, cccd, phones, email in members
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(_members).on_conflict_do_nothing(), rows)

    def _select(self, condition: sa.ColumnElement[bool]) -> Member | None:
        columns = (_members.c.ref, _members.c.code, _members.c.cccd, _members.c.phones, _members.c.email)
        try:
            with socket_deadline.within(self._seconds), self._engine.connect() as connection:
                row = connection.execute(sa.select(*columns).where(condition)).first()
        except (SQLAlchemyError, psycopg.Error) as error:
            raise RegistryUnavailable from error
        return Member(row.ref, row.code, tuple(row.phones), row.email, row.cccd) if row else None

    def find(self, code: str) -> Member | None:
        """Returns the member with this BHXH code or citizen id."""
        return self._select((_members.c.code == code) | (_members.c.cccd == code))

    def get(self, ref: str) -> Member | None:
        """Returns the member with this id."""
        return self._select(_members.c.ref == ref)

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        """Sets the password once per key.

        Raises:
            RegistryUnavailable: if the server does not answer in time, or knows no such member (any more).
        """
        from sqlalchemy.dialects.postgresql import insert

        hashed = _hasher.hash(password)
        try:
            with socket_deadline.within(self._seconds), self._engine.begin() as connection:
                # RETURNING, not rowcount: SQLAlchemy leaves that at -1 here.
                new = connection.execute(
                    insert(_changes)
                    .values(idempotency_key=idempotency_key, ref=ref)
                    .on_conflict_do_nothing()
                    .returning(_changes.c.ref)
                ).first()
                if not new:
                    return
                change = _members.update().where(_members.c.ref == ref).values(password_hash=hashed)
                if connection.execute(change.returning(_members.c.ref)).first() is None:
                    raise RegistryUnavailable("no such member")  # and the key is not used up
        except (SQLAlchemyError, psycopg.Error) as error:
            raise RegistryUnavailable from error

    def password_matches(self, code: str, password: str) -> bool:
        """Tells whether a log-in with this password would succeed."""
        with self._engine.connect() as connection:
            hashed = connection.execute(
                sa.select(_members.c.password_hash).where((_members.c.code == code) | (_members.c.cccd == code))
            ).scalar()
        try:
            return hashed is not None and _hasher.verify(hashed, password)
        except argon2.exceptions.VerifyMismatchError:
            return False
