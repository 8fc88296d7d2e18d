"""Sends answers through an HTTP gateway."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections import OrderedDict
from typing import Any

import httpx
import orjson
from prometheus_client import Counter

from assistant.messages.outbox import Sent
from assistant.runtime.metrics import registry
from connectors.base.calls import NOT_SENT
from connectors.base.text import with_menu
from connectors.sms import messages as sms
from connectors.sms.phones import CHANNEL, Phones, written
from connectors.sms.settings import Gateway, find

logger = logging.getLogger(__name__)
answers = Counter("assistant_sms_answers", "Answers of the SMS gateway by status", ["code"], registry=registry)
LONGEST = 25.0  # a lease lasts 30 seconds
_MOST_PARTLY_SENT = 10_000
#: Where an answer comes from is on the web page; here it would cost an SMS or two.
_SOURCE = re.compile(r"\n\n\((?:Nguồn|Source): [^()]*(?:\([^()]*\)[^()]*)*\)\s*\Z")
_OUR_FAULT = frozenset({401, 402, 403, 407})
_OUR_FAULT_WAIT = 600.0


class SmsSender:
    """Implements `outbox.Sender` for SMS; buttons become a numbered menu."""

    def __init__(self, http: httpx.AsyncClient, gateway: Gateway, phones: Phones) -> None:
        self._http = http
        self._gateway = gateway
        self._phones = phones
        self._partly: OrderedDict[bytes, int] = OrderedDict()

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends one message, in parts where it is too long for one SMS."""
        number = await self._phones.of(f"{CHANNEL}:{user}")
        if number is None:
            return Sent("permanent", error="no number")
        try:
            async with asyncio.timeout(LONGEST):
                return await self._send_parts(number, self.parts(body))
        except TimeoutError:
            return Sent("uncertain", error="timeout")

    def parts(self, body: dict[str, Any]) -> list[str]:
        """Returns the SMS that a message becomes."""
        buttons = body.get("buttons") or []
        text = _SOURCE.sub("", body["text"])
        whole = with_menu(text, buttons, body.get("language")) if buttons else text
        whole = whole if self._gateway.accents else sms.unaccented(whole)
        return sms.split(whole, self._gateway.most_parts if self._gateway.concatenated else 1)

    async def _send_parts(self, number: str, parts: list[str]) -> Sent:
        """Sends parts; those that arrived in an earlier attempt of this process are not sent again."""
        key = hashlib.sha256("\0".join([number, *parts]).encode("utf-8", "surrogatepass")).digest()
        begin = self._partly.pop(key, 0)
        result = Sent("sent")
        for position, part in enumerate(parts[begin:], begin):
            result = await self._post(number, part)
            if result.outcome == "sent":
                continue
            if position == 0 or result.outcome == "permanent":
                return result
            self._partly[key] = position
            while len(self._partly) > _MOST_PARTLY_SENT:
                self._partly.popitem(last=False)
            return Sent("uncertain", error=result.error, retry_after=result.retry_after)
        return result

    async def _post(self, number: str, part: str) -> Sent:
        out = self._gateway.outbound
        fields = {**out.fixed, out.to: written(number, out.number), out.text: part}
        basic = (
            httpx.BasicAuth(out.basic.user, out.basic.password.get_secret_value())
            if out.basic
            else httpx.USE_CLIENT_DEFAULT
        )
        headers = {name: value.get_secret_value() for name, value in out.headers.items()}
        content: dict[str, Any] = {"json": fields} if out.format == "json" else {"data": fields}
        try:
            response = await self._http.post(out.url, headers=headers, auth=basic, **content)
        except httpx.HTTPError as error:
            answers.labels(type(error).__name__).inc()
            said = f"gateway {type(error).__name__}"
            return Sent("retry" if isinstance(error, NOT_SENT) else "uncertain", error=said)
        answers.labels(str(response.status_code)).inc()
        return self._judged(response)

    def _judged(self, response: httpx.Response) -> Sent:
        status, said = response.status_code, f"gateway http {response.status_code}"
        if status == 429:
            return Sent("retry", error=said, retry_after=60)
        if status in _OUR_FAULT:
            logger.error("the SMS gateway refuses us (%s): check SMS_GATEWAY", status)
            return Sent("retry", error=said, retry_after=_OUR_FAULT_WAIT)
        if status >= 500 or status == 408:
            return Sent("uncertain", error=said)
        if not 200 <= status < 300:
            return Sent("permanent", error=said)
        try:
            data = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            data = None
        return self._tested(data)

    def _tested(self, data: Any) -> Sent:
        out = self._gateway.outbound
        taken = Sent("sent", platform_id=(find(data, out.id) if out.id else "")[:200] or None)
        if out.success is None:
            return taken
        told = find(data, out.success.field)
        if told in out.success.equals:
            return taken
        if not told:  # an answer that is not the gateway's: the message may have gone
            return Sent("uncertain", error="gateway answer")
        return Sent("retry" if told in out.success.retry else "permanent", error=f"gateway code {told[:40]}")
