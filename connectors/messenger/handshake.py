"""GET /webhooks/messenger: Meta asks whether the address is ours before it sends events there."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

#: A number, says the contract; Meta's own examples for trying it by hand also send words.
_CHALLENGE = re.compile(r"[\w.-]{1,200}", re.ASCII)


def handshake(verify_token: str) -> Callable[[Request], Awaitable[Response]]:
    """Returns the endpoint; without a token of ours it refuses everybody."""
    expected = verify_token.encode()

    async def endpoint(request: Request) -> Response:
        asked = request.query_params
        same = hmac.compare_digest(asked.get("hub.verify_token", "").encode("utf-8", "replace"), expected)
        challenge = asked.get("hub.challenge", "")
        if not (expected and same and asked.get("hub.mode") == "subscribe" and _CHALLENGE.fullmatch(challenge)):
            return PlainTextResponse("forbidden", 403)
        return PlainTextResponse(challenge)

    return endpoint
