"""Reads what people did: one `Event` for a text, a tapped button, a picture, a link that led here.

Receipts, reactions, echoes and whatever else Meta tells are no events. What is not of the contract's
shape is none either: it must not stop the others of its batch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from assistant.messages.events import Event
from connectors.messenger.address import CHANNEL, Address, id_of, party_of
from connectors.messenger.envelope import Item
from connectors.messenger.settings import MessengerApp

GREET = "#greet"
#: Kinds of attachments of the contract; any other counts as "other".
_MEDIA = frozenset(
    {"image", "audio", "video", "file", "sticker", "location", "fallback", "reel", "ig_reel", "post", "ig_post"}
    | {"template", "appointment_booking"}
)
#: The thumb beside the input field, in its three sizes: people mean "OK" by it.
_THUMBS = frozenset({"369239263222822", "369239343222814", "369239383222810"})
_THUMB = "👍"
_JUDGED = {"like": True, "love": True, "dislike": False}
_PAYLOAD = re.compile(r"#[a-z][a-z0-9_]*(?:/[a-z0-9_]+)?", re.ASCII)
_GET_STARTED = re.compile(r"get.?started|bắt đầu", re.IGNORECASE)
_MID = re.compile(r"[!-~]{1,256}")  # printable ASCII


def conversation_of(item: Item, app: MessengerApp) -> Address | None:
    """Returns whose conversation an item belongs to, None if it names nobody or a page that is not ours."""
    page = app.find(item.page)
    if page is None:
        return None
    parties = [party_of(item.data.get(name)) for name in ("sender", "recipient", "optin")]
    user = next((party for party in parties if party and party != item.page), "")
    return Address(user, "" if app.is_default(page) else page.id) if user else None


def event_of(
    item: Item, address: Address, refs: Mapping[str, str], titles: Mapping[str, str] = MappingProxyType({})
) -> Event | None:
    """Returns the event a person caused, None for everything else.

    Args:
        item: from `messaging`; what another app answers (`standby`) is not read.
        address: whose conversation it is.
        refs: what links to the page may ask for ("m.me/PAGE?ref=NAME"): name → payload.
        titles: the page's menu and questions, each with its language: which one was pressed tells what the person's
            Messenger speaks; Meta says it nowhere else.
    """
    sender = party_of(item.data.get("sender"))
    if sender == item.page or (not sender and "optin" not in item.data):
        return None
    for name, reader in _READERS.items():
        if isinstance(part := item.data.get(name), dict):
            found = reader(part, refs)
            if found is None:
                return None
            key = found.pop("key", "") or _digest(item.data)
            locale = titles.get(found.get("text", ""), "") if name == "postback" else ""
            return Event(CHANNEL, key, address.conversation, sent_at=item.at, locale=locale, **found)
    return None


def edit_of(item: Item) -> str:
    """Returns the mid of the message that an item edits; an empty text if it is no edit."""
    edit = item.data.get("message_edit")
    return _mid(edit.get("mid")) if isinstance(edit, dict) else ""


def rating_of(item: Item) -> tuple[str, bool | None] | None:
    """Returns the message that a thumb or a heart judges, and how; None as judgement takes it back."""
    found = item.data.get("reaction")
    if item.where != "messaging" or not isinstance(found, dict) or not (mid := _mid(found.get("mid"))):
        return None
    if found.get("action") == "unreact":
        return mid, None
    kind = found.get("reaction")
    return (mid, _JUDGED[kind]) if isinstance(kind, str) and kind in _JUDGED else None


def name_of(item: Item) -> str:
    """Returns what an item is, to count by."""
    message = item.data.get("message")
    if isinstance(message, dict):
        return "echo" if message.get("is_echo") else "message"
    return next((name for name in _NAMES if name in item.data), "unknown")


Reading = dict[str, Any] | None


def _message(message: dict[str, Any], refs: Mapping[str, str]) -> Reading:
    if message.get("is_echo") or message.get("is_deleted"):
        return None
    key = _mid(message.get("mid"))
    text = text_of(message.get("text"))
    reply = message.get("quick_reply")
    tapped = text_of(reply.get("payload")) if isinstance(reply, dict) else ""
    if _PAYLOAD.fullmatch(tapped):
        return {"key": key, "kind": "payload", "payload": tapped, "text": text}
    # A tapped telephone number or address comes as payload, too; so does what another app's button means.
    text = text if text.strip() else tapped
    media = _media(message.get("attachments")) or ("other" if message.get("is_unsupported") else "")
    picture = _picture(message.get("attachments")) if media == "image" else ""
    if text.strip() or not media:
        return {
            "key": key, "kind": "text", "text": text, "media": "" if media == "thumb" else media, "picture": picture,
        }  # fmt: skip
    if media == "thumb":
        return {"key": key, "kind": "text", "text": _THUMB}
    return {"key": key, "kind": "media", "media": media, "picture": picture}


def _picture(attachments: Any) -> str:
    """Returns where the first image is."""
    for attachment in attachments if isinstance(attachments, list) else []:
        if isinstance(attachment, dict) and attachment.get("type") == "image":
            payload = attachment.get("payload")
            return text_of(payload.get("url")) if isinstance(payload, dict) else ""
    return ""


def _media(attachments: Any) -> str:
    """Returns what was attached: one word for all, as one sticker came as sticker and image for years."""
    kinds = []
    for attachment in attachments if isinstance(attachments, list) else []:
        if not isinstance(attachment, dict):
            continue
        kind = attachment.get("type")
        payload = attachment.get("payload")
        sticker = id_of(payload.get("sticker_id")) if isinstance(payload, dict) else ""
        if sticker:
            kinds.append("thumb" if sticker in _THUMBS else "sticker")
        else:
            kinds.append(kind if isinstance(kind, str) and kind in _MEDIA else "other")
    return next((kind for kind in kinds if kind in ("thumb", "sticker")), kinds[0] if kinds else "")


def _postback(postback: dict[str, Any], refs: Mapping[str, str]) -> Reading:
    key, title, payload = _mid(postback.get("mid")), text_of(postback.get("title")), text_of(postback.get("payload"))
    referral = postback.get("referral")
    if isinstance(referral, dict) and (wanted := refs.get(text_of(referral.get("ref")))):
        return {"key": key, "kind": "payload", "payload": wanted, "text": title}
    if _PAYLOAD.fullmatch(payload):
        return {"key": key, "kind": "payload", "payload": payload, "text": title}
    if _GET_STARTED.search(payload) or not (title.strip() or payload.strip()):
        return {"key": key, "kind": "payload", "payload": GREET, "text": title}
    # A button of an earlier bot: its words are read as if they had been typed.
    return {"key": key, "kind": "text", "text": title if title.strip() else payload}


def _referral(referral: dict[str, Any], refs: Mapping[str, str]) -> Reading:
    return {"kind": "payload", "payload": refs.get(text_of(referral.get("ref")), GREET)}


def _optin(optin: dict[str, Any], refs: Mapping[str, str]) -> Reading:
    """Reads a plugin's event. Requests for notifications (`type`) are no wish to talk."""
    return None if "type" in optin else _referral(optin, refs)


