"""POST /webhooks/messenger: size → signature → parse → inbox → 200. Nothing else before the answer.

All items of a delivery are taken in before it is answered, the events in one commit. One that cannot be
read is counted and left out: Meta would send the whole delivery again, and in the end none at all.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant.desk import handover
from assistant.messages import reactions
from assistant.messages.events import Event
from assistant.runtime.request_body import read_or_refuse
from connectors.base.channel import Parts
from connectors.messenger import envelope, events, metrics, signature
from connectors.messenger.address import Address
from connectors.messenger.automations import Automations
from connectors.messenger.envelope import Item
from connectors.messenger.receipts import Receipts
from connectors.messenger.routing import Control, control_of
from connectors.messenger.settings import MessengerApp
from connectors.messenger.standing import Standing
from connectors.messenger.threads import Threads

logger = logging.getLogger(__name__)
LARGEST_BODY = 4 * 1024 * 1024  # Meta sends up to 1,000 updates at once
PATIENCE = 4.0  # seconds; Meta waits five, and sends again what we could not keep
#: An edit counts while the person may still look at the answer; who mends last week's words asks nothing.
EDITED_WITHIN = datetime.timedelta(minutes=10)
_RECENT = "SELECT event_id FROM inbox WHERE channel = 'messenger' AND event_id = ANY(%s) AND accepted_at > now() - %s"


class Door:
    """The endpoint of an app's webhook; without a secret it refuses everything."""

    def __init__(
        self,
        app: MessengerApp,
        parts: Parts,
        standing: Standing,
        receipts: Receipts,
        threads: Threads | None,
        refs: Mapping[str, str],
        titles: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._parts = parts
        self._standing = standing
        self._receipts = receipts
        self._threads = threads
        self._read = (refs, titles)
        self._automations = Automations(parts.pool)

    async def endpoint(self, request: Request) -> Response:
        """Takes one delivery in."""
        body = await read_or_refuse(request, LARGEST_BODY, _refuse)
        if isinstance(body, Response):
            return body
        if not signature.valid(request.headers.get(signature.HEADER, ""), body, self._app.secrets):
            return _refuse("signature", 401)
        try:
            items = envelope.read(body)
            metrics.items.labels("unreadable", "").inc(items.count(None))
        except envelope.NotAnEnvelope:
            return _refuse("not an envelope", 400)
        except envelope.OtherObject:
            return _refuse("not about a page", 404)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._take([item for item in items if item is not None and self._counted(item)])
        except TimeoutError:
            return _refuse("busy", 503)
        return JSONResponse({"ok": True})

    def _counted(self, item: Item) -> bool:
        """Counts an item and tells whether it is about a conversation of ours."""
        metrics.items.labels(events.name_of(item), item.where).inc()
        page = self._app.find(item.page)
        if page is None:
            logger.warning("messenger: an item for a page that the settings do not name")
            return False
        self._standing.heard(page.id)
        if item.where == "changes":  # no conversation, or the dashboard's "Test" with an invented person
            if str(item.data.get("field", "")).startswith("messag"):
                self._standing.tested(page.id)
            return False
        if item.where == "standby" and events.name_of(item) == "message":
            self._standing.passed_by(page.id)
        return True

    async def _take(self, items: Sequence[Item]) -> None:
        wanted: list[tuple[Item, Event]] = []
        asked: dict[str, datetime.datetime | None] = {}
        for item in items:
            address = events.conversation_of(item, self._app)
            if address is None:
                continue
            control = control_of(item, self._app.app_id)
            if control and await self._is_automatic(control, item, address, asked.get(address.conversation)):
                metrics.takeovers.labels("automation").inc()
            elif control:
                await self._change(address, control, item)
            self._receipts.note(address.conversation, item)
            if rating := events.rating_of(item):
                await reactions.note(self._parts.pool, address.conversation, *rating)
            event = events.event_of(item, address, *self._read) if item.where == "messaging" else None
            if event:
                wanted.append((item, event))
                asked[address.conversation] = item.at
        if wanted:
            await self._parts.accept_all(await self._timely(wanted))

    async def _is_automatic(
        self, control: Control, item: Item, address: Address, asked_at: datetime.datetime | None
    ) -> bool:
        return control.how == "echo" and await self._automations.is_one(item, address.conversation, asked_at)

    async def _timely(self, wanted: Sequence[tuple[Item, Event]]) -> list[Event]:
        """Leaves out edits of messages that are not recent, or that were never ours to read."""
        edited = {mid for item, _ in wanted if (mid := events.edit_of(item))}
        if not edited:
            return [event for _, event in wanted]
        async with self._parts.pool.connection() as connection:
            rows = await (await connection.execute(_RECENT, (list(edited), EDITED_WITHIN))).fetchall()
        known = {row[0] for row in rows} | {event.event_id for _, event in wanted}
        return [event for item, event in wanted if (mid := events.edit_of(item)) in known or not mid]

    async def _change(self, address: Address, control: Control, item: Item) -> None:
        metrics.takeovers.labels(control.how).inc()
        async with self._parts.pool.connection() as connection:
            if control.kind == "given_back":
                await handover.given_back(connection, address.conversation)
                return
            now = datetime.datetime.now(datetime.UTC)
            until = min(item.at or now, now) + self._app.silence
            if until > now:
                await handover.taken_outside(connection, address.conversation, until)
        if control.kind == "asked" and self._threads:
            self._threads.pass_to(control.app, address)


def _refuse(reason: str, status: int) -> Response:
    metrics.refused.labels(reason).inc()
    return JSONResponse({"error": reason}, status)
