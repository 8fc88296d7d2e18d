"""Messages that were given up: seen, and sent again one by one or all of one cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.navigation import Entry
from assistant.console.visit import Refused, Visit
from assistant.desk import agents
from assistant.desk.handover import HandoverError
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_WHO: frozenset[Role] = frozenset({"agent", "admin"})
_PATH = "/console/undelivered"
AT_ONCE = 50
_LIST = """
SELECT o.id, o.conversation, o.sender, o.body->>'text' AS text, o.error, o.attempts, o.created_at
FROM outbox o WHERE o.state = 'dead' AND (%(before)s::bigint IS NULL OR o.id < %(before)s)
ORDER BY o.id DESC LIMIT %(most)s
"""
_CAUSES = """
SELECT coalesce(error, '') AS error, count(*) AS messages FROM outbox WHERE state = 'dead'
GROUP BY 1 ORDER BY 2 DESC LIMIT 10
"""
# An answer of the day before yesterday confuses; the list still offers each one.
_AGAIN = """
UPDATE outbox SET state = 'waiting', attempts = 0, next_try_at = now(), error = NULL
WHERE id IN (SELECT id FROM outbox WHERE state = 'dead' AND coalesce(error, '') = %s
             AND created_at > now() - interval '1 day' ORDER BY id LIMIT 1000)
"""


class Undelivered:
    """The page."""

    entries = (Entry("Tin chưa gửi được", _PATH, "Trực bàn", _WHO, about="Tin nền tảng từ chối; xem và gửi lại"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [
            self._console.page(_PATH, self.listing, _WHO),
            self._console.act(f"{_PATH}/all", self.all_again, _WHO),
            self._console.act(f"{_PATH}/{{id:int}}", self.again, _WHO),
        ]

    def listing(self, visit: Visit) -> Response:
        """What was given up, newest first."""
        before = visit.query("before")
        rows = visit.rows(
            _LIST, before=int(before) if before.isdecimal() and len(before) < 19 else None, most=AT_ONCE + 1
        )
        more = len(rows) > AT_ONCE
        rows = rows[:AT_ONCE]
        visit.viewed((row.conversation for row in rows), "list of undelivered", every_time=False)
        return visit.render(
            "undelivered.html", rows=rows, causes=visit.rows(_CAUSES) if rows else [],
            older=f"{_PATH}?before={rows[-1].id}" if more else "",
        )  # fmt: skip

    def again(self, visit: Visit) -> Response:
        """Sends one again."""
        row = visit.row("SELECT conversation FROM outbox WHERE id = %s", visit.part("id"))
        if row is None:
            raise Refused("Tin này không còn nữa.", 404)
        try:
            agents.send_again(visit.connection, row.conversation, int(visit.part("id")))
        except HandoverError as error:
            raise Refused(str(error), 409) from error
        visit.record(Event.MESSAGES_SENT_AGAIN, row.conversation, messages=1)
        return visit.redirect(_PATH, "Đã đưa tin trở lại hàng gửi.")

    def all_again(self, visit: Visit) -> Response:
        """Sends all of one cause again that are not older than a day."""
        cause = visit.form.get("error", "")
        done = visit.connection.execute(_AGAIN, (cause,)).rowcount
        visit.record(Event.MESSAGES_SENT_AGAIN, messages=done, cause=cause[:80])
        return visit.redirect(
            _PATH, f"Đã đưa {done} tin trở lại hàng gửi. Tin cũ hơn một ngày không được gửi lại hàng loạt."
        )
