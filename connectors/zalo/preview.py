"""Shows how an answer looks on Zalo, computed by the sender itself; nothing leaves the machine."""

from __future__ import annotations

import asyncio
from typing import Any

from connectors.base.kind import Bubble, Layout, picture_of
from connectors.zalo.errors import Answer
from connectors.zalo.messages import TEXT_LIMIT, length
from connectors.zalo.pace import Pace
from connectors.zalo.sender import Account, ZaloSender


class _Standing:
    """An account that takes cards, as accounts do until Zalo refuses one."""

    async def takes_cards(self) -> bool:
        return True

    async def cards_were(self, taken: bool) -> None:
        """Nothing is kept of a preview."""

    def noted(self, answer: Answer, rate: tuple[int, int] | None) -> None:
        """Nothing is kept of a preview."""


class _Wire:
    """Takes what would go to Zalo."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.pace = Pace()

    async def post(self, path: str, payload: dict[str, Any]) -> Answer:
        self.messages.append(payload["message"])
        return Answer(0, {"message_id": "preview"})


def _titles(message: dict[str, Any]) -> tuple[str, ...]:
    buttons = message.get("attachment", {}).get("payload", {}).get("buttons", [])
    return tuple(f"{one['title']} ↗" if one["type"] == "oa.open.url" else one["title"] for one in buttons)


def _lay(body: dict[str, Any]) -> list[Bubble]:
    wire = _Wire()
    sender = ZaloSender({"": Account(wire, _Standing())})  # type: ignore[arg-type]
    asyncio.run(sender.send("preview", body))
    return [_bubble(said, body) for said in wire.messages]


def _bubble(said: dict[str, Any], body: dict[str, Any]) -> Bubble:
    text, payload = said.get("text", ""), said.get("attachment", {}).get("payload", {})
    shown = picture_of(body) if payload.get("template_type") == "media" else None
    return Bubble(text, _titles(said), length(text), TEXT_LIMIT if text else 0, shown)


def layout() -> Layout:
    """Returns what lays replies out."""
    return _lay
