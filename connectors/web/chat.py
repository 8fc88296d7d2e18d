"""The web chat's wire: messages in by POST, messages out by Server-Sent Events or by history.

The browser names each message itself, so a retry after a lost connection is the same event. What
it missed it fetches by the number of the last message it has.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant.content.languages import DEFAULT, LANGUAGES, Texts, texts_of
from assistant.desk import typing
from assistant.identifiers import tokens
from assistant.messages import wakeups
from assistant.messages.bounds import TEXT_LIMIT
from assistant.messages.events import Event
from assistant.privacy import secret_links
from assistant.privacy.vault import Vault
from assistant.reports.insight import RATE
from assistant.runtime.deadlines import in_time
from assistant.runtime.request_body import TooLarge, read
from assistant.runtime.request_origin import is_foreign
from assistant.settings import ROOT
from connectors.web import renewal
from connectors.web.language import language_of
from connectors.web.session import Session, Sessions

LARGEST_BODY = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEARTBEAT = 20.0
_STORE_SECONDS = 3.0
_WORDS = ROOT / "data/web/pages.yml"

# Answers to a question are what people are asked to judge; "rated" is what they thought before.
_JUDGED = """
o.body || CASE WHEN EXISTS (SELECT 1 FROM turns t WHERE t.inbox_id = o.inbox_id
        AND (t.intent LIKE 'faq/%%' OR t.intent LIKE 'subject/%%'))
    THEN jsonb_build_object('rate', true, 'rated', (SELECT good FROM ratings r WHERE r.outbox_id = o.id))
    ELSE '{}'::jsonb END
"""
_MESSAGES = f"""
SELECT id, sender, {_JUDGED}, created_at AS at, NULL AS client_id FROM outbox o
WHERE conversation = %(c)s AND id > %(after)s ORDER BY id DESC LIMIT 200
"""
# One statement, so that "nothing is pending" never comes without the answer.
_HISTORY = f"""
SELECT said.*, EXISTS (SELECT 1 FROM inbox WHERE conversation = %(c)s AND done_at IS NULL) AS pending,
       (SELECT language FROM conversations WHERE id = %(c)s) AS language FROM (
    SELECT o.id, o.sender, {_JUDGED} AS body, o.created_at AS at, NULL AS client_id,
           coalesce(o.inbox_id, 0) AS turn, o.id AS position
    FROM outbox o WHERE o.conversation = %(c)s
    UNION ALL
    SELECT -i.id, 'person', i.body, i.accepted_at, i.event_id, i.id, 0
    FROM inbox i WHERE i.conversation = %(c)s AND i.kind IN ('text', 'payload', 'media')
) AS said ORDER BY turn DESC, position DESC LIMIT 200
"""
_STAFF = """
EXISTS (SELECT 1 FROM handovers WHERE conversation = %(c)s AND state = 'with_person'
        AND (until IS NULL OR until > now()))
"""
_HELD = f"SELECT {_STAFF}"
_PENDING = f"""
SELECT EXISTS (SELECT 1 FROM inbox WHERE conversation = %(c)s AND done_at IS NULL), ({typing.IS_WRITING}), {_STAFF}
"""


def _message(row: tuple[Any, ...], language: str) -> dict[str, Any]:
    """Returns a message as the browser shows it; what stands for identifiers is in the page's language."""
    number, sender, body, at, client_id = row[:5]
    shown = texts_of(_WORDS).of(language)["hidden"]
    text = tokens.replace_tokens(body.get("text", ""), shown, shown["other"])
    message = {"id": number, "from": sender, "text": text, "buttons": body.get("buttons", []), "at": at.isoformat()}
    message |= {name: body[name] for name in ("media", "link") if isinstance(body.get(name), dict)}
    if sender == "bot":
        message["language"] = body.get("language", DEFAULT)
    if body.get("rate"):
        message |= {"rate": True, "rated": body["rated"]}
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


