"""How often somebody may try: counted by device, by name and network together, by name, and by network.

Nobody is locked out by their name. Whoever is tried too often from elsewhere is asked for the code of their phone
together with the password, and a browser that went the whole way before has tries of its own. Names are kept as
keyed hashes, whether somebody has them or not: people type passwords into that field.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from assistant.identifiers.keyed_hash import fingerprint
from assistant.staff.model import STAFF_LIMITS, TooManyTries

#: "password" and "code" of the sign-in; "present": the password again, of somebody who is in.
Step = Literal["password", "code", "present"]
Connection = psycopg.Connection[Any]

_RESTS = "Bạn đã thử nhiều lần. Bạn chờ khoảng 15 phút rồi thử lại."
# Of a device and of a name with its network since their last good sign-in; of a network all that failed.
_COUNTS = """
WITH tried AS MATERIALIZED (
    SELECT address, device, good, at FROM staff_attempts
    WHERE name = %(who)s AND (step = %(step)s OR good) AND at > now() - interval '1 day'
)
SELECT (SELECT count(*) FROM tried WHERE device = %(device)s AND NOT good AND at > greatest(now() - %(window)s,
            (SELECT max(at) FROM tried WHERE device = %(device)s AND good))),
       (SELECT count(*) FROM tried WHERE address = %(network)s AND NOT good AND at > greatest(now() - %(window)s,
            (SELECT max(at) FROM tried WHERE address = %(network)s AND good))),
       (SELECT count(*) FROM tried WHERE NOT good AND at > now() - %(window)s),
       (SELECT count(*) FROM tried WHERE NOT good),
       (SELECT count(*) FROM staff_attempts WHERE address = %(network)s AND NOT good AND at > now() - %(window)s)
"""


@dataclass(frozen=True)
class Caller:
    """Who tries, and where from. `device` is the hash of a cookie that this name's sign-ins know; else None."""

    who: str
    network: str
    device: bytes | None
    step: Step


@dataclass(frozen=True)
class Noted:
    """A try that was counted; `doubted`: the password alone is not looked at."""

    number: int
    doubted: bool


@dataclass(frozen=True)
class _Failed:
    """Failed tries so far."""

    of_device: int
    of_pair: int
    of_name: int
    of_name_today: int
    of_network: int


def key_of(token_key: bytes) -> bytes:
    """Returns the key of names' hashes, the same for console and command line; from the vault's key of tokens."""
    return hmac.new(token_key, b"console", hashlib.sha256).digest()


def hash_of(key: bytes, name: str) -> str:
    """Returns what is kept of a name that was typed."""
    return fingerprint(key, "staff name", name)


def note(connection: Connection, caller: Caller) -> Noted:
    """Counts a try before it is looked at, and commits that.

    Raises:
        TooManyTries: if the network has had its tries, or a step after the password; the same for names nobody has.
    """
    # One after the other, so that a flood of tries at once is counted too.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('staff sign-in', 0))")
    values = {**vars(caller), "window": STAFF_LIMITS.tries_window}
    failed = _Failed(*(connection.execute(_COUNTS, values).fetchone() or (0, 0, 0, 0, 0)))
    trusted = caller.device is not None and failed.of_device < STAFF_LIMITS.tries_per_name
    if not trusted and _refused(failed, caller.step):
        connection.commit()
        raise TooManyTries(_RESTS)
    made = connection.execute(
        "INSERT INTO staff_attempts (name, address, device, step)"
        " VALUES (%(who)s, %(network)s, %(device)s, %(step)s) RETURNING id",
        values,
    ).fetchone()
    connection.commit()
    assert made is not None
    return Noted(int(made[0]), caller.step == "password" and not trusted and _doubted(failed))


def _refused(failed: _Failed, step: Step) -> bool:
    """Tells whether a try is not taken; only who knows the password comes to a later step."""
    later = step != "password" and failed.of_name >= STAFF_LIMITS.tries_per_name
    return later or failed.of_network >= STAFF_LIMITS.tries_per_address


def _doubted(failed: _Failed) -> bool:
    return failed.of_pair >= STAFF_LIMITS.tries_per_name or failed.of_name_today >= STAFF_LIMITS.tries_a_day_everywhere


def forgive(connection: Connection, attempt: int, *, signed_in: bool) -> None:
    """Takes a try back that was right; `signed_in` also clears the earlier ones of its device and its network."""
    if signed_in:
        connection.execute("UPDATE staff_attempts SET good = true WHERE id = %s", (attempt,))
    else:
        connection.execute("DELETE FROM staff_attempts WHERE id = %s", (attempt,))
