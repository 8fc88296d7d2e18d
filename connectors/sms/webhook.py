"""POST /webhooks/sms: size → proof → parse → inbox → 200, from a gateway whose fields are named in the settings."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant.messages.events import Event
from assistant.runtime import metrics
from assistant.runtime.request_body import read_or_refuse
from connectors.base.channel import Parts
from connectors.sms.phones import CHANNEL, Phones, sender_of
from connectors.sms.settings import Inbound, find

LARGEST_BODY = 16 * 1024
#: How the old service of the number 8079 was asked: "BH MK 7900000123". The answer to it is a topic of data/faq.
_OLD_WAY = re.compile(r"\s*BH\s*MK(?:\s+[\w.\-]{1,20})?\s*", re.IGNORECASE)
OLD_WAY_TOPIC = "#faq/sms_8079"
_ID = re.compile(r"[\x21-\x7e]{1,128}")


class NotAMessage(ValueError):
    """The body holds no message: what is lacking."""


class Door:
    """The endpoint for a gateway's messages."""

    def __init__(self, inbound: Inbound, parts: Parts, phones: Phones) -> None:
        self._inbound = inbound
        self._parts = parts
        self._phones = phones

    async def take(self, request: Request) -> Response:
        """Takes one message in."""
        body = await read_or_refuse(request, LARGEST_BODY, _refuse)
        if isinstance(body, Response):
            return body
        if not _proved(self._inbound, request.headers, body):
            headers = {"www-authenticate": 'Basic realm="sms"'} if self._inbound.basic else {}
            return _refuse("not authorised", 401, headers)
        try:
            data = _parse(request.headers.get("content-type", ""), body)
            number = sender_of(find(data, self._inbound.fields.sender).strip())
            if number is None:  # a service's short code, an advertiser's name: nobody to answer
                metrics.events.labels(CHANNEL, "no mobile").inc()
                return JSONResponse({"ok": True})
            event = self._event(data, await self._phones.keep(number), number)
        except NotAMessage as error:
            return _refuse(str(error), 400)
        await self._parts.accept(event)
        return JSONResponse({"ok": True})

    def _event(self, data: dict[str, Any], conversation: str, number: str) -> Event:
        fields = self._inbound.fields
        text, at = find(data, fields.text), find(data, fields.at)
        event_id = find(data, fields.id)
        if not _ID.fullmatch(event_id):
            if not at:
                raise NotAMessage("neither an id nor a time: doubles could not be told apart")
            event_id = hashlib.sha256(f"{number}\0{text}\0{at}".encode()).hexdigest()
        if _OLD_WAY.fullmatch(text):
            return Event(CHANNEL, event_id, conversation, "payload", payload=OLD_WAY_TOPIC, sent_at=_time(at))
        return Event(CHANNEL, event_id, conversation, "text", text=text, sent_at=_time(at))


def _refuse(reason: str, status: int, headers: dict[str, str] | None = None) -> Response:
    metrics.events.labels(CHANNEL, "refused").inc()
    return JSONResponse({"error": reason}, status, headers)


def _proved(inbound: Inbound, headers: Headers, body: bytes) -> bool:
    """Tells whether the request comes from the gateway."""
    if inbound.basic:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = f"{inbound.basic.user}:{inbound.basic.password.get_secret_value()}".encode()
        try:
            decoded = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(decoded, right)
    assert inbound.hmac
    digest = hmac.new(inbound.hmac.secret.get_secret_value().encode(), body, hashlib.sha256).digest()
    right = digest.hex().encode() if inbound.hmac.encoding == "hex" else base64.b64encode(digest)
    shown = headers.get(inbound.hmac.header, "").strip().removeprefix(inbound.hmac.prefix)
    return hmac.compare_digest((shown.lower() if inbound.hmac.encoding == "hex" else shown).encode(), right)


def _parse(content_type: str, body: bytes) -> dict[str, Any]:
    if "json" in content_type:
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise NotAMessage("not JSON") from None
        if not isinstance(data, dict):
            raise NotAMessage("not an object")
        return data
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise NotAMessage("not a form") from None


def _time(at: str) -> datetime.datetime | None:
    """Reads a time: ISO 8601, or seconds or milliseconds since 1970. Without a zone it is Vietnam's."""
    try:
        if re.fullmatch(r"\d{9,10}|\d{12,13}", at, re.ASCII):
            return datetime.datetime.fromtimestamp(int(at) / (1000 if len(at) > 11 else 1), datetime.UTC)
        found = datetime.datetime.fromisoformat(at)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
