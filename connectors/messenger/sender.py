"""Sends replies to Messenger's users: the outbox's sender for this channel."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from assistant.messages.outbox import Sent
from assistant.messages.shown import without_media
from connectors.messenger import metrics
from connectors.messenger.address import Address
from connectors.messenger.api import Answer, Graph
from connectors.messenger.errors import CONTROLLED, WINDOW, Meaning, consequence, meaning_of
from connectors.messenger.layout import messages_of
from connectors.messenger.messages import Message
from connectors.messenger.presence import Presence
from connectors.messenger.settings import MessengerApp, Page
from connectors.messenger.standing import Standing
from connectors.messenger.words import Words

#: A message whose turn comes later than this goes back to the outbox: it would hold up other channels' messages.
PATIENCE = 2.0
_REMEMBERED = 1000

Lost = Callable[[str], Awaitable[None]]


async def _nothing(conversation: str) -> None:
    return None


class MessengerSender:
    """Implements `outbox.Sender`.

    `lost` is told the conversations that another app controls, so that the assistant is silent there.
    """

    def __init__(
        self, app: MessengerApp, graph: Graph, words: Words, standing: Standing, lost: Lost = _nothing,
        presence: Presence | None = None,
    ) -> None:  # fmt: skip
        self._app = app
        self._graph = graph
        self._words = words
        self._standing = standing
        self._lost = lost
        self._presence = presence
        #: How many messages of a long reply have arrived, so that a retry goes on behind them.
        self._arrived: OrderedDict[str, int] = OrderedDict()

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends one reply, in several messages where it is too long; the choices go with the last one."""
        address = Address.read(user)
        page = self._page(address)
        if page is None:
            return Sent("permanent", error="no such page")
        planned = messages_of(body, self._words)
        if not planned:
            return Sent("permanent", error="empty")
        if self._presence and by == "bot":
            await self._presence.show(page.id, page.token, address.recipient)
        key = hashlib.sha256(json.dumps([user, body], sort_keys=True).encode()).hexdigest()
        first = min(self._arrived.pop(key, 0), len(planned) - 1)
        result = Sent("sent")
        for number, message in enumerate(planned[first:], first):
            result = await self._send(page, address, message, by)
            if (
                result.outcome == "permanent"
                and number == 0
                and len(planned) > 1
                and isinstance(body.get("media"), dict)
            ):
                return await self.send(user, without_media(body), by)  # the picture was refused: it is said in words
            if result.outcome != "sent":
                return self._broken_off(key, number, result)
        return result

    async def name_of(self, user: str) -> str:
        """Returns what a user is called on Messenger; an empty text where Meta does not say."""
        address = Address.read(user)
        page = self._page(address)
        if page is None or address.user.startswith("@"):
            return ""
        answer = await self._graph.call("GET", address.user, page.token, params={"fields": "name"}, page=page.id)
        name = (answer.data or {}).get("name") if answer.good else ""
        return name if isinstance(name, str) else ""

    async def typing(self, user: str) -> None:
        """Shows a user that somebody writes."""
        address = Address.read(user)
        page = self._page(address)
        if page and self._presence:
            await self._presence.show(page.id, page.token, address.recipient)

    def _page(self, address: Address) -> Page | None:
        if not address.page:
            return self._app.pages[0] if self._app.pages else None
        return self._app.find(address.page)

    def _broken_off(self, key: str, number: int, result: Sent) -> Sent:
        if number == 0 or result.outcome in ("permanent", "closed"):
            return result
        self._arrived[key] = number
        if len(self._arrived) > _REMEMBERED:
            self._arrived.popitem(last=False)
        # Another node does not know what has arrived and begins anew: the person may read the beginning twice.
        return Sent("uncertain", error=result.error, retry_after=result.retry_after)

    async def _send(self, page: Page, address: Address, message: Message, by: str) -> Sent:
        payload = {"recipient": address.recipient, "messaging_type": "RESPONSE", "message": message}
        answer = await self._post(page, payload)
        if by == "agent" and answer.error and answer.subcode in WINDOW:
            # Seven days for a colleague's own words, and never for ours (policy of the platform).
            metrics.tagged.inc()
            answer = await self._post(page, payload | {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"})
        meaning = self._note(page, answer)
        if meaning and answer.subcode in CONTROLLED:
            await self._lost(address.conversation)
        result = consequence(answer)
        if meaning and meaning.rest:
            wait = max(result.retry_after or 0.0, self._graph.pace.wait(page.id))
            return Sent(result.outcome, error=result.error, retry_after=wait, untried=result.untried)
        return result

    def _note(self, page: Page, answer: Answer) -> Meaning | None:
        meaning = meaning_of(answer) if answer.error else None
        if answer.good:
            self._standing.worked(page.id)
        elif answer.trouble != "waited":
            self._standing.failed(page.id, answer.said, meaning.alarm if meaning else "")
        if meaning and meaning.rest:
            self._graph.pace.rests(page.id, meaning.wait or 0.0)
        return meaning

    async def _post(self, page: Page, payload: dict[str, Any]) -> Answer:
        delay = self._graph.pace.wait(page.id, PATIENCE)
        if delay > PATIENCE:
            return Answer(None, trouble="waited", said="rate", wait=delay)
        await asyncio.sleep(delay)
        return await self._graph.call("POST", "me/messages", page.token, payload, page=page.id)
