"""How the stand-in answers: as planned, late, cut off in the middle, or as a gateway in front of it would."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

PROXY_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class Cut(Response):
    """Ends the connection in the middle of the answer: the caller knows nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"900")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"error"', "more_body": True})
        raise ConnectionAbortedError


def before(planned: Any) -> Response | None:
    """Returns the planned answer of a call that has no effect."""
    return Response(PROXY_PAGE, 502, media_type="text/html") if planned == "500" else None


async def after(planned: Any, answer: Response, slow_seconds: float) -> Response:
    """Returns the answer of a call that had its effect, or what becomes of it on the way."""
    if planned == "slow":
        await asyncio.sleep(slow_seconds)
    if planned == "cut":
        return Cut()
    if planned == "502":
        return Response(PROXY_PAGE, 502, media_type="text/html")
    if planned == "garbage":
        return Response("<html>ok</html>", 200, media_type="text/html")
    return answer


def success(data: Any, headers: dict[str, str] | None = None) -> JSONResponse:
    """Returns Zalo's shape of a success."""
    return JSONResponse({"data": data, "error": 0, "message": "Success"}, headers=headers)
