"""What the Send API takes: every field of a request, and how long it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.graph_errors import GraphError, parameter

TEXT, TEMPLATE_TEXT, TITLE, PAYLOAD, METADATA = 2000, 640, 20, 1000, 1000
QUICK_REPLIES, BUTTONS, CARDS, CARD_TITLE = 13, 3, 10, 80
SENDER_ACTIONS = frozenset({"typing_on", "typing_off", "mark_seen", "react", "unreact"})
TYPES = frozenset({"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"})
RETIRED_TAGS = frozenset({"ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"})
_KEYS = frozenset(
    {"recipient", "messaging_type", "message", "sender_action", "payload", "notification_type", "tag", "reply_to"}
    | {"persona_id", "thread_control", "access_token", "appsecret_proof"}
)
_MESSAGE_KEYS = frozenset({"text", "attachment", "attachments", "quick_replies", "metadata"})
_MEDIA = frozenset({"image", "audio", "video", "file"})


def size(text: str) -> int:
    """Counts UTF-16 units, the stricter of the two ways that may be meant."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_send(body: Any, strict_type: bool = True) -> None:
    """Checks a request to /messages, without what needs to know the person.

    Raises:
        GraphError: as Meta refuses it.
    """
    if not isinstance(body, dict):
        raise parameter("The parameter recipient is required")
    _only(body, _KEYS, "request")
    _recipient(body.get("recipient"))
    message, action = body.get("message"), body.get("sender_action")
    if message is not None and action is not None:
        raise parameter("Cannot send message and user state at the same time", 2018014)
    if action is not None:
        if action not in SENDER_ACTIONS:
            raise parameter(f"Param sender_action must be one of {{{', '.join(sorted(SENDER_ACTIONS))}}}")
        return
    kind = body.get("messaging_type")
    if kind not in TYPES and (strict_type or kind is not None):
        raise parameter("Param messaging_type is required and must be RESPONSE, UPDATE or MESSAGE_TAG")
    _tag(body.get("tag"), kind)
    check_message(message)


def _recipient(recipient: Any) -> None:
    if not isinstance(recipient, dict) or not recipient:
        raise parameter("The parameter recipient is required")
    _only(recipient, frozenset({"id", "user_ref", "comment_id", "post_id"}), "recipient")
    if len(recipient) != 1 or not isinstance(next(iter(recipient.values())), str):
        raise parameter("Param recipient must have exactly one of id, user_ref, comment_id, post_id")


def _tag(tag: Any, kind: Any) -> None:
    if kind == "MESSAGE_TAG" and tag is None:
        raise parameter("Param tag is required when messaging_type is MESSAGE_TAG")
    if tag is None:
        return
    if kind != "MESSAGE_TAG":
        raise parameter("Param tag can only be used with messaging_type MESSAGE_TAG")
    if tag in RETIRED_TAGS:
        raise parameter(f"Message tag {tag} is no longer supported")
    if tag not in ("HUMAN_AGENT", "CUSTOMER_FEEDBACK"):
        raise parameter("Param tag is invalid")


def check_message(message: Any) -> None:
    """Checks a message.

    Raises:
        GraphError: as Meta refuses it.
    """
    if not isinstance(message, dict):
        raise parameter("The parameter message is required")
    _only(message, _MESSAGE_KEYS, "message")
    text, attachment = message.get("text"), message.get("attachment")
    if text is not None and attachment is not None:
        raise parameter("Message cannot have both text and attachment")
    if text is None and attachment is None and not message.get("attachments"):
        raise parameter("Message cannot be empty, must provide valid attachment or text", 2018034)
    if text is not None:
        _text(text, "message[text]", TEXT - 1)  # "less than 2000": the stricter of the two sentences
    if "metadata" in message:
        _text(message["metadata"], "message[metadata]", METADATA - 1)
    if "quick_replies" in message:
        _quick_replies(message["quick_replies"])
    if attachment is not None:
        _attachment(attachment)


