"""Trying a candidate before anybody gets it: the side chat, and letting it read along with live messages."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.console.pages.content import EDIT
from assistant.console.pages.release import PATH, refusing, release_of
from assistant.console.visit import Refused, Visit
from assistant.release import shadow, trials

if TYPE_CHECKING:
    from assistant.console.shell import Console


class ReleaseTrial:
    """What is done with a candidate on its page."""

    entries = ()

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            act(f"{PATH}/{{id:int}}/talk", self.say, EDIT),
            act(f"{PATH}/{{id:int}}/talk/new", self.begin, EDIT),
            act(f"{PATH}/{{id:int}}/shadow", self.read_along, EDIT),
        ]

    def say(self, visit: Visit) -> Response:
        """Says something to the candidate, or presses one of its buttons."""
        release = release_of(visit)
        if not release.can_be_tried:
            raise Refused("Bản này không còn hoặc chưa có mô hình để thử.", 409)
        press = visit.form.get("press", "")
        talk = trials.current(visit.connection, release.id, visit.me.name)
        if talk is None:
            talk = trials.begin(visit.connection, release.id, visit.me.name)
            visit.record(audit.Event.RELEASE_TRIED, release=release.id)
        with refusing():
            text = press or visit.form.get("text", "")
            trials.say(visit.connection, self._console.node.vault, talk, "press" if press else "text", text)
        visit.after_commit(self._console.node.releases.wake)
        return visit.done(f"{PATH}/{release.id}#talk")

    def begin(self, visit: Visit) -> Response:
        """Begins again, as a new person."""
        release = release_of(visit)
        trials.begin(visit.connection, release.id, visit.me.name)
        visit.record(audit.Event.RELEASE_TRIED, release=release.id)
        return visit.redirect(f"{PATH}/{release.id}#talk")

    def read_along(self, visit: Visit) -> Response:
        """Lets the candidate read along for some hours, or ends it (0)."""
        release, hours = release_of(visit), visit.form.get("hours", "")
        if not (hours.isascii() and hours.isdecimal() and len(hours) < 4):
            raise Refused("Bạn chọn thời gian chạy song song.")
        with refusing():
            if int(hours):
                shadow.begin(visit.connection, release.id, datetime.timedelta(hours=int(hours)))
            else:
                shadow.end(visit.connection, release.id)
        visit.record(audit.Event.RELEASE_SHADOW, release=release.id, hours=int(hours))
        visit.after_commit(self._console.node.releases.wake)
        said = "Bản này bắt đầu đọc song song." if int(hours) else "Đã dừng đọc song song."
        return visit.redirect(f"{PATH}/{release.id}#shadow", said)
