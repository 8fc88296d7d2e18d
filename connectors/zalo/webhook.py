"""POST /webhooks/zalo: size → signature → parse → inbox → 200. Nothing else before the answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from assistant.conversations.events import Event
from connectors.body import TooLarge, read
from connectors.zalo import events, signature

logger = logging.getLogger(__name__)
LARGEST_BODY = 256 * 1024


def webhook(
    app_id: str, secrets: Sequence[str], accept: Callable[[Event], Awaitable[bool]]
) -> Callable[[Request], Awaitable[Response]]:
    """Returns the endpoint; without a secret it refuses everything."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await read(request, LARGEST_BODY)
        except TooLarge:
            return JSONResponse({"error": "body too large"}, 413)
        except ClientDisconnect:
            return Response(status_code=400)
        header = request.headers.get("x-zevent-signature", "")
        try:
            data = events.parse(body)
        except events.NotAnEvent:
            # Unsigned noise and broken bodies get no more than a refusal; nothing of them is logged.
            return JSONResponse({"error": "not an event"}, 400)
        timestamp = str(data.get("timestamp", ""))
        if not header or not signature.valid(header, app_id, body, timestamp, secrets):
            return JSONResponse({"error": "signature"}, 401)
        event = events.event_of(data, body)
        if event is not None:
            await accept(event)
        return JSONResponse({"ok": True})

    return endpoint