def _attachment(attachment: Any) -> None:
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    if not isinstance(payload, dict):
        raise parameter("Param message[attachment][payload] is required")
    kind = attachment.get("type")
    if kind in _MEDIA:
        if not (payload.get("url") or payload.get("attachment_id")):
            raise parameter("Param message[attachment][payload] must have a url or an attachment_id", 2018074)
        return
    template = _TEMPLATES.get(payload.get("template_type")) if kind == "template" else None
    if template is None:
        raise parameter("Param message[attachment][type] or [payload][template_type] is invalid")
    template(payload)


def _button_template(payload: dict[str, Any]) -> None:
    _text(payload.get("text"), "message[attachment][payload][text]", TEMPLATE_TEXT)
    _buttons(payload.get("buttons"), 1)


def _generic_template(payload: dict[str, Any]) -> None:
    elements = payload.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= CARDS:
        raise parameter(f"Param elements must have between 1 and {CARDS} items")
    for element in elements:
        _text(element.get("title") if isinstance(element, dict) else None, "elements[title]", CARD_TITLE)
        if len(element) < 2:
            raise parameter("Element must have at least one property besides title")
        if "subtitle" in element:
            _text(element["subtitle"], "elements[subtitle]", CARD_TITLE)
        if "buttons" in element:
            _buttons(element["buttons"], 1)
        action = element.get("default_action")
        if action is not None and (not isinstance(action, dict) or "title" in action or not action.get("url")):
            raise parameter("Param default_action must be a web_url button without a title")


def _media_template(payload: dict[str, Any]) -> None:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise parameter("Media template must have exactly 1 element")
    if elements[0].get("media_type") not in ("image", "video"):
        raise parameter("Param media_type must be image or video")
    if "buttons" in elements[0]:
        _buttons(elements[0]["buttons"], 1)


_TEMPLATES: dict[Any, Callable[[dict[str, Any]], None]] = {
    "button": _button_template,
    "generic": _generic_template,
    "media": _media_template,
}


def _quick_replies(replies: Any) -> None:
    if not isinstance(replies, list) or not 1 <= len(replies) <= QUICK_REPLIES:
        raise parameter(f"Param message[quick_replies] must have between 1 and {QUICK_REPLIES} items")
    for number, reply in enumerate(replies):
        name = f"message[quick_replies][{number}]"
        kind = reply.get("content_type") if isinstance(reply, dict) else None
        if kind in ("user_phone_number", "user_email"):
            continue
        if kind != "text":
            raise parameter(f"Param {name}[content_type] must be one of text, user_phone_number, user_email")
        _text(reply.get("title"), f"{name}[title]", TITLE)
        if not (reply.get("image_url") and reply.get("payload") == ""):
            _text(reply.get("payload"), f"{name}[payload]", PAYLOAD)


def _buttons(buttons: Any, least: int) -> None:
    if not isinstance(buttons, list) or not least <= len(buttons) <= BUTTONS:
        raise parameter(f"Param buttons must have between {least} and {BUTTONS} items")
    for number, button in enumerate(buttons):
        kind = button.get("type") if isinstance(button, dict) else None
        if kind not in ("web_url", "postback", "phone_number", "account_link", "account_unlink"):
            raise parameter(f"Param buttons[{number}][type] is invalid")
        if kind in ("web_url", "postback", "phone_number"):
            _text(button.get("title"), f"buttons[{number}][title]", TITLE)
        if kind == "postback":
            _text(button.get("payload"), f"buttons[{number}][payload]", PAYLOAD)
        if kind == "phone_number" and not str(button.get("payload", "")).startswith("+"):
            raise parameter(f"Param buttons[{number}][payload] must be + and a telephone number")
        if kind == "web_url" and not str(button.get("url", "")).startswith(("https://", "http://")):
            raise parameter(f"Param buttons[{number}][url] should represent a valid URL")


def _text(value: Any, name: str, most: int) -> None:
    if not isinstance(value, str) or not value.strip():
        raise parameter(f"Param {name} must be a non-empty UTF-8 encoded string")
    if size(value) > most:
        raise parameter(f"Length of param {name} must be less than or equal to {most}")


def _only(value: dict[str, Any], known: frozenset[str], name: str) -> None:
    if unknown := sorted(set(value) - known):
        raise parameter(f'Invalid keys "{", ".join(unknown)}" were found in param "{name}".')


__all__ = ["GraphError", "check_message", "check_send"]
