"""The signature of a webhook: HMAC-SHA256 over the raw bytes, keyed with the app secret.

The body comes with non-ASCII letters escaped and is signed as it comes: nothing may be parsed and
written again before the check. SHA-1 signatures (X-Hub-Signature) are not accepted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

HEADER = "x-hub-signature-256"


def sign(body: bytes, secret: str) -> str:
    """Returns the header's value for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def valid(header: str, body: bytes, secrets: Sequence[str]) -> bool:
    """Tells whether `header` signs `body` with one of the secrets."""
    given = header.encode()
    # Every secret is compared, so that the time does not tell which one was near.
    results = [hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets if secret]
    return any(results)
