"""The role that nodes log in with: `assistant migrate` makes it, as the tables' owner, and sees that it owns nothing.

Nodes know DATABASE_URL alone. Whoever takes one over reads and writes what a node does, and can neither change a table,
nor the audit trail, nor become the owner.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from assistant.database import urls
from assistant.settings import SettingsError

#: What the application acts as (migration 0004): it may not change the audit trail or the schema.
APP_ROLE = "assistant_app"
_MAY_TOO_MUCH = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
    OR EXISTS (SELECT FROM pg_class c, pg_namespace n WHERE n.oid = c.relnamespace AND n.nspname = 'public'
               AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM pg_roles r WHERE rolname = %s
"""
_IS_MEMBER = "SELECT pg_has_role(%s, %s, 'MEMBER')"


def login_of(url: str) -> str:
    """Returns who logs in with a URL."""
    return urls.login(url)[0]


def make_login(owner: psycopg.Connection[Any], url: str) -> str:
    """Makes the login of `url`, a member of the application's role, where it is not there; returns its name.

    Safe to repeat. The password goes to the server as its hash, and so into no log.

    Raises:
        SettingsError: if the login may more than nodes should, or the owner may make no roles.
    """
    name, password = urls.login(url)
    if not name or name == owner.info.user:
        return ""
    try:
        _make(owner, name, password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise SettingsError(_by_hand(name, owner.info.user, error)) from None
    if owner.execute(_MAY_TOO_MUCH, (name,)).fetchone() != (False,):
        raise SettingsError(
            f"{name}, who logs in with DATABASE_URL, may change tables or more: nodes need a role that owns nothing and"
            f" is a member of {APP_ROLE} alone (docs/deploy.md, PostgreSQL's roles)"
        )
    return name


def _make(owner: psycopg.Connection[Any], name: str, password: str) -> None:
    with owner.transaction():
        if not owner.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).rowcount:
            owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
            if password:
                _set_password(owner, name, password)
        if owner.execute(_IS_MEMBER, (name, APP_ROLE)).fetchone() != (True,):
            owner.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP_ROLE), sql.Identifier(name)))
        # Up to PostgreSQL 14 everybody may make tables here; where the owner may not forbid it, this only warns.
        owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def _set_password(owner: psycopg.Connection[Any], name: str, password: str) -> None:
    hashed = owner.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(hashed)))


def _by_hand(name: str, owner: str, error: psycopg.Error) -> str:
    return (
        f"{owner} may not make the role that nodes log in with ({error.diag.message_primary}). As an administrator:"
        f" CREATE ROLE {name} LOGIN PASSWORD '…'; GRANT {APP_ROLE} TO {name}; then again"
    )


def owns_tables(connection: psycopg.Connection[Any]) -> bool:
    """Tells whether whoever logged in could change the tables, whatever role they act as now."""
    row = connection.execute(
        "SELECT pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('public.audit')"
    ).fetchone()
    return bool(row and row[0])
