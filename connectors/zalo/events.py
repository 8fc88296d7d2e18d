"""Reads Zalo OA webhook events: payload shapes of the contract, one event a request."""

from __future__ import annotations

import datetime
import hashlib
import re
from typing import Any

import orjson

from assistant.conversations.events import Event

_MEDIA = {
    "user_send_image": "image",
    "user_send_gif": "gif",
    "user_send_link": "link",
    "user_send_audio": "audio",
    "user_send_video": "video",
    "user_send_sticker": "sticker",
    "user_send_location": "location",
    "user_send_business_card": "business_card",
    "user_send_file": "file",
}


#: Zalo's ids are decimal or hexadecimal; anything else may not even be storable.
_ID = re.compile(r"[\w-]{1,128}", re.ASCII)


class NotAnEvent(ValueError):
    """The body is no JSON object of the contract."""


def parse(body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a request.

    Raises:
        NotAnEvent: if it is none, or has no event name.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotAnEvent("not JSON") from error
    if not isinstance(data, dict) or not isinstance(data.get("event_name"), str):
        raise NotAnEvent("no event_name")
    return data


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _user(data: dict[str, Any], role: str) -> str:
    party = data.get(role)
    found = party.get("id") if isinstance(party, dict) else None
    return str(found) if isinstance(found, str | int) and _ID.fullmatch(str(found)) else ""


def event_of(data: dict[str, Any], body: bytes) -> Event | None:
    """Returns the event a person caused, or None for echoes, receipts and unknown names."""
    name = data["event_name"]
    message: dict[str, Any] = data["message"] if isinstance(data.get("message"), dict) else {}
    user = _user(data, "follower") if name == "follow" else _user(data, "sender")
    if not user:
        return None
    # Events without a message id are told apart by their bytes: a retry repeats them exactly.
    message_id = _text(message.get("msg_id"))
    event_id = message_id if _ID.fullmatch(message_id) else hashlib.sha256(body).hexdigest()
    known: dict[str, Any] = {"channel": "zalo", "event_id": event_id, "conversation": f"zalo:{user}"}
    known["sent_at"] = _sent_at(data)
    if name == "user_send_text":
        return Event(kind="text", text=_text(message.get("text")), **known)
    if name in _MEDIA:
        text = _text(message.get("text"))
        if text.strip():
            return Event(kind="text", text=text, media=_MEDIA[name], **known)
        return Event(kind="media", media=_MEDIA[name], **known)
    if name == "follow":
        return Event(kind="payload", payload="#greet", **known)
    return None


def _sent_at(data: dict[str, Any]) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromtimestamp(int(str(data.get("timestamp"))) / 1000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
