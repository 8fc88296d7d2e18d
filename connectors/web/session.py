"""Who a browser is: a cookie that this service made and signed; the conversation's name is only a hash of it.

A cookie is `id.number.mac`. The id is 128 random bits and stays; the number counts up when the secret is changed
(connectors.web.renewal), and the mac cannot be made without our key. So a cookie that somebody else wrote is nobody's,
and one that was changed since is worth nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from assistant.privacy.ring import is_one_of

_LIVES = 90 * 24 * 3600
_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.(\d{1,6})\.([0-9a-f]{64})")


@dataclass(frozen=True)
class Session:
    """A browser with a cookie of ours; whether it is still the present one, the database knows."""

    secret: str
    number: int = 0

    @property
    def conversation(self) -> str:
        """The name of its conversation, from which nobody finds back to the cookie."""
        return f"web:{hashlib.sha256(self.secret.encode()).hexdigest()[:32]}"


class Sessions:
    """Makes and reads the cookies."""

    def __init__(self, keys: Sequence[bytes], secure: bool) -> None:
        """Takes the keys (the first signs, all are believed), and whether browsers come by TLS alone."""
        self._keys = keys
        self._secure = secure
        self.cookie = "__Host-chat" if secure else "chat"

    def of(self, request: Request) -> Session | None:
        """Returns whose cookie a request brings; None if it has none that we made."""
        found = _COOKIE.fullmatch(request.cookies.get(self.cookie, ""))
        if found is None:
            return None
        session = Session(found[1], int(found[2]))
        return session if is_one_of(found[3], (_mac(key, session) for key in self._keys)) else None

    def start(self, response: Response) -> None:
        """Gives a browser a cookie that nobody had before."""
        self.give(response, Session(secrets.token_urlsafe(16)))

    def give(self, response: Response, session: Session) -> None:
        """Gives a browser the cookie of a session."""
        value = f"{session.secret}.{session.number}.{_mac(self._keys[0], session)}"
        response.set_cookie(
            self.cookie, value, max_age=_LIVES, path="/", httponly=True, samesite="lax", secure=self._secure
        )


def _mac(key: bytes, session: Session) -> str:
    return hmac.new(key, f"web session {session.secret} {session.number}".encode(), hashlib.sha256).hexdigest()
