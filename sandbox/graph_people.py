"""What people do on Messenger, as the items Meta tells an app of: one function for each kind of event."""

from __future__ import annotations

import secrets
from typing import Any

Item = dict[str, Any]
#: The thumb beside the input field.
THUMB = 369239263222822
#: The field of the page's subscription that each part of an item belongs to.
FIELD_OF = {
    "message": "messages",
    "postback": "messaging_postbacks",
    "optin": "messaging_optins",
    "delivery": "message_deliveries",
    "read": "message_reads",
    "reaction": "message_reactions",
    "message_edit": "message_edits",
    "referral": "messaging_referrals",
    "pass_thread_control": "messaging_handovers",
    "take_thread_control": "messaging_handovers",
    "request_thread_control": "messaging_handovers",
    "app_roles": "messaging_handovers",
    "policy_enforcement": "messaging_policy_enforcement",
}
#: Told in `standby`, too, to apps that do not have the thread.
IN_STANDBY = frozenset({"message", "delivery", "read", "postback"})


def field_of(item: Item) -> str:
    """Returns the subscription an item needs."""
    if item.get("message", {}).get("is_echo"):
        return "message_echoes"
    return next((field for part, field in FIELD_OF.items() if part in item), "")


def mid() -> str:
    """Returns an id as messages have them."""
    return f"m_{secrets.token_urlsafe(48)}"


def text(words: str, **more: Any) -> Item:
    """A text; `more` may be quick_reply, reply_to, referral, attachments."""
    return {"message": {"mid": mid(), "text": words} | more}


def quick_reply(title: str, payload: str) -> Item:
    """A tap on a quick reply."""
    return text(title, quick_reply={"payload": payload})


def attachments(*given: Item, words: str = "") -> Item:
    """Something that is no text, with or without words."""
    return {"message": {"mid": mid(), "attachments": list(given)} | ({"text": words} if words else {})}


def media(kind: str, url: str = "https://cdn.example/x") -> Item:
    """One attachment."""
    return {"type": kind, "payload": {"url": url}}


def sticker(number: int = THUMB, old: bool = False) -> Item:
    """A sticker; `old`: as before 30 August 2026, when each came as sticker and image."""
    payload = {"url": "https://cdn.example/sticker.png", "sticker_id": number}
    kinds = ("sticker", "image") if old else ("sticker",)
    return attachments(*({"type": kind, "payload": payload} for kind in kinds))


def postback(title: str, payload: str, referral: Item | None = None) -> Item:
    """A press on a button, the menu, a suggested question or "Get started"."""
    part = {"mid": mid(), "title": title, "payload": payload}
    return {"postback": part | ({"referral": referral} if referral else {})}


def referral(ref: str, source: str = "SHORTLINK") -> Item:
    """A link to the page, opened in an old thread."""
    return {"referral": {"ref": ref, "source": source, "type": "OPEN_THREAD"}}


def reaction(of: str, emoji: str = "❤", action: str = "react", kind: str = "love") -> Item:
    """A reaction to a message."""
    return {"reaction": {"reaction": kind, "emoji": emoji, "action": action, "mid": of}}


def edit(of: str, words: str, number: int = 1) -> Item:
    """A message changed by its writer."""
    return {"message_edit": {"mid": of, "text": words, "num_edit": number}}


def read(watermark: int) -> Item:
    """Everything up to a time was read."""
    return {"read": {"watermark": watermark}}


def delivered(watermark: int, *mids: str) -> Item:
    """Everything up to a time arrived; the real one has no time of its own."""
    return {"delivery": {"watermark": watermark} | ({"mids": list(mids)} if mids else {})}


def echo(message: Item, app_id: str, message_id: str) -> Item:
    """A message that the page sent, whoever wrote it."""
    shown: Item = {"mid": message_id, "is_echo": True, "app_id": int(app_id)}
    if "text" in message:
        shown["text"] = message["text"]
    if "metadata" in message:
        shown["metadata"] = message["metadata"]
    if attachment := message.get("attachment"):
        shown["attachments"] = [{"type": attachment["type"], "payload": attachment["payload"]}]
    return {"message": shown}


def control(act: str, **apps: str) -> Item:
    """A change of who answers; `act` without "_thread_control"."""
    return {f"{act}_thread_control": apps | {"metadata": ""}}


def without_payload(item: Item) -> Item:
    """Returns an item as other apps see it."""
    if "postback" in item:
        return item | {"postback": {k: v for k, v in item["postback"].items() if k != "payload"}}
    return item
