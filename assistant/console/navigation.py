"""The navigation: what each room shows of itself, to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.staff.model import Role

#: The groups of the navigation, in their order.
GROUPS = ("", "Trực bàn", "Nội dung", "Theo dõi", "Quản trị")


@dataclass(frozen=True)
class Entry:
    """One line of the navigation.

    `badge` names a number of `/console/counts` that stands beside it; `about` says on the first page what it is for.
    """

    title: str
    path: str
    group: str
    roles: frozenset[Role]
    badge: str = ""
    about: str = ""


def seen_by(entries: Iterable[Entry], roles: frozenset[Role]) -> list[tuple[str, list[Entry]]]:
    """Returns the groups and entries that somebody with these roles may open."""
    mine = [entry for entry in entries if entry.roles & roles]
    groups = [(group, [entry for entry in mine if entry.group == group]) for group in GROUPS]
    return [(group, found) for group, found in groups if found]
