"""What every form behind a one-time link shares: a CSRF mark bound to the link, its fields, private headers."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from assistant.privacy.ring import is_one_of
from assistant.runtime.lanes import Lane
from assistant.runtime.request_body import TooLarge, read

#: For pages that a one-time link opens: nobody keeps them, and their address goes nowhere.
PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
_LIVES = 3600
_MOST_FIELDS = 100
#: What pages behind links ask of the store and the register: so many at a time, and so many may wait.
LOOKING = Lane("pages", 4, 64)


class FormGuard:
    """Issues and checks the CSRF marks of one kind of form; a mark is good for an hour and for one link."""

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        """Takes the keys (the first signs, all are believed), and what the form is for."""
        self._keys = keys
        self._purpose = purpose

    def mark(self, token: str) -> str:
        """Returns a fresh mark for the form of a link."""
        return self._mark(self._keys[0], token, int(time.time()))

    def _mark(self, key: bytes, token: str, at: int) -> str:
        mac = hmac.new(key, f"{self._purpose} {token} {at}".encode(), hashlib.sha256).hexdigest()
        return f"{at}.{mac}"

    def good(self, token: str, given: str) -> bool:
        """Tells whether `given` is a mark of this link that has not run out."""
        at = given.partition(".")[0]
        fresh = at.isascii() and at.isdigit() and len(at) < 12 and time.time() - int(at) < _LIVES
        # Compared in any case, so that the time does not tell how far a guess got.
        return is_one_of(given, (self._mark(key, token, int(at) if fresh else 0) for key in self._keys)) and fresh


async def fields(request: Request, most: int) -> dict[str, str]:
    """Returns the fields of a submitted form.

    Raises:
        assistant.runtime.request_body.TooLarge: if it is larger than `most` bytes, or has more fields than any form.
    """
    body = await read(request, most)
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise TooLarge from None
