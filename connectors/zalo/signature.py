"""The signature of a Zalo webhook: plain SHA-256 over app id, raw body, timestamp and OA secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any


def mac(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """Returns the hex digest that Zalo sends (official Java SDK, `MacUtils.buildMac`)."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def valid(header: str, app_id: str, body: bytes, timestamp: str, secrets: Sequence[str]) -> bool:
    """Tells whether `header` (with or without "mac=") signs `body` with one of the secrets."""
    given = header.strip().removeprefix("mac=").lower().encode()
    # Every secret is compared, so that the time does not tell which one was near.
    results = [hmac.compare_digest(mac(app_id, body, timestamp, secret).encode(), given) for secret in secrets]
    return any(results)


def timestamp_of(data: dict[str, Any], body: bytes) -> str:
    """Returns the timestamp as its characters stand in the body: a string as a rule, a number in some events."""
    found = data.get("timestamp", "")
    if isinstance(found, float):
        try:
            found = json.loads(body, parse_float=str, parse_int=str)["timestamp"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
    return str(found)
