"""Sends replies to Zalo users: parts within the limit, cards or numbered menus, never into a closed window."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol

from assistant.messages.outbox import Sent
from assistant.messages.shown import without_media
from connectors.zalo import errors, messages, metrics
from connectors.zalo.address import Address
from connectors.zalo.api import Api
from connectors.zalo.errors import Answer, consequence
from connectors.zalo.windows import FREE, OPEN, Windows

_TO_USERS, _TO_VISITORS = "/v3.0/oa/message/cs", "/v2.0/oa/message"
#: A lease lasts 30 seconds; whatever takes longer is given up before another node takes the message.
LONGEST = 25.0
_MOST_PARTLY_SENT = 10_000


class Knowledge(Protocol):
    """What is known of an account (connectors.zalo.standing)."""

    async def takes_cards(self) -> bool:
        """Tells whether buttons may go as a card."""

    async def cards_were(self, taken: bool) -> None:
        """Notes that a card went, or that a menu went in its place."""

    def noted(self, answer: Answer, rate: tuple[int, int] | None) -> None:
        """Notes what an answer to a message says about the account."""


class Account:
    """One official account as we reach it."""

    def __init__(self, api: Api, standing: Knowledge) -> None:
        self.api = api
        self.standing = standing


class ZaloSender:
    """Implements `outbox.Sender` for the accounts of an app; the default account's key is the empty text."""

    def __init__(self, accounts: Mapping[str, Account], windows: Windows | None = None, paid: bool = True) -> None:
        self._accounts = accounts
        self._windows = windows
        self._paid = paid
        self._partly: OrderedDict[bytes, int] = OrderedDict()

    async def name_of(self, user: str) -> str:
        """Returns what a user is called on Zalo; an empty text where Zalo does not say."""
        to = Address.read(user)
        account = self._accounts.get(to.oa)
        if account is None or to.chat:
            return ""
        name = (await account.api.person(to.user)).data.get("display_name")
        return name if isinstance(name, str) else ""

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends one message, in parts where it is too long; the buttons go with the last part."""
        to = Address.read(user)
        account = self._accounts.get(to.oa)
        if account is None:
            return Sent("permanent", error="no such account")
        try:
            async with asyncio.timeout(LONGEST):
                closed = await self._closed(to)
                return closed or await self._send(account, to, body)
        except TimeoutError:
            return Sent("uncertain", error="timeout")
        except TypeError:  # a text that no JSON can hold
            return Sent("permanent", error="shape")

    async def _closed(self, to: Address) -> Sent | None:
        """Spares a call that must fail, or that would cost what nobody wants to pay."""
        silence = await self._windows.silence(to.conversation) if self._windows else None
        if silence is None or silence <= (OPEN if self._paid else FREE):
            return None
        return Sent("closed", error="closed: 7 days" if self._paid else "closed: 48 hours")

    async def _send(self, account: Account, to: Address, body: dict[str, Any]) -> Sent:
        """Sends a picture before the words, where they have buttons, else with them; refused, it is said in words."""
        link = messages.link_of(body)
        together = not body.get("buttons") and not link
        media = body["media"] if isinstance(body.get("media"), dict) else None
        shown = messages.of_media(media, body["text"] if together else "") if media else None
        if shown is None:
            return await self._send_words(account, to, body, link)
        sent = await self._send_first(account, to, shown)
        if sent.outcome == "permanent" and (said := without_media(body))["text"]:
            return await self._send_words(account, to, said, link)
        if sent.outcome != "sent" or together:
            self._partly.pop(_key(to, str(shown)), None)
            return sent
        result = await self._send_words(account, to, body, link)
        if result.outcome not in ("uncertain", "retry"):
            self._partly.pop(_key(to, str(shown)), None)
        return result

    async def _send_first(self, account: Account, to: Address, shown: dict[str, Any]) -> Sent:
        """Sends what goes before the words, unless an earlier attempt of this process did."""
        key = _key(to, str(shown))
        if self._partly.get(key):
            return Sent("sent")
        result = consequence(await self._post(account, to, shown))
        if result.outcome == "sent":
            self._remember(key, 1)
        return result

    async def _send_words(
        self, account: Account, to: Address, body: dict[str, Any], link: dict[str, str] | None
    ) -> Sent:
        text, buttons, language = body["text"], body.get("buttons") or [], body.get("language")
        if not buttons and not link:
            return await self._send_parts(account, to, messages.pieces(text), [])
        if not to.chat and messages.fit_a_card(buttons) and await account.standing.takes_cards():
            return await self._send_parts(account, to, messages.pieces(text), buttons, language, link)
        parts = messages.with_numbers(text, buttons, language) if buttons else messages.pieces(text)
        return await self._send_parts(account, to, parts, [])

    async def _send_parts(
        self,
        account: Account,
        to: Address,
        parts: list[str],
        buttons: list[dict[str, Any]],
        language: str | None = None,
        link: dict[str, str] | None = None,
    ) -> Sent:
        """Sends parts; those that arrived in an earlier attempt of this process are not sent again."""
        key = _key(to, *parts)
        begin = self._partly.pop(key, 0)
        result = Sent("sent")
        for number, part in enumerate(parts[begin:], begin):
            last = number == len(parts) - 1
            result = await self._send_part(account, to, part, buttons if last else [], language, link if last else None)
            if result.outcome != "sent":
                # Parts already delivered are told apart: another node's retry repeats them, and must be marked.
                if number == 0 or result.outcome in ("permanent", "closed"):
                    return result
                self._remember(key, number)
                return Sent("uncertain", error=result.error, retry_after=result.retry_after)
        return result

    def _remember(self, key: bytes, sent: int) -> None:
        self._partly[key] = sent
        while len(self._partly) > _MOST_PARTLY_SENT:
            self._partly.popitem(last=False)

    async def _send_part(
        self,
        account: Account,
        to: Address,
        words: str,
        buttons: list[dict[str, Any]],
        language: str | None,
        link: dict[str, str] | None,
    ) -> Sent:
        if not buttons and not link:
            return consequence(await self._post(account, to, messages.text(words)))
        answer = await self._post(account, to, messages.card(words, buttons, link))
        if answer.code not in errors.SHAPE:
            if answer.good:
                await account.standing.cards_were(taken=True)
            return consequence(answer)
        result = Sent("sent")
        for part in messages.with_numbers(words, buttons, language) if buttons else messages.pieces(words):
            result = consequence(await self._post(account, to, messages.text(part)))
            if result.outcome != "sent":
                return result
        # The numbers also mean other things (a wrong recipient): only a menu that went shows it was the card.
        if answer.code != errors.TOO_LONG:
            await account.standing.cards_were(taken=False)
        return result

    async def _post(self, account: Account, to: Address, message: dict[str, Any]) -> Answer:
        visitor = {"anonymous_id": to.user, "conversation_id": to.chat}
        payload = {"recipient": visitor if to.chat else {"user_id": to.user}, "message": message}
        answer = await account.api.post(_TO_VISITORS if to.chat else _TO_USERS, payload)
        rate = account.api.pace.last_told
        account.standing.noted(answer, rate)
        if rate:
            metrics.rate_remain.labels(to.oa or "default").set(rate[1])
        return answer


def _key(to: Address, *parts: str) -> bytes:
    """Returns what a message is remembered by of which a part has gone."""
    return hashlib.sha256("\0".join([str(to), *parts]).encode("utf-8", "surrogatepass")).digest()
