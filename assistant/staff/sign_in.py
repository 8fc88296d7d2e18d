"""Signing in: password, then code. Every try is counted before it is looked at."""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.privacy.vault import Vault
from assistant.staff import passwords, second_factor
from assistant.staff.model import STAFF_LIMITS, SignInRefused, TooManyTries
from assistant.staff.sessions import Stage

Connection = psycopg.Connection[Any]

_WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."
_WRONG_CODE = "Mã này chưa đúng hoặc đã dùng rồi. Bạn chờ ứng dụng hiện mã mới rồi nhập lại."
_RESTS = "Bạn đã thử nhiều lần. Bạn chờ khoảng 15 phút rồi thử lại."
# Since the last good sign-in of that name; of an address all failures count.
_COUNTS = """
SELECT (SELECT count(*) FROM staff_attempts WHERE name = %(name)s AND NOT good AND at > greatest(now() - %(window)s,
            (SELECT max(at) FROM staff_attempts WHERE name = %(name)s AND good))),
       (SELECT count(*) FROM staff_attempts WHERE address = %(address)s AND NOT good AND at > now() - %(window)s)
"""


def note_try(connection: Connection, name: str, address: str) -> int:
    """Counts a try before it is looked at, and commits that; returns its number.

    Raises:
        TooManyTries: if the name or the address has had its tries; the same for names that nobody has.
    """
    values = {"name": name, "address": address, "window": STAFF_LIMITS.tries_window}
    # One after the other, so that a flood of tries at once is counted too.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('staff sign-in', 0))")
    of_name, of_address = connection.execute(_COUNTS, values).fetchone() or (0, 0)
    if of_name >= STAFF_LIMITS.tries_per_name or of_address >= STAFF_LIMITS.tries_per_address:
        connection.commit()
        raise TooManyTries(_RESTS)
    made = connection.execute(
        "INSERT INTO staff_attempts (name, address) VALUES (%(name)s, %(address)s) RETURNING id", values
    ).fetchone()
    connection.commit()
    assert made is not None
    return int(made[0])


def forgive(connection: Connection, attempt: int, *, signed_in: bool) -> None:
    """Takes a try back that was right; `signed_in` also clears the name's earlier ones."""
    if signed_in:
        connection.execute("UPDATE staff_attempts SET good = true WHERE id = %s", (attempt,))
    else:
        connection.execute("DELETE FROM staff_attempts WHERE id = %s", (attempt,))


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
