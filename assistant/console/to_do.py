"""What waits for somebody with certain roles, as sentences that lead to it: only what there is."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.console.pages import faq_list
from assistant.console.pages.content import content_of
from assistant.console.visit import Visit
from assistant.editing import own_drafts
from assistant.release import live, store
from assistant.runtime.times import today

if TYPE_CHECKING:
    from assistant.console.shell import Console

_MOST = 1000  # more than so many are only "more than"
_AT_THE_DESK = """
SELECT (SELECT count(*) FROM handovers WHERE state = 'waiting') AS waiting,
       (SELECT count(*) FROM handovers WHERE state = 'with_person' AND agent = %(me)s) AS mine,
       (SELECT count(*) FROM questions WHERE answered_at IS NULL AND closed_at IS NULL) AS questions,
       (SELECT count(*) FROM outbox WHERE state = 'dead') AS dead
"""
_NOT_UNDERSTOOD = """
SELECT count(*) FROM (SELECT 1 FROM learning_messages m
                      WHERE NOT EXISTS (SELECT 1 FROM learning_decisions d WHERE d.key = m.key)
                      GROUP BY m.key LIMIT %(most)s) AS texts
"""


@dataclass(frozen=True)
class Item:
    """Something to do: how many, what, and where. `urgent`: a person waits for it."""

    number: int
    what: str
    path: str
    urgent: bool = False

    @property
    def shown(self) -> str:
        """The number as it is read."""
        return f"hơn {_MOST - 1}" if self.number >= _MOST else str(self.number)


def items(visit: Visit, console: Console) -> list[Item]:
    """Returns what waits for whoever is at the keyboard, what people wait for first."""
    found = [*_desk(visit), *_content(visit, console)]
    return sorted((item for item in found if item.number), key=lambda item: not item.urgent)


def _desk(visit: Visit) -> Iterator[Item]:
    if not {"agent", "admin"} & visit.me.roles:
        return
    now = visit.row(_AT_THE_DESK, me=visit.me.name)
    if "agent" in visit.me.roles:
        yield Item(now.waiting, "người đang chờ nhân viên", "/console/desk", urgent=True)
        yield Item(now.mine, "người bạn đang hỗ trợ", "/console/desk", urgent=True)
        yield Item(now.questions, "câu hỏi để lại chờ trả lời", "/console/questions", urgent=True)
    yield Item(now.dead, "tin chưa gửi được", "/console/undelivered", urgent=True)


def _content(visit: Visit, console: Console) -> Iterator[Item]:
    if "content" not in visit.me.roles:
        return
    content = content_of(console)
    day, topics = today(), content.library.topics()
    yield Item(
        sum(number > 0 for number in content.errors().values()), "chủ đề còn lỗi, vướng việc phát hành", "/console/faq"
    )
    yield Item(len(faq_list.unreadable(content)), "tệp chủ đề không đọc được", "/console/faq")
    yield Item(visit.row(_NOT_UNDERSTOOD, most=_MOST).count, "câu trợ lý chưa hiểu", "/console/learning")
    old = sum(day - topic.checked_on > datetime.timedelta(days=faq_list.OLD) for topic in topics)
    yield Item(old, "câu trả lời quá một năm chưa kiểm tra lại", "/console/faq?sort=age")
    yield Item(own_drafts.count(visit.connection, visit.me.name), "bản nháp của bạn chưa lưu", "/console/faq")
    yield Item(content.unreleased(visit), "chủ đề đã sửa, chưa đến với người dân", "/console/release")
    now = live.live(visit.connection)
    ready = [one for one in store.newest(visit.connection, 10) if one.state == "ready" and not one.was_live]
    newest = [one for one in ready if now is None or one.id > now.release]
    yield Item(min(len(newest), 1), "bản đã đạt, chờ phát hành", "/console/release")
