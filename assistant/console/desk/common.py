"""What the rooms of the desk share: who works there, a conversation's address, and what follows an act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response

from assistant.audit import Event
from assistant.console.visit import NotHere, Refused, Visit
from assistant.desk import holding
from assistant.desk.handover import HandoverError
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

AGENT: frozenset[Role] = frozenset({"agent"})
TALK = "/console/desk/{conversation}"


@contextmanager
def refusing() -> Iterator[None]:
    """Shows what the desk refuses as a sentence."""
    try:
        yield
    except HandoverError as error:
        raise Refused(str(error), 409) from error


def path_of(conversation: str) -> str:
    """Returns the address of a conversation at the desk."""
    return f"/console/desk/{quote(conversation)}"


def number_of(visit: Visit, name: str) -> int:
    """Returns the number that a form carries."""
    given = visit.form.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise NotHere
    return int(given)


def changed(console: Console, visit: Visit, conversation: str, said: str = "") -> Response:
    """Once committed, lets a worker of this node go on with the conversation at once."""
    visit.after_commit(lambda: console.node.ready.put(conversation))
    return visit.done(path_of(conversation), said)


def leave_desk(console: Console, visit: Visit) -> list[str]:
    """Takes whoever visits from the desk; returns the conversations that were handed on, and are told so."""
    node = console.node
    moved = holding.leave(visit.connection, node.vault, node.desk, visit.me.name)
    for conversation in moved:
        visit.record(Event.DESK_GIVEN_BACK, conversation, why="left the desk")

    def wake() -> None:
        for conversation in moved:
            node.ready.put(conversation)

    visit.after_commit(wake)
    return moved


def said_of_leaving(moved: list[str]) -> str:
    """Returns what an agent reads who left with open conversations."""
    return (
        f"Bạn đã rời bàn trực. {len(moved)} cuộc trò chuyện được chuyển tiếp, người dân đã được báo." if moved else ""
    )
