"""Signing in: password, then code. Every try is counted before it is looked at (assistant.staff.tries)."""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.privacy.vault import Vault
from assistant.staff import passwords, second_factor
from assistant.staff.model import SignInRefused
from assistant.staff.sessions import Stage

Connection = psycopg.Connection[Any]

_WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."
_WRONG_TOGETHER = "Tên đăng nhập, mật khẩu hoặc mã chưa đúng. Mã đã nhập thì bạn chờ ứng dụng hiện mã mới."
_WRONG_CODE = "Mã này chưa đúng hoặc đã dùng rồi. Bạn chờ ứng dụng hiện mã mới rồi nhập lại."


def check_password(connection: Connection, name: str, password: str) -> Stage:
    """Checks name and password; returns what comes next.

    Raises:
        SignInRefused: in the same words and the same time, whatever was wrong.
    """
    row = connection.execute(
        "SELECT password, totp IS NOT NULL FROM staff WHERE name = %s AND disabled_at IS NULL", (name,)
    ).fetchone()
    stored, enrolled = row or (None, False)
    if not passwords.matches(stored, password[:200]):
        raise SignInRefused(_WRONG)
    return "code" if enrolled else "enrol"


def check_code(connection: Connection, vault: Vault, name: str, code: str) -> str:
    """Checks a code of the app or a recovery code, and uses it up; returns "totp" or "recovery".

    Raises:
        SignInRefused: if it is wrong or was used.
    """
    if second_factor.code_is_good(connection, vault, name, code):
        return "totp"
    if len("".join(code.split())) > 6 and second_factor.recovery_code_is_good(connection, name, code):
        return "recovery"
    raise SignInRefused(_WRONG_CODE)


def check_together(connection: Connection, vault: Vault, name: str, password: str, code: str) -> str:
    """Checks a code and, only where it is right, the password; returns "totp" or "recovery".

    Whoever tries a name from everywhere learns nothing of its password without the person's phone.

    Raises:
        SignInRefused: in the same words and the same time, whatever was wrong.
    """
    try:
        used = check_code(connection, vault, name, code)
    except SignInRefused:
        used = ""
    stored = connection.execute(
        "SELECT password FROM staff WHERE name = %s AND disabled_at IS NULL", (name,)
    ).fetchone()
    right = passwords.matches(stored[0] if stored and used else None, password[:200])
    if not (used and right):
        raise SignInRefused(_WRONG_TOGETHER)
    return used
