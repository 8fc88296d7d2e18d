"""Reads Zalo OA webhook events: payload shapes of the contract, one event a request."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from assistant.messages.events import Event
from connectors.zalo.address import CHANNEL, Address
from connectors.zalo.settings import ZaloApp

GREET = "#greet"
_MEDIA = frozenset(
    {"image", "gif", "link", "audio", "video", "sticker", "location", "business_card", "file"}  # as Event.media
)
_FROM_USER, _FROM_VISITOR, _ECHO = "user_send_", "anonymous_send_", "oa_send_"
#: Names of the contract that nobody is answered for; they are counted by name, everything else as "unknown".
_SILENT = frozenset(
    {"unfollow", "update_user_info", "user_received_message", "user_seen_message", "user_reacted_message"}
    | {"oa_reacted_message", "add_user_to_tag", "remove_user_from_tag", "remove_tag", "oa_send_consent"}
    | {"user_reply_consent", "user_call_oa", "oa_call_user", "widget_interaction_accepted", "extension_purchased"}
    | {"widget_failed_to_sync_user_external_id", "change_template_status", "change_template_quality"}
    | {"change_oa_daily_quota", "user_feedback", "user_click_response_button", "event_journey_acknowledged"}
    | {"event_journey_time_out", "user_submit_info", "user_withdraw", "follow", "user_click_chatnow"}
)
#: Zalo's ids are decimal or hexadecimal; anything else may not even be storable.
_ID = re.compile(r"[\w-]{1,128}", re.ASCII)
_SEPARATORS = re.compile(r"[\s.()\-]")
_PHONE = re.compile(r"[+(]{0,2}\d(?:[\s.()\-]{0,3}\d){7,14}")
#: A kind of message that the contract does not name (yet): its words count, and who sent it.
_OTHER = "other"
_MOST_RECEIPTS = 100
_THUMBS = {"/-strong": True, "/-heart": True, "/-weak": False}


class NotAnEvent(ValueError):
    """The body is no JSON object of the contract."""


@dataclass(frozen=True)
class Reading:
    """What one webhook says, and what it asks of us.

    `event` goes to the inbox. `colleague` is set where a person answered in the OA's own tool; `withdrawn` names
    the conversations of somebody who wants their data removed; `delivered`, `seen` and `rated` name messages of ours.
    """

    name: str  # to count by
    known: bool = True  # the account is one of ours
    address: Address | None = None
    event: Event | None = None
    colleague: bool = False
    withdrawn: tuple[Address, ...] = ()
    delivered: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    rated: tuple[str, bool] | None = None  # a message of ours, and whether it was good
    at: datetime.datetime | None = None


def parse(body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a request.

    Raises:
        NotAnEvent: if it is none, or has no event name.
    """
    try:
        data = _json(body)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent("not JSON") from error
    if not isinstance(data, dict) or not isinstance(data.get("event_name"), str):
        raise NotAnEvent("no event_name")
    return data


