"""A stand-in for an SMS gateway: signed messages in, answers out, one SMS a call."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.zalo_answers import after, before

_SINGLE_GSM, _SINGLE_UNICODE = 160, 70
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€"
)
_TWICE = frozenset("\f^{}\\[~]|€")


class SmsGateway:
    """Carries SMS between phones and the assistant.

    `plan` holds what becomes of the next sends: a code the gateway answers with (7 is out of money, 9 busy),
    "500", "502", "slow", "cut", "garbage"; None is an ordinary one.
    """

    def __init__(self, webhook: str, secret: str, key: str) -> None:
        self._webhook = webhook
        self._secret = secret.encode()
        self._key = key
        self._client = httpx.AsyncClient(timeout=5)
        self.messages: list[dict[str, Any]] = []
        self.plan: list[Any] = []
        self.longest = 1  # SMS joined to one message
        self.slow_seconds = 15.0

    @staticmethod
    def description(here: str, secret: str, key: str, **changed: Any) -> dict[str, Any]:
        """Returns the setting SMS_GATEWAY that goes with a gateway at `here`."""
        return {
            "inbound": {"hmac": {"secret": secret}},
            "outbound": {
                "url": f"{here}/send",
                "headers": {"authorization": f"Bearer {key}"},
                "fixed": {"sender": "VSSID"},
                "success": {"field": "code", "equals": ["0"], "retry": ["9"]},
                "id": "message.id",
            },
        } | changed

    def routes(self) -> list[Route]:
        """Returns what the assistant calls."""
        return [Route("/send", self._take, methods=["POST"])]

    async def phone_sends(self, number: str, text: str, key: str = "") -> httpx.Response:
        """Lets a phone (0901000123) send a text; returns the webhook's answer."""
        message = {"from": f"84{number[1:]}", "text": text, "id": key or secrets.token_hex(8), "time": _now()}
        self._remember(number, "user", text)
        return await self.post(message)

    async def post(self, message: dict[str, Any]) -> httpx.Response:
        """Posts a message as the gateway does, signed."""
        body = json.dumps(message, ensure_ascii=False).encode()
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-signature": signature}
        return await self._client.post(self._webhook, content=body, headers=headers)

    def _remember(self, number: str, sender: str, text: str) -> None:
        entry = {"id": len(self.messages) + 1, "user": number, "from": sender, "text": text, "at": _now()}
        self.messages.append(entry | ({"cost": size(text)} if sender == "oa" else {}))

    async def _take(self, request: Request) -> Response:
        planned = self.plan.pop(0) if self.plan else None
        early = before(planned)
        if early:
            return early
        if request.headers.get("authorization") != f"Bearer {self._key}":
            return JSONResponse({"code": 1}, 401)
        data = await request.json()
        code = self._refusal(data) or (planned if isinstance(planned, int) else None)
        if code:
            return JSONResponse({"code": code})
        self._remember(f"0{data['to'][2:]}", "oa", data["text"])
        answer = JSONResponse({"code": 0, "message": {"id": f"sms-{len(self.messages)}"}})
        return await after(planned, answer, self.slow_seconds)

    def _refusal(self, data: Any) -> int | None:
        """Refuses what the network would: another's number, too long a text."""
        if not isinstance(data, dict) or not isinstance(data.get("text"), str) or not data["text"]:
            return 2
        number = str(data.get("to", ""))
        if not (number.isdecimal() and number.startswith("84") and len(number) == 11):
            return 3
        return 4 if size(data["text"]) > self.longest else None

    async def close(self) -> None:
        """Ends."""
        await self._client.aclose()


def size(text: str) -> int:
    """Counts the SMS that a text costs, as a network counts them."""
    if all(char in _GSM for char in text):
        used, single, joined = len(text) + sum(char in _TWICE for char in text), _SINGLE_GSM, 153
    else:
        used, single, joined = len(text.encode("utf-16-le")) // 2, _SINGLE_UNICODE, 67
    return 1 if used <= single else -(-used // joined)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


async def repeat(gateway: SmsGateway, message: dict[str, Any], times: int) -> list[int]:
    """Posts one message several times at once, as gateways do that heard no answer; returns the statuses."""
    answers = await asyncio.gather(*(gateway.post(message) for _ in range(times)))
    return [answer.status_code for answer in answers]
