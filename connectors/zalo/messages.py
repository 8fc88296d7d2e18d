"""The shapes of messages that Zalo takes on /v3.0/oa/message/cs, and how long they may be."""

from __future__ import annotations

import unicodedata
from typing import Any

from connectors.base.text import parts, with_menu

TEXT_LIMIT = 2000
MOST_BUTTONS = 5
_TITLE, _PAYLOAD = 100, 1000
_FORM_TITLE, _FORM_SUBTITLE = 100, 500


def length(text: str) -> int:
    """Counts as the stricter of two counts would: Zalo does not say whether an emoji is one character or two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str) -> list[str]:
    """Splits a text into parts that Zalo takes."""
    found = parts(unicodedata.normalize("NFC", text), TEXT_LIMIT)
    return [small for part in found for small in ([part] if length(part) <= TEXT_LIMIT else parts(part, 1000))]


def with_numbers(text: str, buttons: list[dict[str, Any]], language: str | None = None) -> list[str]:
    """Returns the text with its buttons as a numbered menu, in as many parts as that needs."""
    whole = with_menu(text, buttons, language)
    return (
        [whole] if length(whole) <= TEXT_LIMIT else [*pieces(text), *pieces(with_menu("", buttons, language).strip())]
    )


def fit_a_card(buttons: list[dict[str, Any]]) -> bool:
    """Tells whether a card can show all the buttons; a menu of more is numbered, so that none is lost."""
    return len(buttons) <= MOST_BUTTONS and all(length(str(button["payload"])) <= _PAYLOAD for button in buttons)


def link_of(body: dict[str, Any]) -> dict[str, str] | None:
    """Returns the link of an outbox body that a card has room for; its address stands in the text, too."""
    link = body.get("link")
    has_room = len(body.get("buttons") or []) < MOST_BUTTONS
    return link if isinstance(link, dict) and has_room and length(link["url"]) <= _PAYLOAD else None


def text(words: str, quote: str = "") -> dict[str, Any]:
    """A text; `quote` is the id of a message it answers."""
    return {"text": words} | ({"quote_message_id": quote} if quote else {})


def card(words: str, buttons: list[dict[str, Any]], link: dict[str, str] | None = None) -> dict[str, Any]:
    """A text with buttons; a press comes back as an ordinary text that is the payload, that of `link` opens a page."""
    opened = [{"title": link["title"][:_TITLE], "type": "oa.open.url", "payload": {"url": link["url"]}}] if link else []
    shown = opened + [
        {"title": button["title"][:_TITLE], "type": "oa.query.show", "payload": button["payload"]} for button in buttons
    ]
    return _template({"buttons": shown}) | {"text": words}


def image(words: str = "", url: str = "", attachment_id: str = "") -> dict[str, Any]:
    """A picture by its address, or by the id that an upload gave."""
    element = {"media_type": "image"} | ({"url": url} if url else {"attachment_id": attachment_id})
    return _template({"template_type": "media", "elements": [element]}) | ({"text": words} if words else {})


def gif(attachment_id: str, width: int, height: int) -> dict[str, Any]:
    """An animated picture that was uploaded."""
    element = {"media_type": "gif", "attachment_id": attachment_id, "width": width, "height": height}
    return _template({"template_type": "media", "elements": [element]})


def sticker(attachment_id: str) -> dict[str, Any]:
    """A sticker."""
    element = {"media_type": "sticker", "attachment_id": attachment_id}
    return _template({"template_type": "media", "elements": [element]})


def file(token: str) -> dict[str, Any]:
    """A document that was uploaded."""
    return {"attachment": {"type": "file", "payload": {"token": token}}}


def ask_for_details(title: str, subtitle: str, image_url: str) -> dict[str, Any]:
    """A form in which the person may share name, phone and address; it comes back as `user_submit_info`."""
    element = {"title": title[:_FORM_TITLE], "subtitle": subtitle[:_FORM_SUBTITLE], "image_url": image_url}
    return _template({"template_type": "request_user_info", "elements": [element]})


def of_media(media: dict[str, Any], words: str) -> dict[str, Any] | None:
    """Returns the message for the `media` of an outbox body, or None if there is no such kind.

    Shapes: {"kind": "image", "url" or "attachment_id"}, {"kind": "gif", "attachment_id", "width", "height"},
    {"kind": "sticker", "attachment_id"}, {"kind": "file", "token"}, {"kind": "form", "title", "subtitle", "image_url"}.
    """
    match media:
        case {"kind": "image", "url": str(url)}:
            return image(words, url=url)
        case {"kind": "image", "attachment_id": str(key)}:
            return image(words, attachment_id=key)
        case {"kind": "gif", "attachment_id": str(key), "width": int(width), "height": int(height)}:
            return gif(key, width, height)
        case {"kind": "sticker", "attachment_id": str(key)}:
            return sticker(key)
        case {"kind": "file", "token": str(token)}:
            return file(token)
        case {"kind": "form", "title": str(title), "subtitle": str(subtitle), "image_url": str(url)}:
            return ask_for_details(title, subtitle, url)
    return None


def _template(payload: dict[str, Any]) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}
