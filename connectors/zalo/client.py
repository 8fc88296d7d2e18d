"""Sends consultation messages to Zalo users (POST /v3.0/oa/message/cs)."""

from __future__ import annotations

from typing import Any, Protocol

import httpx

from assistant.conversations.outbox import Sent
from connectors.text import parts, with_menu

TEXT_LIMIT = 2000
MOST_BUTTONS = 5
_REFRESH = {-216, -220}
_RETRY = {-32: 60.0, -200: 5.0}
_REJECTED_SHAPE = {-233, -201}


class Tokens(Protocol):
    """Holds the OA's access token (connectors.zalo.tokens)."""

    async def access(self) -> str:
        """Returns a token that should be good."""

    async def refresh(self, refused: str) -> str:
        """Returns a newer token than the one refused."""


class ZaloSender:
    """Implements `outbox.Sender` for Zalo OA.

    Buttons go as a card; where Zalo refuses the shape (-233, -201) they go as a numbered menu,
    from then on at once.
    """

    def __init__(self, client: httpx.AsyncClient, api_url: str, tokens: Tokens) -> None:
        self._client = client
        self._url = f"{api_url.rstrip('/')}/v3.0/oa/message/cs"
        self._tokens = tokens
        self._cards = True

    async def send(self, user: str, body: dict[str, Any], by: str = "bot") -> Sent:
        """Sends one message, in parts where it is too long; the buttons go with the last part."""
        buttons = body.get("buttons") or []
        pieces = parts(body["text"], TEXT_LIMIT - 300)
        result = Sent("sent")
        for number, piece in enumerate(pieces, 1):
            last = number == len(pieces)
            result = await self._send_part(user, piece, buttons if last else [])
            if result.outcome != "sent":
                # Parts already delivered are told apart: a retry must not repeat them unmarked.
                final = number == 1 or result.outcome == "permanent"
                return result if final else Sent("uncertain", error=result.error, retry_after=result.retry_after)
        return result

    async def _send_part(self, user: str, text: str, buttons: list[dict[str, Any]]) -> Sent:
        if buttons and self._cards:
            result = await self._post(user, _card(text, buttons))
            if result.error not in {str(code) for code in _REJECTED_SHAPE}:
                return result
            result = await self._post(user, {"text": with_menu(text, buttons)})
            # -201 also means other things (a wrong recipient): only a menu that went through shows it was the card.
            self._cards = result.outcome != "sent"
            return result
        return await self._post(user, {"text": with_menu(text, buttons) if buttons else text})

    async def _post(self, user: str, message: dict[str, Any]) -> Sent:
        payload = {"recipient": {"user_id": user}, "message": message}
        try:
            token = await self._tokens.access()
            answer = await self._call(token, payload)
            if answer.get("error") in _REFRESH:
                answer = await self._call(await self._tokens.refresh(token), payload)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Sent("retry", error="connect")
        except httpx.HTTPError as error:
            return Sent("uncertain", error=type(error).__name__)
        except TokenError as error:
            return Sent("retry", error=str(error), retry_after=30)
        return _judged(answer)

    async def _call(self, token: str, payload: dict[str, Any]) -> dict[str, Any]:
        response = await self._client.post(self._url, json=payload, headers={"access_token": token})
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "error" not in answer:  # not Zalo's, but a proxy's
            return {"error": "http", "status": response.status_code}
        return answer


class TokenError(RuntimeError):
    """No access token is to be had; the message says why."""


def _card(text: str, buttons: list[dict[str, Any]]) -> dict[str, Any]:
    shown = [
        {"title": button["title"][:100], "type": "oa.query.show", "payload": button["payload"]}
        for button in buttons[:MOST_BUTTONS]
    ]
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": shown}}}


def _judged(answer: dict[str, Any]) -> Sent:
    code = answer.get("error")
    if code == 0:
        data: dict[str, Any] = answer["data"] if isinstance(answer.get("data"), dict) else {}
        return Sent("sent", platform_id=str(data.get("message_id", "")) or None)
    if code == "http" and answer["status"] == 429:
        return Sent("retry", error="http 429", retry_after=60)
    if code == "http":
        return Sent("uncertain" if int(answer["status"]) >= 500 else "permanent", error=f"http {answer['status']}")
    if code in _RETRY:
        return Sent("retry", error=str(code), retry_after=_RETRY[code])
    if code in _REFRESH:
        return Sent("retry", error=str(code), retry_after=30)
    return Sent("permanent", error=str(code))
