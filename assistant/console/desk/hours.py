"""When the desk is staffed: what is in force, changing it, opening the desk beyond its hours, and who changed what."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.desk import agents, handover, rules
from assistant.desk.desk_model import DAYS, Span
from assistant.runtime.times import VIETNAM
from assistant.staff.model import EVERYBODY, Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_PATH = "/console/hours"
EDIT: frozenset[Role] = frozenset({"content", "admin"})
_OPEN: frozenset[Role] = frozenset({"agent"})
_NAMES = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_MOST_HOLIDAYS = 100
_CHANGED = "Đồng nghiệp vừa đổi trang này. Bạn tải lại trang để xem bản mới rồi sửa tiếp."


def refuse_unseen(visit: Visit, newest: Sequence[Any]) -> None:
    """Refuses what was filled in on a page that a colleague has changed since; the newest change comes first."""
    if str(newest[0].id if newest else 0) != visit.form.get("seen"):
        raise Refused(_CHANGED, 409)


class Hours:
    """The page of the desk's hours."""

    entries = (Entry("Giờ trực", _PATH, "Trực bàn", EVERYBODY, about="Giờ trực, ngày nghỉ, mở bàn ngoài giờ"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            self._console.page(_PATH, self.show, EVERYBODY),
            act(_PATH, self.save, EDIT),
            act(f"{_PATH}/open", self.open, _OPEN),
            act(f"{_PATH}/{{id:int}}/restore", self.restore, EDIT),
        ]

    def show(self, visit: Visit) -> Response:
        """What is in force, the form, and the history."""
        desk = self._console.node.desk
        now = datetime.datetime.now(datetime.UTC)
        set_now, changes = rules.current(visit.connection, desk), rules.history(visit.connection)
        in_force = rules.in_force(visit.connection, desk)
        return visit.render(
            "hours.html", now_open=in_force.in_hours(now), in_force=in_force, set_now=set_now, changes=changes,
            seen=changes[0].id if changes else 0, days=list(zip(DAYS, _NAMES, strict=True)), in_words=rules.said,
            may_edit=bool(EDIT & visit.me.roles), may_open=bool(_OPEN & visit.me.roles),
            open_until=in_force.open_until if in_force.open_until and in_force.open_until > now else None,
            in_hours=replace(in_force, open_until=None).in_hours(now),
            present=handover.desk_is_open(visit.connection, desk),
        )  # fmt: skip

    def _put(self, visit: Visit, given: rules.Rules, what: str) -> Response:
        rules.save(visit.connection, given, visit.me.name)
        visit.record(Event.DESK_HOURS, what=what)
        agents.tell_desks(visit.connection)
        return visit.redirect(_PATH, "Đã lưu, có hiệu lực ngay.")

    def _lock(self, visit: Visit) -> None:
        visit.connection.execute("LOCK TABLE desk_rules IN SHARE ROW EXCLUSIVE MODE")

    def save(self, visit: Visit) -> Response:
        """Puts other hours and holidays into force."""
        self._lock(visit)
        refuse_unseen(visit, rules.history(visit.connection, 1))
        before = rules.current(visit.connection, self._console.node.desk)
        hours = {day: span for day, name in zip(DAYS, _NAMES, strict=True) if (span := self._span(visit, day, name))}
        return self._put(visit, rules.Rules(hours, self._holidays(visit), before.open_until), "hours")

    def _span(self, visit: Visit, day: str, name: str) -> Span | None:
        start, end = (visit.form.get(f"{day}_{part}", "").strip() for part in ("from", "to"))
        if not start and not end:
            return None
        try:
            return rules.span_of(f"{start}-{end}")
        except ValueError:
            raise Refused(f"{name}: giờ kết thúc phải sau giờ bắt đầu. Ngày nghỉ thì để trống cả hai ô.") from None

    def _holidays(self, visit: Visit) -> dict[datetime.date, str]:
        found = {}
        for line in visit.form.get("holidays", "").splitlines():
            day, _, name = line.strip().partition(" ")
            if not day:
                continue
            try:
                date, month, year = map(int, day.split("/"))
                at = datetime.date(year, month, date)
            except ValueError:
                shown = line.strip()[:60]
                raise Refused(f"Ngày nghỉ “{shown}” chưa đúng. Bạn viết như: 01/01/2027 Tết Dương lịch.") from None
            found[at] = name.strip()[:80]
        if len(found) > _MOST_HOLIDAYS:
            raise Refused(f"Nhiều nhất {_MOST_HOLIDAYS} ngày nghỉ.")
        return found

    def open(self, visit: Visit) -> Response:
        """Keeps the desk open beyond its hours until a time of today, or ends that; who opens it is there."""
        self._lock(visit)
        before = rules.current(visit.connection, self._console.node.desk)
        until = visit.form.get("until", "").strip()
        if not until:
            return self._put(visit, replace(before, open_until=None), "opening ended")
        now = datetime.datetime.now(VIETNAM)
        try:
            at = datetime.datetime.combine(now.date(), datetime.time.fromisoformat(until), VIETNAM)
        except ValueError:
            raise Refused("Bạn chọn giờ đóng bàn trực.") from None
        if at <= now:
            at += datetime.timedelta(days=1)  # after midnight
        if at - now > rules.LONGEST_OPENING:
            raise Refused("Giờ này đã qua, hoặc quá xa: bàn trực mở thêm nhiều nhất 12 giờ.")
        handover.be_present(visit.connection, visit.me.name)
        return self._put(visit, replace(before, open_until=at), "opened beyond hours")

    def restore(self, visit: Visit) -> Response:
        """Puts hours and holidays of before into force again."""
        self._lock(visit)
        number = int(visit.part("id"))
        found = next((each for each in rules.history(visit.connection, 1000) if each.id == number), None)
        if found is None:
            raise NotHere
        return self._put(visit, replace(found.rules, open_until=None), "restored")
