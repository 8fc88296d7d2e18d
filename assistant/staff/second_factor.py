"""One-time codes (TOTP, RFC 6238) and recovery codes: each works once."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import time
from typing import Any

import psycopg

from assistant.privacy.vault import Vault
from assistant.staff.model import STAFF_LIMITS

_STEP = 30
_ISSUER = "Trợ lý VssID"
Connection = psycopg.Connection[Any]


def new_secret() -> str:
    """Returns a fresh secret, 160 bits in base32."""
    import pyotp

    return str(pyotp.random_base32(32))


def qr_code(name: str, secret: str) -> str:
    """Returns the picture an authenticator app scans, as an SVG element without inline style."""
    import pyotp
    import segno

    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)
    out = io.BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, scale=5, border=3, svgclass="qr", lineclass="qr-line", omitsize=True
    )
    return out.getvalue().decode()


def step_of(secret: str, code: str, at: float | None = None) -> int | None:
    """Returns the time step whose code this is: the present one or a neighbour; None if it is none."""
    import pyotp

    digits = "".join(code.split())
    if not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        return None
    now = int((time.time() if at is None else at) // _STEP)
    generator = pyotp.TOTP(secret)
    found = None
    for step in (now - 1, now, now + 1):  # all three, so that the time tells nothing
        if secrets.compare_digest(generator.generate_otp(step), digits):
            found = step
    return found


def keep_secret(connection: Connection, vault: Vault, name: str, secret: str, step: int) -> None:
    """Makes a secret the person's own; the code that proved it cannot be used again."""
    connection.execute(
        "UPDATE staff SET totp = %s, totp_step = %s WHERE name = %s", (vault.seal(secret, f"totp {name}"), step, name)
    )


def code_is_good(connection: Connection, vault: Vault, name: str, code: str) -> bool:
    """Uses up a code of the person's app; False if it is wrong or was used."""
    row = connection.execute("SELECT totp FROM staff WHERE name = %s FOR UPDATE", (name,)).fetchone()
    if row is None or row[0] is None:
        return False
    step = step_of(vault.open(row[0], f"totp {name}"), code)
    if step is None:
        return False
    done = connection.execute("UPDATE staff SET totp_step = %s WHERE name = %s AND totp_step < %s", (step, name, step))
    return done.rowcount == 1


def _hash(code: str) -> bytes:
    return hashlib.sha256("".join(code.split()).replace("-", "").lower().encode()).digest()


def new_recovery_codes(connection: Connection, name: str) -> list[str]:
    """Replaces the person's recovery codes; returns the new ones, 80 bits each, to be shown once."""
    connection.execute("DELETE FROM staff_recovery_codes WHERE name = %s", (name,))
    codes = []
    for _ in range(STAFF_LIMITS.recovery_codes):
        raw = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        connection.execute("INSERT INTO staff_recovery_codes (name, hash) VALUES (%s, %s)", (name, _hash(raw)))
        codes.append("-".join(raw[i : i + 4] for i in range(0, 16, 4)))
    return codes


def recovery_code_is_good(connection: Connection, name: str, code: str) -> bool:
    """Uses up a recovery code; False if it is wrong or was used."""
    done = connection.execute(
        "UPDATE staff_recovery_codes SET used_at = now() WHERE name = %s AND hash = %s AND used_at IS NULL",
        (name, _hash(code)),
    )
    return done.rowcount == 1


def recovery_codes_left(connection: Connection, name: str) -> int:
    """Counts the recovery codes not used yet."""
    row = connection.execute(
        "SELECT count(*) FROM staff_recovery_codes WHERE name = %s AND used_at IS NULL", (name,)
    ).fetchone()
    return int(row[0]) if row else 0


def offered(connection: Connection, vault: Vault, session_hash: bytes, name: str) -> str:
    """Returns the secret this session offers for enrolment: the same until it is taken."""
    bound = f"enrol {name}"
    row = connection.execute("SELECT secret FROM staff_sessions WHERE hash = %s FOR UPDATE", (session_hash,)).fetchone()
    if row is not None and row[0] is not None:
        return vault.open(row[0], bound)
    secret = new_secret()
    connection.execute(
        "UPDATE staff_sessions SET secret = %s WHERE hash = %s", (vault.seal(secret, bound), session_hash)
    )
    return secret