def _edit(edit: dict[str, Any], refs: Mapping[str, str]) -> Reading:
    mid, text, number = _mid(edit.get("mid")), text_of(edit.get("text")), edit.get("num_edit")
    if not mid or not text.strip():
        return None
    which = number if isinstance(number, int) and 0 <= number < 1000 else hashlib.sha256(text.encode()).hexdigest()[:12]
    return {"key": f"{mid}#edit-{which}", "kind": "text", "text": text}


_READERS: dict[str, Callable[[dict[str, Any], Mapping[str, str]], Reading]] = {
    "message": _message, "postback": _postback, "message_edit": _edit, "referral": _referral,
    "optin": _optin,
}  # fmt: skip
#: Everything the contract names; the rest is "unknown".
_NAMES = (
    *_READERS, "delivery", "read", "reaction", "pass_thread_control", "take_thread_control",
    "request_thread_control", "app_roles", "account_linking", "policy_enforcement", "response_feedback", "order",
    "template", "lead", "hop_context", "form",
)  # fmt: skip


def text_of(value: Any) -> str:
    """Returns a text that can be stored; half a surrogate pair becomes a question mark."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else ""


def _mid(value: Any) -> str:
    return value if isinstance(value, str) and _MID.fullmatch(value) else ""


def _digest(data: dict[str, Any]) -> str:
    """Returns an id for an item without one: a retry repeats it word for word."""
    try:
        written = json.dumps(data, sort_keys=True)
    except RecursionError:  # nested deeper than anything of the contract
        written = repr(sorted(data))
    return hashlib.sha256(written.encode()).hexdigest()
