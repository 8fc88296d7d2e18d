"""Who is at the terminal's desk: signed in with password and code, as at the console; the session lies in a file."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import psycopg
import typer

from assistant import audit
from assistant.audit import Event
from assistant.cli import account
from assistant.privacy.vault import Vault
from assistant.settings import Settings
from assistant.staff import sessions, sign_in, tries
from assistant.staff.doer import NOBODY, Doer
from assistant.staff.model import Role, SignInRefused, Staff, StaffError

Connection = psycopg.Connection[Any]
_PLACE = "terminal"
_NOT_IN = "Bạn đăng nhập trước: assistant desk sign-in TÊN (phiên hết hạn sau 30 phút không dùng)."
_NOT_YOURS = "Tài khoản này không có vai trò làm được việc này ({roles})."
AT_THE_DESK: frozenset[Role] = frozenset({"agent"})
#: Who may read a person's words at the terminal.
READERS: frozenset[Role] = frozenset({"agent", "auditor", "admin"})


def asked(words: str) -> str:
    """Returns what somebody types unseen, or the next line where a script gives it."""
    if sys.stdin.isatty():
        return str(typer.prompt(words, hide_input=True))
    return sys.stdin.readline().strip()


def begin(connection: Connection, vault: Vault, settings: Settings, name: str, password: str, code: str) -> None:
    """Checks password and code together and keeps the session.

    Raises:
        StaffError: if they are wrong, were tried too often, or the account may not do this.
    """
    name = name.strip().lower()[:60]
    key = tries.key_of(vault.token_key)
    noted = tries.note(connection, tries.Caller(tries.hash_of(key, name), _PLACE, None, "password"))
    known = connection.execute("SELECT 1 FROM staff WHERE name = %s", (name,)).fetchone()
    doer = Doer(audit.Staff(name) if known else NOBODY, "command:desk sign-in")
    try:
        used = sign_in.check_together(connection, vault, name, password, code)
    except SignInRefused:
        doer.record(connection, Event.STAFF_SIGN_IN_REFUSED, step="password")
        connection.commit()
        raise
    tries.forgive(connection, noted.number, signed_in=True)
    token = sessions.start(connection, name, "full", _PLACE, f"assistant desk, {account.name()}")
    try:
        _found(connection, token, READERS)
    except StaffError:
        sessions.end(connection, sessions.hash_of(token))
        doer.record(connection, Event.STAFF_SIGN_IN_REFUSED, step="role")
        connection.commit()  # the code is used, and the trail says who came
        raise
    doer.record(connection, Event.STAFF_SIGNED_IN, by=used)
    connection.commit()
    _keep(_file(settings), token)


def who(connection: Connection, settings: Settings, roles: frozenset[Role] = AT_THE_DESK) -> Staff:
    """Returns who is signed in at this terminal.

    Raises:
        StaffError: if nobody is, or somebody with none of the roles.
    """
    try:
        token = _file(settings).read_text(encoding="ascii").strip()
    except OSError:
        raise StaffError(_NOT_IN) from None
    return _found(connection, token, roles)


def end(connection: Connection, settings: Settings) -> None:
    """Ends the session of this terminal."""
    with contextlib.suppress(OSError):
        file = _file(settings)
        token = file.read_text(encoding="ascii").strip()
        if found := sessions.find(connection, token):
            Doer(audit.Staff(found[1].name), "command:desk sign-out").record(connection, Event.STAFF_SIGNED_OUT)
        sessions.end(connection, sessions.hash_of(token))
        file.unlink()


def _found(connection: Connection, token: str, roles: frozenset[Role]) -> Staff:
    found = sessions.find(connection, token)
    if found is None or found[0].stage != "full":
        raise StaffError(_NOT_IN)
    session, staff = found
    if not roles & staff.roles:
        raise StaffError(_NOT_YOURS.format(roles=", ".join(sorted(roles))))
    sessions.touch(connection, session)
    return staff


def _file(settings: Settings) -> Path:
    return settings.var_dir / f"desk-{account.name()}.session"


def _keep(file: Path, token: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(token)
