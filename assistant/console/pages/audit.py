"""The audit trail with filters, for auditors: who did what, to whose data, where and when."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.audit.keys import opened
from assistant.console.navigation import Entry
from assistant.console.pages.conversations import day_of, midnight
from assistant.console.visit import Visit
from assistant.console.words import ROLE_NAMES, masked_plain
from assistant.reports.search import Key
from assistant.runtime.times import VIETNAM
from assistant.settings import ROOT, yaml_files
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_AUDITOR: frozenset[Role] = frozenset({"auditor"})
_PATH = "/console/audit"
_DAY = datetime.timedelta(days=1)
AT_ONCE = 60
_ENTRIES = """
SELECT a.id, a.at, a.event, a.actor, a.subject, a.place, a.details, c.position
FROM audit a LEFT JOIN audit_chain c ON c.entry = a.id
WHERE {conditions} ORDER BY a.at DESC, a.id DESC LIMIT %(most)s
"""


@lru_cache(maxsize=1)
def event_names() -> dict[str, str]:
    """Returns what the events are called in Vietnamese."""
    found: dict[str, str] = yaml_files.read(ROOT / "data/console/events.yml")
    return found


@lru_cache(maxsize=1)
def trail_words() -> dict[str, dict[str, str]]:
    """Returns what groups of events, places, details and views are called in Vietnamese."""
    found: dict[str, dict[str, str]] = yaml_files.read(ROOT / "data/console/trail.yml")
    return found


def place_name(place: str) -> str:
    """Returns what a place is called; the command stays as it is typed."""
    places = trail_words()["places"]
    room, _, part = place.partition(":")
    if place in places:
        return places[place]
    return f"{places[room]} {part}".strip() if room in places else place


def said_of(name: str, value: Any) -> str:
    """Returns a detail in words: "xem cuộc trò chuyện"."""
    words = trail_words()
    if isinstance(value, bool):
        value = "có" if value else "không"
    elif name == "view":
        value = words["views"].get(value, value)
    elif name == "roles":
        value = ", ".join(ROLE_NAMES.get(role, role) for role in value.split(","))
    said = masked_plain(value) if isinstance(value, str) else value
    called = words["details"].get(name, name)
    return f"{called} {said}" if name in ("view", "address") else f"{called}: {said}"


def doer_name(visit_names: Mapping[str, str], actor: str) -> str:
    """Returns who did it: a colleague by name, a part of the assistant in words, a citizen by the pseudonym."""
    kind, _, name = actor.partition(":")
    if kind == "staff":
        return visit_names.get(name, name)
    return f"{trail_words()['places']['system']} ({name})" if kind == "system" and name else actor


class Audit:
    """The page."""

    entries = (Entry("Nhật ký", _PATH, "Quản trị", _AUDITOR, about="Ai đã làm gì, lúc nào"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [self._console.page(_PATH, self.show, _AUDITOR)]

    def show(self, visit: Visit) -> Response:
        """A page of entries, newest first."""
        asked = {name: visit.query(name)[:200] for name in ("event", "actor", "person")}
        today = datetime.datetime.now(VIETNAM).date()
        until = day_of(visit.query("until"), today)
        since = day_of(visit.query("since"), until - 30 * _DAY)
        after = Key.read(visit.query("after"))
        rows = _entries(visit, asked, midnight(since), midnight(until) + _DAY, after)
        key = Key(rows[AT_ONCE - 1].at, str(rows[AT_ONCE - 1].id)) if len(rows) > AT_ONCE else None
        given = {name: value for name, value in asked.items() if value} | {"since": str(since), "until": str(until)}
        return visit.render(
            "audit.html", rows=rows[:AT_ONCE], asked=given, groups=_groups(),
            names=event_names(), trail=trail_words(), place_name=place_name, said_of=said_of,
            doer_name=partial(doer_name, {row.name: row.shown for row in visit.rows("SELECT name, shown FROM staff")}),
            older=f"{_PATH}?{urlencode(given | {'after': str(key)})}" if key else "",
            first=f"{_PATH}?{urlencode(given)}" if after else "", head=visit.row("SELECT position FROM audit_head"),
        )  # fmt: skip


def _entries(
    visit: Visit, asked: dict[str, str], since: datetime.datetime, until: datetime.datetime, after: Key | None
) -> list[Any]:
    conditions = ["a.at >= %(since)s", "a.at < %(until)s"]
    values: dict[str, Any] = {"since": since, "until": until, "most": AT_ONCE + 1}
    if asked["event"]:
        conditions.append("(a.event = %(event)s OR a.event LIKE %(group)s)")
        values |= {"event": asked["event"], "group": asked["event"].replace("%", "") + ".%"}
    if actor := asked["actor"]:
        conditions.append("a.actor = %(actor)s")
        values["actor"] = actor if ":" in actor or actor.startswith("p_") else f"staff:{actor}"
    if person := asked["person"]:
        conditions.append("%(person)s IN (a.subject, a.actor)")
        # Whoever knows a conversation may look for its pseudonym; the other way round there is none.
        named = person.startswith(("p_", "m_", "staff:", "system:"))
        values["person"] = person if named else opened().person(person)
    if after:
        conditions.append("(a.at, a.id) < (%(after_at)s, %(after_id)s::uuid)")
        values |= {"after_at": after.at, "after_id": after.row}
    return visit.rows(_ENTRIES.format(conditions=" AND ".join(conditions)), **values)


def _groups() -> list[tuple[str, list[audit.Event]]]:
    """Returns the vocabulary by the first part of its names."""
    found: dict[str, list[audit.Event]] = {}
    for event in audit.Event:
        found.setdefault(event.value.partition(".")[0], []).append(event)
    return list(found.items())
