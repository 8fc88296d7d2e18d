"""Shows how an answer looks on Messenger, computed by the code that sends it there."""

from __future__ import annotations

from typing import Any

from connectors.base.kind import Bubble, Layout, picture_of
from connectors.base.text import utf16
from connectors.messenger.layout import messages_of
from connectors.messenger.messages import TEMPLATE_TEXT, TEXT_LIMIT
from connectors.messenger.words import our_content


def _bubble(message: dict[str, Any], body: dict[str, Any]) -> Bubble:
    attachment = message.get("attachment", {})
    template = attachment.get("payload", {})
    if attachment.get("type") == "image":
        return Bubble("", (), 0, 0, picture_of(body))
    text = template.get("text") or message.get("text", "")
    shown = [*template.get("buttons", []), *message.get("quick_replies", [])]
    titles = tuple(f"{button['title']} ↗" if "url" in button else button["title"] for button in shown)
    return Bubble(text, titles, utf16(text), TEMPLATE_TEXT if template else TEXT_LIMIT)


def layout() -> Layout:
    """Returns what lays replies out with the channel's own words."""
    words = our_content().words
    return lambda body: [_bubble(message, body) for message in messages_of(body, words)]
