"""The signature of a Zalo webhook: plain SHA-256 over app id, raw body, timestamp and OA secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

#: The time as it may stand in a body; within a text its quotes would be escaped.
_TIMESTAMP = re.compile(rb'"timestamp"\s{0,8}:\s{0,8}(?:"((?:[^"\\]|\\.){0,6000})"|([-+.\w]{1,6000}))')
_MOST_TIMES = 16
_SPELLED = {"null": "None", "true": "True", "false": "False"}


def mac(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """Returns the hex digest that Zalo sends (official Java SDK, `MacUtils.buildMac`)."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def valid(header: str, app_id: str, body: bytes, timestamp: str, secrets: Sequence[str]) -> bool:
    """Tells whether `header` (with or without "mac=") signs `body` with one of the secrets."""
    given = header.strip().removeprefix("mac=").lower().encode()
    # Every secret is compared, so that the time does not tell which one was near.
    results = [hmac.compare_digest(mac(app_id, body, timestamp, secret).encode(), given) for secret in secrets]
    return any(results)


def may_be_valid(header: str, app_id: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Tells whether any of the secrets signed `body`, whatever in it the time is: before anything of it is parsed."""
    given = header.strip().removeprefix("mac=").lower().encode()
    if len(given) != hashlib.sha256().digest_size * 2:
        return False
    begun = hashlib.sha256(app_id.encode() + body)
    found = False
    for timestamp in _times(body):
        for secret in secrets:
            mac = begun.copy()
            mac.update(timestamp.encode() + secret.encode())
            found |= hmac.compare_digest(mac.hexdigest().encode(), given)
    return found


def _times(body: bytes) -> Iterator[str]:
    yield ""
    for match, _ in zip(_TIMESTAMP.finditer(body), range(_MOST_TIMES), strict=False):
        if match[1] is None:
            found = match[2].decode("utf-8", "replace")
            yield _SPELLED.get(found, found)
        else:
            yield _read(match[1])


def _read(written: bytes) -> str:
    try:
        return str(json.loads(b'"%s"' % written))
    except ValueError:
        return ""


def timestamp_of(data: dict[str, Any], body: bytes) -> str:
    """Returns the timestamp as its characters stand in the body: a string as a rule, a number in some events."""
    found = data.get("timestamp", "")
    if isinstance(found, float):
        try:
            found = json.loads(body, parse_float=str, parse_int=str)["timestamp"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
    return str(found)
