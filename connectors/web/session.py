"""Who a browser is: an unguessable cookie; the conversation's name is only a hash of it."""

from __future__ import annotations

import hashlib
import secrets

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "chat"
_LIVES = 90 * 24 * 3600


def conversation_of(request: Request) -> str | None:
    """Returns the conversation of a browser, or None if it has no cookie yet."""
    value = request.cookies.get(COOKIE, "")
    if not 20 <= len(value) <= 100:
        return None
    return f"web:{hashlib.sha256(value.encode()).hexdigest()[:32]}"


def start(request: Request, response: Response) -> None:
    """Gives a browser its cookie if it has none."""
    if conversation_of(request) is None:
        response.set_cookie(
            COOKIE,
            secrets.token_urlsafe(32),
            max_age=_LIVES,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