class _Refused(Exception):
    """A request is not served; status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)


class WebChat:
    """The endpoints under /chat."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        accept: Callable[[Event], Awaitable[bool]],
        streams: Streams,
        say: Texts,
        sessions: Sessions,
        network: Callable[[Request], str] = lambda request: "",
        vault: Vault | None = None,
        own: Callable[[Event], Awaitable[None]] | None = None,
    ) -> None:
        """Puts it together.

        Args:
            pool: connections to the store.
            accept: takes what a person sent.
            streams: the open streams.
            say: sentences for people.
            sessions: the browsers' cookies.
            network: returns the fingerprint of the network a request comes from.
            vault: opens one-time links.
            own: takes what the system says to itself; without it an answer marked as wrong is only counted.
        """
        self._own = own
        self._vault = vault
        self._pool = pool
        self._network = network
        self._accept = accept
        self._streams = streams
        self._say = say
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Returns the routes to mount."""
        return [
            Route("/chat/messages", self.post, methods=["POST"]),
            Route("/chat/history", self.history),
            Route("/chat/ratings", self.rate, methods=["POST"]),
            Route("/chat/typing", self.typing, methods=["POST"]),
            Route("/chat/stream", self.stream),
        ]

    def _refuse(self, request: Request, status: int, reason: str) -> Response:
        return JSONResponse({"error": self._say.of(language_of(request))[reason]}, status)

    async def _session(self, request: Request) -> Session | None:
        """Returns the session of a request; None if it brings no cookie of ours, or one that was changed since."""
        session = self._sessions.of(request)
        good = session is not None and await in_time(self._is_good(session), _STORE_SECONDS)
        return session if good else None

    async def _is_good(self, session: Session) -> bool:
        async with self._pool.connection() as connection:
            return await renewal.is_good(connection, session)

    async def _renew(self, session: Session, response: Response) -> None:
        """Changes the browser's secret with an answer, where there is a reason to."""
        async with self._pool.connection() as connection:
            if other := await renewal.renewed(connection, session):
                self._sessions.give(response, other)

    async def _read(self, request: Request) -> tuple[Session, Any]:
        """Returns the session of a request that changes something, and the JSON it brought.

        Raises:
            _Refused: with the answer to give.
        """
        session = await self._session(request)
        if session is None:
            raise _Refused(403, "no_session")
        if is_foreign(request):
            raise _Refused(403, "no_session")
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise _Refused(400, "unreadable")
        try:
            return session, orjson.loads(await read(request, LARGEST_BODY))
        except TooLarge:
            raise _Refused(413, "too_long") from None
        except orjson.JSONDecodeError:
            raise _Refused(400, "unreadable") from None

    async def post(self, request: Request) -> Response:
        """Takes one message of the person."""
        try:
            session, data = await self._read(request)
        except _Refused as refused:
            return self._refuse(request, *refused.args)
        event = _event(data, session.conversation)
        if event is None:
            return self._refuse(request, 400, "unreadable")
        await self._accept(replace(event, address=self._network(request)))
        response = JSONResponse({"accepted": True}, 202)
        await in_time(self._renew(session, response), _STORE_SECONDS)
        return response

    async def rate(self, request: Request) -> Response:
        """Takes what the person thinks of an answer: {"id": …, "good": true or false}."""
        try:
            session, data = await self._read(request)
        except _Refused as refused:
            return self._refuse(request, *refused.args)
        number, good = (data.get("id"), data.get("good")) if isinstance(data, dict) else (None, None)
        if type(number) is not int or not 0 < number < 2**63 or type(good) is not bool:
            return self._refuse(request, 400, "unreadable")
        kept = await in_time(self._rate(good, number, session.conversation), _STORE_SECONDS)
        if (
            kept
            and not good
            and self._own
            and await in_time(self._answers_itself(session.conversation), _STORE_SECONDS)
        ):
            # Once for each answer, however often the thumb is pressed.
            event = Event("web", f"not-right {number}", session.conversation, "system", payload="#not_right")
            await self._own(event)
        return JSONResponse({"kept": True}) if kept else self._refuse(request, 404, "not_found")

    async def _rate(self, good: bool, number: int, conversation: str) -> bool:
        async with self._pool.connection() as connection:
            kept = await connection.execute(RATE, (good, number, conversation))
            return bool(kept.rowcount)

    async def _answers_itself(self, conversation: str) -> bool:
        """Tells whether the assistant answers here, and no colleague at the desk."""
        async with self._pool.connection() as connection:
            held = await (await connection.execute(_HELD, {"c": conversation})).fetchone()
            return not (held and held[0])

    async def typing(self, request: Request) -> Response:
        """Shows the agent who has the conversation that the person writes."""
        try:
            session, _ = await self._read(request)
        except _Refused as refused:
            return self._refuse(request, *refused.args)
        await in_time(self._note_typing(session.conversation), _STORE_SECONDS)
        return Response(status_code=204)

    async def _note_typing(self, conversation: str) -> None:
        async with self._pool.connection() as connection:
            noted = await connection.execute(typing.NOTE, typing.values(conversation, "person"))
            if await noted.fetchone():
                await wakeups.tell_soon(connection, conversation)

    async def history(self, request: Request) -> Response:
        """Returns the last messages of both sides; who comes without a cookie of ours begins with one."""
        session = await self._session(request)
        if session is None:
            fresh = JSONResponse(
                {"messages": [], "last": 0, "pending": False, "language": None}, headers={"cache-control": "no-store"}
            )
            self._sessions.start(fresh)
            return fresh
        rows = await in_time(self._said(session.conversation), _STORE_SECONDS)
        messages = [_message(row, language_of(request)) for row in reversed(rows)]
        last = max((message["id"] for message in messages), default=0)
        pending, language = rows[0][-2:] if rows else (False, None)
        body = {"messages": messages, "last": last, "pending": pending, "language": language}
        return JSONResponse(body, headers={"cache-control": "no-store"})

    async def _said(self, conversation: str) -> list[tuple[Any, ...]]:
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_HISTORY, {"c": conversation})).fetchall()
            return await self._with_links(connection, conversation, rows)

    async def _with_links(
        self, connection: AsyncConnection[Any], conversation: str, rows: list[tuple[Any, ...]]
    ) -> list[tuple[Any, ...]]:
        """Returns rows of messages with their one-time links as the person needs them."""
        texts = [row[2].get("text", "") for row in rows]
        if self._vault is None or not secret_links.hidden_in(texts):
            return rows
        texts = await secret_links.reveal(connection, self._vault, conversation, texts)
        return [(*row[:2], row[2] | {"text": text}, *row[3:]) for row, text in zip(rows, texts, strict=True)]

    async def stream(self, request: Request) -> Response:
        """Streams messages as they are written."""
        session = await self._session(request)
        if session is None:
            return self._refuse(request, 403, "no_session")
        after = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        number = int(after) if after.isdecimal() and len(after) < 19 else 0
        events = self._events(session, number, language_of(request))
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(self, session: Session, after: int, language: str) -> AsyncIterator[bytes]:
        conversation, with_staff = session.conversation, None
        changed = self._streams.open(conversation)
        try:
            yield b"retry: 2000\n\n"
            while not self._streams.closing.is_set():
                changed.clear()
                async with self._pool.connection() as connection:
                    if not await renewal.is_good(connection, session):
                        return  # the browser has another secret; whoever has it comes again with that
                    # First what is pending: "idle" must not overtake the answer.
                    told = typing.values(conversation, "agent")
                    pending = await (await connection.execute(_PENDING, told)).fetchone()
                    cursor = await connection.execute(_MESSAGES, {"c": conversation, "after": after})
                    rows = await self._with_links(connection, conversation, await cursor.fetchall())
                if pending and pending[2] != with_staff:
                    with_staff = pending[2]
                    yield b"event: staff\ndata: %s\n\n" % orjson.dumps(with_staff)
                for row in reversed(rows):
                    after = row[0]
                    yield b"event: message\nid: %d\ndata: %s\n\n" % (after, orjson.dumps(_message(row, language)))
                if pending and pending[1] and not rows:
                    yield b"event: typing\ndata: {}\n\n"
                elif not (pending and pending[0]):
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
    if data.get("language") in LANGUAGES:  # the person has just chosen it
        known["language"] = data["language"]
    payload, title, text = data.get("payload"), data.get("title", ""), data.get("text")
    if isinstance(payload, str) and isinstance(title, str):
        return Event(kind="payload", payload=payload[:200], text=title[:100], **known)
    if isinstance(text, str):
        return Event(kind="text", text=text[: TEXT_LIMIT * 40], **known)
    return None
