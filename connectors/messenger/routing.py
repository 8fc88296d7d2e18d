"""Who answers a person: our app, or a colleague in Meta's inbox, or another app (Conversation Routing).

A message that the page sent and we did not, or the thread's control passing to somebody else, means that
a colleague answers: the assistant is silent there for a time, or until control comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from connectors.messenger.address import id_of
from connectors.messenger.envelope import Item
from connectors.messenger.messages import MARK

#: Meta's own inbox, as an owner of threads; its pages disagree about the number.
PAGE_INBOX = frozenset({"26390203743090", "263902037430900"})


@dataclass(frozen=True)
class Control:
    """A change of who answers. `app` is the other app, empty where it is not named."""

    kind: Literal["taken", "given_back", "asked"]
    how: str  # to count by
    app: str = ""


def control_of(item: Item, app_id: str) -> Control | None:
    """Returns the change that an item tells of, None if it tells of none.

    Args:
        item: from `messaging` or `standby`.
        app_id: ours; empty if it is not known, then only marks tell our echoes.
    """
    message = item.data.get("message")
    if isinstance(message, dict) and message.get("is_echo"):
        return _of_echo(message, app_id)
    for name, reader in _READERS.items():
        if isinstance(part := item.data.get(name), dict):
            return reader(part, app_id)
    return None


def _of_echo(echo: dict[str, Any], app_id: str) -> Control | None:
    sender = id_of(echo.get("app_id"))
    if echo.get("metadata") == MARK or (sender and sender == app_id):
        return None
    if not app_id and sender not in PAGE_INBOX:
        return None  # it may be ours
    return Control("taken", "echo", sender)


def _passed(part: dict[str, Any], app_id: str) -> Control:
    owner = id_of(part.get("new_owner_app_id"))
    ours = owner == app_id if owner else id_of(part.get("previous_owner_app_id")) != app_id
    return Control("given_back", "pass") if ours else Control("taken", "pass", owner)


def _taken(part: dict[str, Any], app_id: str) -> Control:
    owner = id_of(part.get("new_owner_app_id"))
    return Control("given_back", "take") if owner and owner == app_id else Control("taken", "take", owner)


def _asked(part: dict[str, Any], app_id: str) -> Control | None:
    other = id_of(part.get("requested_owner_app_id"))
    return Control("asked", "request", other) if other and other != app_id else None


_READERS = {"pass_thread_control": _passed, "take_thread_control": _taken, "request_thread_control": _asked}
