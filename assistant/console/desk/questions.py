"""Questions that people left (HD-123456): who works on them, the answer, and whether it arrived."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.desk.canned import all_canned
from assistant.console.desk.common import AGENT, refusing
from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.desk import agents, drafts, handover, questions
from assistant.desk.public_numbers import public_contacts
from assistant.reports import transcripts
from assistant.runtime import times

if TYPE_CHECKING:
    from assistant.console.shell import Console

_PATH = "/console/questions"
_ONE = f"{_PATH}/{{number}}"
_STATES = {
    "open": ("q.answered_at IS NULL AND q.closed_at IS NULL", "q.asked_at", "ASC", ">"),
    "answered": ("q.answered_at IS NOT NULL", "q.answered_at", "DESC", "<"),
    "closed": ("q.closed_at IS NOT NULL", "q.closed_at", "DESC", "<"),
}
AT_ONCE = 40
_COLUMNS = """
q.number, q.conversation, c.channel, c.language, q.question, q.answer, q.asked_at, q.answered_at, q.closed_at,
q.promised_on, q.promised_on < (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS late,
(SELECT max(v.held_until) FROM vault v WHERE v.conversation = q.conversation
    AND strpos(q.question, v.token) > 0) AS values_until,
q.closed_reason, q.assigned, coalesce(f.shown, q.assigned) AS assigned_shown, coalesce(g.shown, q.agent) AS agent_shown
FROM questions q JOIN conversations c ON c.id = q.conversation
LEFT JOIN staff f ON f.name = q.assigned LEFT JOIN staff g ON g.name = q.agent
"""
_DELIVERY = """
SELECT i.done_at IS NULL AS pending, o.state, o.error, o.sent_at, o.delivered_at, o.seen_at, o.attempts, o.id
FROM questions q JOIN inbox i ON i.channel = split_part(q.conversation, ':', 1) AND i.event_id = q.answer_event
LEFT JOIN outbox o ON o.inbox_id = i.id
WHERE q.number = %s ORDER BY o.id LIMIT 1
"""


class Questions:
    """The pages of questions."""

    entries = (
        Entry(
            "Câu hỏi để lại", _PATH, "Trực bàn", AGENT, badge="questions", about="Trả lời câu hỏi để lại ngoài giờ trực"
        ),
    )

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page(_PATH, self.listing, AGENT),
            page(_ONE, self.show, AGENT),
            act(f"{_ONE}/assign", self.assign, AGENT),
            act(f"{_ONE}/release", self.release, AGENT),
            act(f"{_ONE}/answer", self.answer, AGENT),
            act(f"{_ONE}/draft", self.draft, AGENT),
            act(f"{_ONE}/promise", self.promise, AGENT),
            act(f"{_ONE}/close", self.close, AGENT),
        ]

    def listing(self, visit: Visit) -> Response:
        """Open questions oldest first; answered and closed ones newest first, paged by time."""
        state = visit.query("state") if visit.query("state") in _STATES else "open"
        condition, at, order, beyond = _STATES[state]
        after = _time(visit.query("after"))
        mine = visit.query("mine") == "yes" and state == "open"
        if mine:
            condition += " AND q.assigned = %(me)s"
        rows = visit.rows(
            f"SELECT {_COLUMNS} WHERE {condition} AND (%(after)s::timestamptz IS NULL OR {at} {beyond} %(after)s)"
            f" ORDER BY {at} {order} LIMIT %(most)s",
            after=after, most=AT_ONCE + 1, me=visit.me.name,
        )  # fmt: skip
        more = rows[AT_ONCE - 1] if len(rows) > AT_ONCE else None
        column = at.partition(".")[2]
        visit.viewed((row.conversation for row in rows[:AT_ONCE]), "list of questions", every_time=False)
        return visit.render(
            "questions.html", questions=rows[:AT_ONCE], state=state, mine=mine,
            older=_older(state, mine, getattr(more, column)) if more else "",
        )  # fmt: skip

    def _one(self, visit: Visit) -> Any:
        found = visit.row(f"SELECT {_COLUMNS} WHERE q.number = %s", visit.part("number"))
        if found is None:
            raise NotHere("Không có câu hỏi này. Có thể người dân đã yêu cầu xóa dữ liệu của họ.")
        return found

    def show(self, visit: Visit) -> Response:
        """One question, what was said around it, and the form for the answer."""
        found = self._one(visit)
        visit.viewed([found.conversation], "question")
        shortly_after = found.asked_at + datetime.timedelta(minutes=2)
        lines, _ = transcripts.read(visit.connection, found.conversation, shortly_after, most=12)
        return visit.render(
            "question.html", q=found, lines=lines, base=f"/console/desk/{quote(found.conversation)}",
            draft=drafts.of(
                visit.connection, self._console.node.vault, visit.me.name, found.conversation, found.number
            ),
            canned=all_canned(visit), delivery=visit.row(_DELIVERY, found.number) if found.answered_at else None,
        )  # fmt: skip

    def _path(self, visit: Visit) -> str:
        return f"{_PATH}/{quote(visit.part('number'))}"

    def assign(self, visit: Visit) -> Response:
        """Takes a question."""
        with refusing():
            questions.assign(visit.connection, visit.part("number"), visit.me.name)
        return visit.redirect(self._path(visit))

    def release(self, visit: Visit) -> Response:
        """Leaves a question to anybody."""
        with refusing():
            questions.release(visit.connection, visit.part("number"))
        return visit.redirect(self._path(visit))

    def answer(self, visit: Visit) -> Response:
        """Answers; the assistant brings the answer to where it was asked."""
        found, text = self._one(visit), visit.form.get("answer", "").replace("\r\n", "\n")
        with refusing():
            agents.refuse_private(text, public_contacts())
            if found.assigned and found.assigned != visit.me.name:
                raise handover.HandoverError(f"{found.assigned_shown} đang trả lời câu hỏi này.")
            conversation = handover.answer_question(
                visit.connection, self._console.node.vault, found.number, visit.me.name, text
            )
        drafts.drop(visit.connection, visit.me.name, conversation, found.number)
        agents.tell_desks(visit.connection)
        visit.record(Event.QUESTION_ANSWERED, conversation, number=found.number)
        visit.after_commit(lambda: self._console.node.ready.put(conversation))
        return visit.redirect(self._path(visit), "Đã gửi câu trả lời vào đúng cuộc trò chuyện.")

    def promise(self, visit: Visit) -> Response:
        """Gives another day of answer; the person is told."""
        try:
            day = datetime.date.fromisoformat(visit.form.get("day", ""))
        except ValueError:
            raise Refused("Bạn chọn ngày hẹn.") from None
        with refusing():
            conversation, changed = questions.promise(
                visit.connection, self._console.node.vault, visit.part("number"), day, times.today()
            )
        visit.after_commit(lambda: self._console.node.ready.put(conversation))
        return visit.redirect(self._path(visit), "Đã đổi ngày hẹn và báo người dân." if changed else "")

    def draft(self, visit: Visit) -> Response:
        """Keeps what is being written."""
        found, text = self._one(visit), visit.form.get("answer", "").replace("\r\n", "\n")
        drafts.keep(visit.connection, self._console.node.vault, visit.me.name, found.conversation, text, found.number)
        return visit.done(self._path(visit))

    def close(self, visit: Visit) -> Response:
        """Closes without an answer."""
        found = self._one(visit)
        with refusing():
            questions.close(visit.connection, found.number, visit.me.name, visit.form.get("reason", ""))
        visit.record(Event.QUESTION_CLOSED, found.conversation, number=found.number)
        return visit.redirect(_PATH, f"Đã đóng câu hỏi {found.number}.")


def _older(state: str, mine: bool, after: datetime.datetime) -> str:
    return f"{_PATH}?state={state}{'&mine=yes' if mine else ''}&after={quote(after.isoformat())}"


def _time(given: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
