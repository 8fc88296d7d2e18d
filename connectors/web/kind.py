"""The web chat among the channels: the node itself serves it, since its people fetch their answers."""

from __future__ import annotations

from typing import Any

from connectors.base.kind import Bubble, Kind, Layout, picture_of
from connectors.web.chat import LARGEST_BODY


def _layout() -> Layout:
    def lay(body: dict[str, Any]) -> list[Bubble]:
        titles = tuple(button["title"] for button in body.get("buttons") or [])
        link = (f"{body['link']['title']} ↗",) if body.get("link") else ()
        return [Bubble(body["text"], (*link, *titles), len(body["text"]), 0, picture_of(body))]

    return lay


KIND = Kind("web", "Trang web", LARGEST_BODY, "connectors/web/chat.py", layout=_layout)
