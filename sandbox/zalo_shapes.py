"""What a message must look like to be taken by /v3.0/oa/message/cs."""

from __future__ import annotations

from typing import Any

from sandbox.zalo_errors import Refused
from sandbox.zalo_world import UPLOADS_LIVE, World

TEXT_LIMIT = 2000
_MOST_BUTTONS, _TITLE, _PAYLOAD = 5, 100, 1000


def check(world: World, message: Any) -> dict[str, Any]:
    """Returns what the user sees of a message: text, buttons, and the kind of medium.

    Raises:
        Refused: with the number Zalo gives for the fault.
    """
    if not isinstance(message, dict):
        raise Refused(-201, "message is invalid!")
    text, attachment = message.get("text"), message.get("attachment")
    if text is not None and not isinstance(text, str):
        raise Refused(-201, "text is invalid!")
    if attachment is None and not (text or "").strip():
        raise Refused(-201, "text is invalid!")
    # Nobody knows which count Zalo uses: the stricter one is enforced.
    if text and len(text.encode("utf-16-le")) // 2 > TEXT_LIMIT:
        raise Refused(-210)
    shown: dict[str, Any] = {"text": text or ""}
    if "quote_message_id" in message:
        shown["quote"] = _text(message["quote_message_id"], "quote_message_id")
    return shown | (_attachment(world, attachment) if attachment is not None else {})


def _attachment(world: World, attachment: Any) -> dict[str, Any]:
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    if not isinstance(attachment, dict) or not isinstance(payload, dict):
        raise Refused(-201, "attachment is invalid!")
    if attachment.get("type") == "file":
        _uploaded(world, payload.get("token"), "token")
        return {"medium": "file"}
    if attachment.get("type") != "template":
        raise Refused(-233)
    match payload.get("template_type"):
        case None if "buttons" in payload:
            if not world.policy.buttons:
                raise Refused(-233)
            return {"buttons": _buttons(payload["buttons"])}
        case "list":
            return {"buttons": _list(world, payload)}
        case "media":
            return {"medium": _medium(world, _one(payload))}
        case "request_user_info":
            return {"medium": "request_user_info", "title": _form(_one(payload))}
    raise Refused(-233)


def _one(payload: dict[str, Any]) -> dict[str, Any]:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise Refused(-201, "elements is invalid!")
    return elements[0]


def _list(world: World, payload: dict[str, Any]) -> list[dict[str, str]]:
    elements = payload.get("elements")
    if not world.policy.lists or "buttons" in payload or not isinstance(elements, list):
        raise Refused(-233)
    if len(elements) > _MOST_BUTTONS:
        raise Refused(-210)
    shown = []
    for element in elements:
        for name in ("title", "subtitle"):
            if not isinstance(element, dict) or not element.get(name):
                raise Refused(-201, f"{name} is empty")
        shown += _buttons([element["button"]] if "button" in element else [])
    return shown


def _buttons(buttons: Any) -> list[dict[str, str]]:
    if not isinstance(buttons, list) or not buttons:
        raise Refused(-201, "buttons is invalid!")
    if len(buttons) > _MOST_BUTTONS:
        raise Refused(-210)
    return [_button(button) for button in buttons]


def _button(button: Any) -> dict[str, str]:
    if not isinstance(button, dict):
        raise Refused(-201, "buttons is invalid!")
    title, payload = _text(button.get("title"), "title"), button.get("payload")
    if len(title) > _TITLE:
        raise Refused(-210)
    match button.get("type"), payload:
        case ("oa.query.show" | "oa.query.hide", str(value)) if value:
            if len(value) > _PAYLOAD:
                raise Refused(-210)
            return {"title": title, "payload": value}
        case "oa.open.url", {"url": str(url)}:
            return {"title": title, "url": url}
        case "oa.open.sms", {"phone_code": str(phone), "content": str()}:
            return {"title": title, "url": f"sms:{phone}"}
        case "oa.open.phone", {"phone_code": str(phone)}:
            return {"title": title, "url": f"tel:{phone}"}
    raise Refused(-201, "buttons is invalid!")


def _medium(world: World, element: dict[str, Any]) -> str:
    kind = element.get("media_type")
    if kind not in ("image", "gif", "sticker"):
        raise Refused(-201, "media_type is invalid!")
    if kind == "image" and "url" in element:
        if not str(element["url"]).startswith(("https://", "http://")):
            raise Refused(-201, "url is invalid!")
        return "image"
    _uploaded(world, element.get("attachment_id"), "attachment_id")
    if kind == "gif" and not all(isinstance(element.get(side), int) for side in ("width", "height")):
        raise Refused(-201, "width is invalid!")
    return str(kind)


def _form(element: dict[str, Any]) -> str:
    title, subtitle = _text(element.get("title"), "title"), _text(element.get("subtitle"), "subtitle")
    _text(element.get("image_url"), "image_url")
    if len(title) > _TITLE or len(subtitle) > 500:
        raise Refused(-210)
    return title


def _uploaded(world: World, key: Any, name: str) -> None:
    if key not in world.uploads:
        raise Refused(-201, f"{name} is invalid!")
    if world.now - world.uploads[key] > UPLOADS_LIVE:
        raise Refused(-100)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(-201, f"{name} is empty")
    return value
