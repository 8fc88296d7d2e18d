"""POST /webhooks/zalo: size → signature → parse → inbox → 200. Nothing else before the answer.

Which key counts is known only from what is in the body: first any of ours must have signed it as it stands, then it is
parsed, then the account's own must have.
"""

from __future__ import annotations

import datetime
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant.desk import handover
from assistant.messages import reactions
from assistant.runtime.request_body import read_or_refuse
from connectors.base.channel import Parts
from connectors.zalo import events, metrics, signature
from connectors.zalo.events import Reading
from connectors.zalo.receipts import Receipts
from connectors.zalo.settings import ZaloApp
from connectors.zalo.windows import Windows, plausible

logger = logging.getLogger(__name__)
LARGEST_BODY = 256 * 1024
_LARGEST_TRIAL = 16 * 1024  # what Zalo's console tries an address with, before there is a key
_LADDER = frozenset("123456789")


class Door:
    """The endpoint of an app's webhook; without an app it refuses everything, without its key it takes nothing in."""

    def __init__(
        self,
        app: ZaloApp,
        parts: Parts,
        windows: Windows,
        receipts: Receipts,
    ) -> None:
        self._app = app
        self._parts = parts
        self._windows = windows
        self._receipts = receipts
        self._forget = parts.forget

    async def take(self, request: Request) -> Response:
        """Takes one event in."""
        header = request.headers.get("x-zevent-signature", "")
        awaits = self._app.awaits_its_key
        body = await read_or_refuse(request, _LARGEST_TRIAL if awaits else LARGEST_BODY, _refuse)
        if isinstance(body, Response):
            return body
        if not awaits and not signature.may_be_valid(header, self._app.app_id, body, self._app.every_secret):
            return _refuse("signature", 401)
        try:
            data = events.parse(body)
        except events.NotAnEvent:
            # Broken bodies get no more than a refusal; nothing of them is logged.
            return _refuse("not an event", 400)
        if awaits:
            # Zalo's console tries the address before it shows the key, and does not save one that refuses.
            metrics.refused.labels("no key yet").inc()
            logger.error("zalo: ZALO_OA_SECRET_KEYS is not set: an event was left")
            return JSONResponse({"ok": True, "taken": False})
        if not self._signed(header, data, body):
            return _refuse("signature", 401)
        reading = events.read(data, body, self._app)
        _count(reading, request.headers.get("num_retry", ""))
        await self._take(reading)
        return JSONResponse({"ok": True})

    def _signed(self, header: str, data: dict[str, Any], body: bytes) -> bool:
        secrets = self._app.secrets_for(events.oa_of(data))
        timestamp = signature.timestamp_of(data, body)
        return bool(header) and signature.valid(header, self._app.app_id, body, timestamp, secrets)

    async def _take(self, reading: Reading) -> None:
        if not reading.known:
            logger.warning("zalo: an event for an account that the settings do not name")
        if reading.event is not None:
            await self._parts.accept(reading.event)
            self._windows.touched(reading.event.conversation, reading.at)
        if reading.colleague and reading.address is not None:
            await self._silence(reading)
        if reading.address is not None:
            self._receipts.note(reading.address.conversation, reading.delivered, reading.seen, reading.at)
            if reading.rated:
                await reactions.note(self._parts.pool, reading.address.conversation, *reading.rated)
        for address in reading.withdrawn:
            await self._forget(address.conversation)

    async def _silence(self, reading: Reading) -> None:
        assert reading.address is not None
        now = datetime.datetime.now(datetime.UTC)
        until = plausible(reading.at, now) + self._app.silence
        if until <= now:  # Zalo's retry came too late to matter
            return
        async with self._parts.pool.connection() as connection:
            await handover.taken_outside(connection, reading.address.conversation, until)


def _refuse(reason: str, status: int) -> Response:
    metrics.refused.labels(reason).inc()
    return JSONResponse({"error": reason}, status)


def _count(reading: Reading, retry: str) -> None:
    metrics.events.labels(reading.name if reading.known else "unknown_account").inc()
    if retry:
        metrics.retried.labels(retry if retry in _LADDER else "other").inc()
