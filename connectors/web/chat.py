"""The web chat's wire: messages in by POST, messages out by Server-Sent Events or by history.

The browser names each message itself, so a retry after a lost connection is the same event. What
it missed it fetches by the number of the last message it has.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant.conversations.events import Event
from assistant.conversations.inbox import TEXT_LIMIT
from assistant.privacy import tokens
from connectors.body import TooLarge, read
from connectors.web.session import conversation_of

LARGEST_BODY = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEARTBEAT = 20.0
_SHOWN = {
    "bhxh_code": "[mã số BHXH]",
    "phone_or_code": "[dãy 10 số]",
    "phone": "[số điện thoại]",
    "card": "[mã thẻ BHYT]",
    "cccd": "[số căn cước]",
    "cmnd": "[số CMND]",
    "email": "[e-mail]",
    "secret": "[đã xóa]",
    "bank_card": "[đã xóa]",
}

_MESSAGES = """
SELECT id, sender, body, created_at AS at, NULL AS client_id FROM outbox WHERE conversation = %(c)s AND id > %(after)s
ORDER BY id DESC LIMIT 200
"""
# One statement, so that "nothing is pending" never comes without the answer.
_HISTORY = """
SELECT said.*, EXISTS (SELECT 1 FROM inbox WHERE conversation = %(c)s AND done_at IS NULL) AS pending FROM (
    SELECT o.id, o.sender, o.body, o.created_at AS at, NULL AS client_id,
           coalesce(o.inbox_id, 0) AS turn, o.id AS position
    FROM outbox o WHERE o.conversation = %(c)s
    UNION ALL
    SELECT -i.id, 'person', i.body, i.accepted_at, i.event_id, i.id, 0
    FROM inbox i WHERE i.conversation = %(c)s AND i.kind IN ('text', 'payload', 'media')
) AS said ORDER BY turn DESC, position DESC LIMIT 200
"""
_PENDING = "SELECT EXISTS (SELECT 1 FROM inbox WHERE conversation = %s AND done_at IS NULL)"


def _message(row: tuple[Any, ...]) -> dict[str, Any]:
    number, sender, body, at, client_id = row[:5]
    text = tokens.replace_tokens(body.get("text", ""), _SHOWN, "[dãy số]")  # type: ignore[arg-type]
    message = {"id": number, "from": sender, "text": text, "buttons": body.get("buttons", []), "at": at.isoformat()}
    if client_id:
        message["client_id"] = client_id.rpartition("/")[2]
    return message


class Streams:
    """Wakes the open streams of a conversation."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.closing = asyncio.Event()

    def changed(self, conversation: str) -> None:
        """Lets every stream of the conversation look for new messages."""
        for event in self._waiting.get(conversation, ()):
            event.set()

    def close(self) -> None:
        """Ends all streams, so that a stopping server does not wait for browsers."""
        self.closing.set()
        for conversation in list(self._waiting):
            self.changed(conversation)

    def open(self, conversation: str) -> asyncio.Event:
        """Returns an event that `changed` sets."""
        event = asyncio.Event()
        self._waiting.setdefault(conversation, set()).add(event)
        return event

    def leave(self, conversation: str, event: asyncio.Event) -> None:
        """Forgets a stream."""
        listeners = self._waiting.get(conversation, set())
        listeners.discard(event)
        if not listeners:
            self._waiting.pop(conversation, None)


class WebChat:
    """The endpoints under /chat."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        accept: Callable[[Event], Awaitable[bool]],
        streams: Streams,
        say: dict[str, str],
    ) -> None:
        self._pool = pool
        self._accept = accept
        self._streams = streams
        self._say = say

    def routes(self) -> list[Route]:
        """Returns the routes to mount."""
        return [
            Route("/chat/messages", self.post, methods=["POST"]),
            Route("/chat/history", self.history),
            Route("/chat/stream", self.stream),
        ]

    def _refuse(self, status: int, reason: str) -> Response:
        return JSONResponse({"error": self._say[reason]}, status)

    async def post(self, request: Request) -> Response:
        """Takes one message of the person."""
        conversation = conversation_of(request)
        if conversation is None:
            return self._refuse(403, "no_session")
        # A form on another site cannot send JSON with our cookie; a script there is named by Origin.
        origin = request.headers.get("origin")
        if origin and origin.partition("://")[2] != request.headers.get("host"):
            return self._refuse(403, "no_session")
        if not request.headers.get("content-type", "").startswith("application/json"):
            return self._refuse(400, "unreadable")
        try:
            data = orjson.loads(await read(request, LARGEST_BODY))
        except TooLarge:
            return self._refuse(413, "too_long")
        except orjson.JSONDecodeError:
            return self._refuse(400, "unreadable")
        event = _event(data, conversation)
        if event is None:
            return self._refuse(400, "unreadable")
        await self._accept(event)
        return JSONResponse({"accepted": True}, 202)

    async def history(self, request: Request) -> Response:
        """Returns the last messages of both sides."""
        conversation = conversation_of(request)
        if conversation is None:
            return JSONResponse({"messages": [], "last": 0, "pending": False})
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_HISTORY, {"c": conversation})).fetchall()
        messages = [_message(row) for row in reversed(rows)]
        last = max((message["id"] for message in messages), default=0)
        body = {"messages": messages, "last": last, "pending": bool(rows and rows[0][-1])}
        return JSONResponse(body, headers={"cache-control": "no-store"})

    async def stream(self, request: Request) -> Response:
        """Streams messages as they are written."""
        conversation = conversation_of(request)
        if conversation is None:
            return self._refuse(403, "no_session")
        after = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        events = self._events(conversation, int(after) if after.isdecimal() and len(after) < 19 else 0)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(self, conversation: str, after: int) -> AsyncIterator[bytes]:
        changed = self._streams.open(conversation)
        try:
            yield b"retry: 2000\n\n"
            while not self._streams.closing.is_set():
                changed.clear()
                async with self._pool.connection() as connection:
                    # First what is pending: "idle" must not overtake the answer.
                    pending = await (await connection.execute(_PENDING, (conversation,))).fetchone()
                    cursor = await connection.execute(_MESSAGES, {"c": conversation, "after": after})
                    rows = await cursor.fetchall()
                for row in reversed(rows):
                    after = row[0]
                    yield b"event: message\nid: %d\ndata: %s\n\n" % (after, orjson.dumps(_message(row)))
                if not (pending and pending[0]):
                    yield b"event: idle\ndata: {}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), _HEARTBEAT)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._streams.leave(conversation, changed)


def _event(data: Any, conversation: str) -> Event | None:
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or not _ID.fullmatch(data["id"]):
        return None
    # The browser's id is unique within its conversation only.
    known: dict[str, Any] = {"channel": "web", "event_id": f"{conversation}/{data['id']}", "conversation": conversation}
    payload, title, text = data.get("payload"), data.get("title", ""), data.get("text")
    if isinstance(payload, str) and isinstance(title, str):
        return Event(kind="payload", payload=payload[:200], text=title[:100], **known)
    if isinstance(text, str):
        return Event(kind="text", text=text[: TEXT_LIMIT * 40], **known)
    return None
