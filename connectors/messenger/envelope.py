"""Opens a webhook's envelope: entry × (messaging, standby, changes), each item on its own.

An item that is not of the contract's shape is left out; the others are not lost with it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

Where = Literal["messaging", "standby", "changes"]
_PLACES: tuple[Where, ...] = ("messaging", "standby", "changes")
_AHEAD = datetime.timedelta(days=1)  # clocks differ, but not by more
_MILLISECONDS_FROM = 10**11  # as seconds that is the year 5138, as milliseconds 1973


class NotAnEnvelope(ValueError):
    """The body is no JSON object."""


class OtherObject(ValueError):
    """The envelope is about something that is no page."""


@dataclass(frozen=True)
class Item:
    """One item of a delivery. "standby": another app has the thread; "changes": no conversation."""

    page: str
    where: Where
    data: dict[str, Any]
    at: datetime.datetime | None


def read(body: bytes) -> list[Item | None]:
    """Returns the items of a delivery, oldest first; None stands for one that cannot be read.

    Raises:
        NotAnEnvelope: if the body is no JSON object.
        OtherObject: if its `object` is not "page".
    """
    data = _json(body)
    if not isinstance(data, dict):
        raise NotAnEnvelope("no object")
    if data.get("object") != "page":
        raise OtherObject
    items = list(_items(data.get("entry")))
    now = datetime.datetime.now(datetime.UTC)
    # Meta does not promise the order of a batch. Where a time is missing, an item stays behind those with one.
    return sorted(items, key=lambda item: item.at or now if item else now)


def _items(entries: Any) -> Iterator[Item | None]:
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            yield None
            continue
        page, about = _text(entry.get("id")), time_of(entry.get("time"))
        for where in _PLACES:
            if where not in entry:
                continue
            listed = entry[where]
            for item in listed if isinstance(listed, list) else [None]:
                if isinstance(item, dict):
                    yield Item(page, where, item, time_of(item.get("timestamp")) or about)
                else:
                    yield None


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def time_of(value: Any) -> datetime.datetime | None:
    """Reads a time that may be a number or a text, of milliseconds or of seconds; None if it is none, or lies ahead."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
        seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
        found = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    ahead = found - datetime.datetime.now(datetime.UTC)
    return found if seconds > 0 and ahead < _AHEAD else None


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    # A text cut inside an emoji has half a surrogate pair: orjson refuses the whole batch, the standard reader
    # does not.
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnEnvelope("not JSON") from error
