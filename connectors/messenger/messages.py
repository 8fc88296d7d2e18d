"""The shapes of messages that the Send API takes, and how long they may be.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

#: The guide says "less than 2,000", an error "less than or equal to", neither says what is counted; and one large
#: vendor stops at 1,994. A margin costs nothing.
TEXT_LIMIT = 1900
TEMPLATE_TEXT = 640
MOST_QUICK_REPLIES = 13
MOST_BUTTONS = 3
MOST_CARDS = 10
TITLE = 20
CARD_TITLE = 80
PAYLOAD = 1000
#: Comes back in the echo of each message: it is ours, whatever app id the echo names.
MARK = "vssid-assistant"

Message = dict[str, Any]


def text(words: str, quick_replies: Sequence[Message] = ()) -> Message:
    """A text, with quick replies below it that vanish with the next message."""
    return {"text": words, "metadata": MARK} | ({"quick_replies": list(quick_replies)} if quick_replies else {})


def quick_reply(title: str, payload: str) -> Message:
    """A quick reply; a tap comes back as a message with its title and payload."""
    return {"content_type": "text", "title": title, "payload": payload}


def postback(title: str, payload: str) -> Message:
    """A button of a template; it stays, and a press comes back as a postback."""
    return {"type": "postback", "title": title, "payload": payload}


def link(title: str, url: str) -> Message:
    """A button that opens a page."""
    return {"type": "web_url", "title": title, "url": url}


def buttons(words: str, shown: Sequence[Message], quick_replies: Sequence[Message] = ()) -> Message:
    """A text of at most 640 with up to three buttons, and quick replies below that vanish with the next message."""
    message = _template({"template_type": "button", "text": words, "buttons": list(shown)})
    return message | ({"quick_replies": list(quick_replies)} if quick_replies else {})


def card(title: str, subtitle: str = "", image_url: str = "", shown: Sequence[Message] = (), url: str = "") -> Message:
    """One element of a generic template; it needs something beside its title."""
    return {"title": title} | {
        name: value
        for name, value in (
            ("subtitle", subtitle),
            ("image_url", image_url),
            ("default_action", {"type": "web_url", "url": url} if url else None),
            ("buttons", list(shown)),
        )
        if value
    }


def cards(elements: Sequence[Message]) -> Message:
    """Up to ten cards side by side."""
    return _template({"template_type": "generic", "elements": list(elements)})


def media(kind: Literal["image", "audio", "video", "file"], url: str = "", attachment_id: str = "") -> Message:
    """A picture, sound, film or file by its address, or by the id that an upload gave."""
    payload: Message = {"url": url, "is_reusable": True} if url else {"attachment_id": attachment_id}
    return {"attachment": {"type": kind, "payload": payload}, "metadata": MARK}


def of_media(given: Any) -> Message | None:
    """Returns the message for the `media` of an outbox body, or None if there is no such kind.

    Shapes: {"kind": "image", "audio", "video" or "file", "url" or "attachment_id"};
    {"kind": "cards", "cards": [{"title", "subtitle", "image_url", "url", "buttons": [{"title", "payload" or "url"}]}]}.
    """
    match given:
        case {"kind": "image" | "audio" | "video" | "file" as kind, "url": str(url)}:
            return media(kind, url=url)
        case {"kind": "image" | "audio" | "video" | "file" as kind, "attachment_id": str(key)}:
            return media(kind, attachment_id=key)
        case {"kind": "cards", "cards": [_, *_] as found}:
            return cards([_card(one) for one in found[:MOST_CARDS]])
    return None


def _card(given: dict[str, Any]) -> Message:
    shown = [
        link(one["title"][:TITLE], one["url"]) if "url" in one else postback(one["title"][:TITLE], one["payload"])
        for one in given.get("buttons", [])[:MOST_BUTTONS]
    ]
    line = {name: str(given.get(name, ""))[:CARD_TITLE] for name in ("title", "subtitle")}
    return card(line["title"], line["subtitle"], given.get("image_url", ""), shown, given.get("url", ""))


def _template(payload: Message) -> Message:
    return {"attachment": {"type": "template", "payload": payload}, "metadata": MARK}
