"""What people send in pieces within a second: a piece that says nothing yet waits a little, and what comes joins it.

Whether a piece says nothing yet is the engine's to know (`Unfinished`). How long one waits is counted from when it was
taken in, by the database's clock: nothing of it is kept in a process, so a restart or another node changes nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from assistant.messages.turns import Claimed

#: So many pieces may join the first.
MOST = 7
#: What a turn of a piece that was answered with a later one is called.
JOINED = "joined"
_KINDS = frozenset({"text", "media"})


class Unfinished(Exception):
    """What was said so far has no topic, tells nothing and answers nothing: more may come."""


class Piece(NamedTuple):
    """An event that waits behind the oldest."""

    inbox_id: int
    event_id: str
    kind: str
    body: dict[str, Any]


def can_wait(claimed: Claimed) -> bool:
    """Tells whether an event is words or a picture; a button says what it means."""
    return claimed.kind in _KINDS and "too_long" not in claimed.body


def joined(first: Claimed, following: Sequence[Piece], presses: Callable[[str], bool]) -> Iterator[Claimed]:
    """Yields the event alone, then with one piece more each time; what is pressed or too long ends it.

    Args:
        first: the oldest event.
        following: what waits behind it, in order.
        presses: tells whether a text presses a button.
    """
    yield first
    for piece in following:
        if piece.kind not in _KINDS or "too_long" in piece.body or presses(piece.body.get("text", "")):
            return
        first = _with(first, piece)
        yield first


def whole(claimed: Claimed) -> dict[str, Any]:
    """Returns what the last piece's event keeps of the words before it."""
    return {"whole": claimed.body["whole"]} if claimed.pieces and "whole" in claimed.body else {}


def _with(before: Claimed, piece: Piece) -> Claimed:
    body = before.body | piece.body
    if texts := _texts(before.body.get("whole") or before.body.get("text"), piece.body.get("text")):
        body["whole"] = texts
    if dropped := {*before.body.get("dropped", ()), *piece.body.get("dropped", ())}:
        body["dropped"] = sorted(dropped)
    return dataclasses.replace(
        before,
        inbox_id=piece.inbox_id,
        event_id=piece.event_id,
        kind="text" if "text" in body else piece.kind,
        body=body,
        pieces=(*before.pieces, before.inbox_id),
    )


def _texts(before: str | None, now: str | None) -> str:
    """Returns two texts as lines; what is only said again stands there once."""
    lines = [line for line in (before or "").split("\n") if line.strip()]
    return "\n".join([*lines, now] if now and now.strip() and now not in lines else lines)