def _json(body: bytes) -> Any:
    """Returns the value; half a surrogate pair, which a cut message may end in, is no reason to refuse it."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        if b"\\u" not in body:
            raise
        return json.loads(body)


def oa_of(data: dict[str, Any]) -> str:
    """Returns the account an event is for: named, or the one of the two parties that is no user."""
    named = _id(data.get("oa_id"))
    if named:
        return named
    name = data["event_name"]
    from_oa = name.startswith("oa_") or name in ("user_received_message", "user_seen_message")
    return _party(data, "sender" if from_oa else "recipient")


def read(data: dict[str, Any], body: bytes, app: ZaloApp) -> Reading:
    """Returns what an event says."""
    name = data["event_name"]
    oa = app.find(oa_of(data))
    at = _sent_at(data)
    known = name in _SILENT or (_kind(name) or _OTHER) != _OTHER
    counted = name if known else ("group" if "_group" in name else "unknown")
    if name == "user_withdraw":
        return Reading(counted, withdrawn=_withdrew(data, app), at=at)
    if oa is None:
        return Reading(counted, known=False, at=at)
    reader = _READERS.get(name) or next((r for start, r in _BY_START if name.startswith(start) and _kind(name)), None)
    given = _Given(counted, data, body, app.named(oa), at)
    return reader(given) if reader else Reading(counted, at=at)


@dataclass(frozen=True)
class _Given:
    """An event on its way through a reader."""

    name: str
    data: dict[str, Any]
    body: bytes
    oa: str  # empty: the default account
    at: datetime.datetime | None

    @property
    def message(self) -> dict[str, Any]:
        found = self.data.get("message")
        return found if isinstance(found, dict) else {}

    @property
    def message_id(self) -> str:
        return _id(self.message.get("msg_id"))

    def key(self, user: str) -> str:
        """Returns the id of an event that has no message id: a retry repeats name, person and time."""
        if self.at is None:
            return hashlib.sha256(self.body).hexdigest()
        return f"{self.data['event_name']} {self.oa} {user} {self.at.timestamp():.3f}"

    def reading(self, address: Address | None, **more: Any) -> Reading:
        return Reading(self.name, address=address, at=self.at, **more)

    def event(self, address: Address, kind: Any, event_id: str, **more: Any) -> Event:
        return Event(CHANNEL, event_id, address.conversation, kind, sent_at=self.at, **more)


def _said(given: _Given) -> Reading:
    """A message of a user or of a visitor without a log-in."""
    user = _party(given.data, "sender")
    chat = ""
    name = given.data["event_name"]
    if name.startswith(_FROM_VISITOR):
        chat = _id(given.message.get("conversation_id")) or _id(given.data.get("conversation_id"))
        if not chat:
            return given.reading(None)
    if not user:
        return given.reading(None)
    address = Address(user, given.oa, chat)
    event_id = given.message_id or given.key(user)
    text, media = _text(given.message.get("text")), _kind(name) or ""
    if media == "text":
        event = given.event(address, "text", event_id, text=text)
    elif text.strip():
        event = given.event(address, "text", event_id, text=text, media=media, picture=_picture(given, media))
    else:
        event = given.event(address, "media", event_id, media=media, picture=_picture(given, media))
    return given.reading(address, event=event)


def _picture(given: _Given, media: str) -> str:
    """Returns where the first image is."""
    attachments = given.message.get("attachments") if media == "image" else None
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    payload = first.get("payload") if isinstance(first, dict) else None
    return _text(payload.get("url")) if isinstance(payload, dict) else ""


def _came(given: _Given) -> Reading:
    """A follower, or somebody who opens the chat for the first time: greeted once a day at most."""
    user = _party(given.data, "follower") or _id(given.data.get("user_id"))
    if not user:
        return given.reading(None)
    address = Address(user, given.oa)
    # Opening the chat and following often come together.
    event_id = f"came {given.oa} {user} {given.at:%Y-%m-%d}" if given.at else given.key(user)
    return given.reading(address, event=given.event(address, "payload", event_id, payload=GREET))


def _shared(given: _Given) -> Reading:
    """A form about the person that they sent: only the phone number is taken, as if they had typed it."""
    user = _party(given.data, "sender")
    info = given.data.get("info")
    phone = str(info.get("phone", "")).strip() if isinstance(info, dict) else ""
    if not user or not _PHONE.fullmatch(phone):
        return given.reading(Address(user, given.oa) if user else None)
    address = Address(user, given.oa)
    number = _SEPARATORS.sub(
        "", phone
    )  # "84.901.000.123" reads like an amount where nothing says that it is a telephone's
    return given.reading(address, event=given.event(address, "text", given.key(user), text=number))


def _echo(given: _Given) -> Reading:
    """A message of the account: our own, unless it names the colleague who typed it."""
    user, sender = _party(given.data, "recipient"), given.data.get("sender")
    typed = bool(user) and isinstance(sender, dict) and _id(sender.get("admin_id")) != ""
    address = Address(user, given.oa, _id(given.message.get("conversation_id"))) if user else None
    return given.reading(address, colleague=typed)


def _received(given: _Given) -> Reading:
    user = _party(given.data, "recipient")
    if not user or "tracking_id" in given.message:  # a template message sent to a phone number
        return given.reading(None)
    ids = (given.message_id,) if given.message_id else ()
    return given.reading(Address(user, given.oa), delivered=ids)


def _seen(given: _Given) -> Reading:
    user, ids = _party(given.data, "recipient"), given.message.get("msg_ids")
    found = tuple(filter(None, map(_id, ids[:_MOST_RECEIPTS]))) if isinstance(ids, list) else ()
    return given.reading(Address(user, given.oa), seen=found) if user else given.reading(None)


def _reacted(given: _Given) -> Reading:
    """A thumb or a heart at a message of ours; other faces say too little."""
    user, icon = _party(given.data, "sender"), given.message.get("react_icon")
    good = _THUMBS.get(icon) if isinstance(icon, str) else None
    rated = (given.message_id, good) if given.message_id and good is not None else None
    return given.reading(Address(user, given.oa), rated=rated) if user else given.reading(None)


def _withdrew(data: dict[str, Any], app: ZaloApp) -> tuple[Address, ...]:
    """Somebody withdrew from the app: wherever they wrote to one of its accounts, their data goes."""
    user = _id(data.get("user_id")) or _party(data, "sender")
    return tuple(Address(user, app.named(oa)) for oa in app.oas) if user else ()


_READERS: dict[str, Callable[[_Given], Reading]] = {
    "follow": _came,
    "user_click_chatnow": _came,
    "user_submit_info": _shared,
    "user_received_message": _received,
    "user_seen_message": _seen,
    "user_reacted_message": _reacted,
}
_BY_START: tuple[tuple[str, Callable[[_Given], Reading]], ...] = (
    (_FROM_USER, _said),
    (_FROM_VISITOR, _said),
    (_ECHO, _echo),
)


def _kind(name: str) -> str | None:
    """Returns what an event of a message carries ("text", "image", …), or None if it is of no message."""
    if "_group" in name:
        return None
    for start in (_FROM_USER, _FROM_VISITOR, _ECHO):
        if name.startswith(start):
            kind = name.removeprefix(start).removeprefix("anonymous_")
            return kind if kind in _MEDIA or kind in ("text", "list") else (_OTHER if kind else None)
    return None


def _text(value: Any) -> str:
    """Returns a text that can be stored; half a surrogate pair becomes a replacement character."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _id(value: Any) -> str:
    """Returns an id as text; empty where there is none, or none that can be kept."""
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found if _ID.fullmatch(found) else ""


def _party(data: dict[str, Any], role: str) -> str:
    party = data.get(role)
    return _id(party.get("id")) if isinstance(party, dict) else ""


def _sent_at(data: dict[str, Any]) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromtimestamp(int(str(data.get("timestamp"))) / 1000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
