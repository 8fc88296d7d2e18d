"""Rasa's responses as replies of ours: text, buttons, quick replies, pictures, attachments and `custom`.

What a channel cannot show goes as words: an address below the text. What says nothing on any channel is no reply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assistant.messages.events import Button, Reply
from assistant.messages.shown import fitted

_LONGEST_VALUE = 200


@dataclass(frozen=True)
class Pressed:
    """What a button means: an intent, and entities that come with it."""

    label: str
    entities: tuple[dict[str, Any], ...] = field(default=())


def pressed(payload: str) -> Pressed:
    """Reads a payload as `#intent` or, as Rasa writes it, `/intent{"entity": "value"}`."""
    label, brace, rest = payload.lstrip("#/").partition("{")
    if not brace:
        return Pressed(label)
    try:
        values = json.loads(f"{{{rest}")
    except ValueError:
        return Pressed(label)
    return Pressed(label.strip(), tuple(_entities(values)))


def _entities(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, given in values.items():
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, str | int | float | bool) and len(str(value)) <= _LONGEST_VALUE:
                yield {"entity": str(name), "value": value, "start": 0, "end": 0}


def reply_of(response: dict[str, Any], channel: str = "", own: str = "") -> Reply | None:
    """Returns the reply that a response of Rasa's makes on a channel; None if it says nothing there.

    `own` is the address of our server: a picture of ours is told without it ("/pictures/…").
    """
    given = response.get("custom")
    custom: dict[str, Any] = given if isinstance(given, dict) else {}
    text = str(response.get("text") or custom.get("text") or "").strip()
    choices = [*(response.get("buttons") or ()), *(response.get("quick_replies") or ()), *_choices(custom)]
    buttons = tuple(_button(choice) for choice in choices if choice.get("title") and choice.get("payload"))
    links = [
        {"title": str(choice["title"]), "url": str(choice["url"])}
        for choice in choices
        if choice.get("title") and choice.get("url")
    ]
    said = fitted(text, _media(response, custom), links, channel, own)
    anything = said.text or buttons or said.media or said.link
    return Reply(said.text, buttons, said.media, said.link) if anything else None


def _choices(custom: dict[str, Any]) -> list[dict[str, Any]]:
    found = custom.get("buttons") or custom.get("quick_replies") or []
    return [choice for choice in found if isinstance(choice, dict)] if isinstance(found, list) else []


def _button(choice: dict[str, Any]) -> Button:
    payload = str(choice["payload"])
    return Button(str(choice["title"]), f"#{payload[1:]}" if payload.startswith("/") else payload)


def _media(response: dict[str, Any], custom: dict[str, Any]) -> Iterator[dict[str, Any]]:
    says = {"says": custom["says"]} if isinstance(custom.get("says"), str) else {}
    for image in (response.get("image"), custom.get("image")):
        if isinstance(image, str) and image:
            yield {"kind": "image", "url": image} | says
    attachment = response.get("attachment") or custom.get("attachment")
    if isinstance(attachment, str) and attachment:
        yield {"kind": "file", "url": attachment}
    elif isinstance(attachment, dict):
        payload = attachment.get("payload") or {}
        url = payload.get("url") or payload.get("src") or attachment.get("url")
        kind = attachment.get("type")
        if isinstance(url, str) and url:
            yield {"kind": kind if kind in ("image", "audio", "video") else "file", "url": url}
