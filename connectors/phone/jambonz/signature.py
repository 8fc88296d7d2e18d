"""Jambonz-Signature: t=SECONDS,v1=HEX, HMAC-SHA256 over "SECONDS." and the exact bytes."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterable

HEADER = "jambonz-signature"
#: Seconds that a signature is good, before and after ours.
TOLERANCE = 300
_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def sign(secret: str, body: bytes, at: int) -> str:
    """Returns the header of a body."""
    return f"t={at},v1={_mark(secret, body, at)}"


def valid(header: str, body: bytes, secrets: Iterable[str], now: float | None = None) -> bool:
    """Tells whether any of the secrets signed these bytes, and lately."""
    found = _FORM.fullmatch(header.replace(" ", ""))
    at, shown = (int(found[1]), found[2]) if found else (0, "")
    fresh = abs((time.time() if now is None else now) - at) <= TOLERANCE
    # Every secret is compared in any case: the time tells nothing.
    good = [hmac.compare_digest(shown, _mark(secret, body, at)) for secret in secrets]
    return fresh and any(good)


def _mark(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
