"""Accounts of staff: invited by a one-time link, changed and disabled by an administrator."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from typing import Any, Protocol

import psycopg

from assistant.accounts.model import Member
from assistant.accounts.passwords import check_password, composed
from assistant.audit import Event, Staff
from assistant.staff import passwords, sessions
from assistant.staff.doer import Doer
from assistant.staff.model import ROLES, STAFF_LIMITS, InvitationInvalid, Role, StaffError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
Connection = psycopg.Connection[Any]


class Act(Protocol):
    """Something an administrator does to one account."""

    def __call__(self, connection: Connection, name: str, /, *, by: Doer) -> None:
        """Does it, or raises StaffError."""


def clean_name(name: str) -> str:
    """Returns a sign-in name as it is stored.

    Raises:
        StaffError: if it is none.
    """
    cleaned = name.strip().lower()
    if not _NAME.fullmatch(cleaned):
        raise StaffError("Tên đăng nhập gồm 2 đến 40 chữ thường không dấu, số, dấu chấm hoặc gạch, ví dụ hoa.nguyen.")
    return cleaned


def clean_roles(roles: Iterable[str]) -> list[Role]:
    """Returns known roles in their order.

    Raises:
        StaffError: if there is none, or one is unknown.
    """
    given = set(roles)
    if not given or given - set(ROLES):
        raise StaffError(f"Vai trò là một hay nhiều trong: {', '.join(ROLES)}.")
    return [role for role in ROLES if role in given]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def invite(connection: Connection, name: str, roles: Iterable[str], *, shown: str = "", by: Doer) -> str:
    """Makes an account (or a new link for one that was never taken up) and returns the link's token.

    Raises:
        StaffError: if the name is taken, or name or roles are wrong.
    """
    name, wanted = clean_name(name), clean_roles(roles)
    done = connection.execute(
        "INSERT INTO staff (name, shown, roles) VALUES (%s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET roles = excluded.roles, shown = excluded.shown"
        " WHERE staff.password IS NULL AND staff.openid IS NULL AND staff.disabled_at IS NULL",
        (name, shown.strip()[:80] or name, wanted),
    )
    if done.rowcount != 1:
        raise StaffError(f"Tên đăng nhập {name} đã có người dùng.")
    by.record(connection, Event.STAFF_INVITED, Staff(name), roles=",".join(wanted))
    return _new_link(connection, name)


def _new_link(connection: Connection, name: str) -> str:
    connection.execute("DELETE FROM staff_invitations WHERE name = %s", (name,))
    token = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO staff_invitations (hash, name, expires_at) VALUES (%s, %s, now() + %s)",
        (_hash(token), name, STAFF_LIMITS.invitation_lives),
    )
    return token


def invited(connection: Connection, token: str) -> tuple[str, str]:
    """Returns name and shown name behind a good link; looking uses nothing up.

    Raises:
        InvitationInvalid: if the link is unknown, used or expired.
    """
    row = connection.execute(
        "SELECT f.name, f.shown FROM staff_invitations i JOIN staff f USING (name)"
        " WHERE i.hash = %s AND i.used_at IS NULL AND i.expires_at > now() AND f.disabled_at IS NULL FOR UPDATE OF i",
        (_hash(token),),
    ).fetchone()
    if row is None:
        raise InvitationInvalid("Liên kết này đã dùng rồi hoặc đã hết hạn.")
    return row[0], row[1]


def accept(connection: Connection, token: str, shown: str, password: str, common: frozenset[str], *, by: Doer) -> str:
    """Takes up an invitation: sets name and password, ends the link; returns the sign-in name.

    Raises:
        InvitationInvalid: if the link is unknown, used or expired.
        WeakPassword: if the password is refused; the link stays good.
    """
    name, before = invited(connection, token)
    check_strength(name, password, common)
    connection.execute(
        "UPDATE staff SET shown = %s, password = %s WHERE name = %s",
        (shown.strip()[:80] or before, passwords.hash_of(password), name),
    )
    connection.execute("UPDATE staff_invitations SET used_at = now() WHERE hash = %s", (_hash(token),))
    sessions.end_all(connection, name)
    by.record(connection, Event.STAFF_JOINED, Staff(name))
    return name


def check_strength(name: str, password: str, common: frozenset[str]) -> None:
    """Checks a password by the rules that hold for citizens, too.

    Raises:
        assistant.accounts.model.WeakPassword: with the reason.
    """
    check_password(composed(password), Member(ref=name, code="", phones=(), email=f"{name}@"), common)


def _change(connection: Connection, query: str, values: tuple[Any, ...], name: str) -> None:
    if connection.execute(query, values).rowcount != 1:
        raise StaffError(f"Không có tài khoản {name}.")


def _keep_an_admin(connection: Connection) -> None:
    row = connection.execute(
        "SELECT count(*) FROM staff WHERE 'admin' = ANY(roles) AND disabled_at IS NULL"
        " AND (password IS NOT NULL OR openid IS NOT NULL)"
    ).fetchone()
    if row is not None and row[0] == 0:
        raise StaffError("Phải còn ít nhất một quản trị viên dùng được tài khoản.")


def change_roles(connection: Connection, name: str, roles: Iterable[str], *, by: Doer) -> list[Role]:
    """Gives a person other roles; whoever it is signs in anew.

    Raises:
        StaffError: if there is no such account, no such role, or nobody would be administrator any more.
    """
    wanted = clean_roles(roles)
    connection.execute("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE")
    _change(connection, "UPDATE staff SET roles = %s WHERE name = %s", (wanted, name), name)
    _keep_an_admin(connection)
    if by.actor != Staff(name):
        sessions.end_all(connection, name)
    by.record(connection, Event.STAFF_ROLES_CHANGED, Staff(name), roles=",".join(wanted))
    return wanted


def disable(connection: Connection, name: str, *, by: Doer) -> None:
    """Closes an account and ends its sessions.

    Raises:
        StaffError: if there is no such account, or nobody would be administrator any more.
    """
    connection.execute("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE")
    _change(connection, "UPDATE staff SET disabled_at = now() WHERE name = %s", (name,), name)
    _keep_an_admin(connection)
    sessions.end_all(connection, name)
    connection.execute("DELETE FROM staff_invitations WHERE name = %s", (name,))
    by.record(connection, Event.STAFF_DISABLED, Staff(name))


def enable(connection: Connection, name: str, *, by: Doer) -> None:
    """Opens a closed account again.

    Raises:
        StaffError: if there is no such account.
    """
    _change(connection, "UPDATE staff SET disabled_at = NULL WHERE name = %s", (name,), name)
    by.record(connection, Event.STAFF_ENABLED, Staff(name))


def reset_second_factor(connection: Connection, name: str, *, by: Doer) -> None:
    """Lets a person who lost their phone enrol a new one at the next sign-in.

    Raises:
        StaffError: if there is no such account.
    """
    _change(connection, "UPDATE staff SET totp = NULL WHERE name = %s", (name,), name)
    connection.execute("DELETE FROM staff_recovery_codes WHERE name = %s", (name,))
    sessions.end_all(connection, name)
    by.record(connection, Event.STAFF_SECOND_FACTOR_RESET, Staff(name))


def reset_password(connection: Connection, name: str, *, by: Doer) -> str:
    """Takes a forgotten password away and returns the token of a link to set a new one.

    Raises:
        StaffError: if there is no such account, or it is disabled.
    """
    query = "UPDATE staff SET password = NULL WHERE name = %s AND disabled_at IS NULL"
    _change(connection, query, (name,), name)
    sessions.end_all(connection, name)
    by.record(connection, Event.STAFF_PASSWORD_RESET, Staff(name))
    return _new_link(connection, name)
