"""How the desk works beside its hours: who is offered whom, what the assistant says, tags; with its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.desk.hours import EDIT, refuse_unseen
from assistant.console.desk.said import usual
from assistant.console.navigation import Entry
from assistant.console.pages.content import content_of
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.languages import LANGUAGES
from assistant.desk import agents, ways
from assistant.desk.public_numbers import public_contacts
from assistant.staff.model import EVERYBODY

if TYPE_CHECKING:
    from assistant.console.shell import Console

_PATH = "/console/desk-ways"
ASSIGNMENT_NAMES = {
    "off": "Không giao: ai rảnh thì nhận",
    "round_robin": "Lần lượt từng người",
    "least_busy": "Người đang ít việc nhất",
    "topic": "Theo chủ đề, rồi người ít việc nhất",
}
SENTENCE_NAMES = {
    "utter_desk_came": "Khi nhân viên vào trò chuyện",
    "utter_desk_left": "Khi nhân viên kết thúc",
    "utter_desk_away": "Khi ngoài giờ trực hoặc chưa ai trực ({hours} là giờ trực)",
    "utter_desk_nobody": "Khi chờ quá lâu mà chưa ai nhận",
    "utter_desk_closed": "Khi hết giờ trực mà còn người chờ",
}
_AGENTS = (
    "SELECT name, shown FROM staff WHERE disabled_at IS NULL AND 'agent' = ANY (roles) ORDER BY lower(shown), name"
)
_MOST_AT_ONCE = 50


class DeskWays:
    """The page of the desk's ways."""

    entries = (
        Entry(
            "Cách làm việc", _PATH, "Trực bàn", EVERYBODY, about="Giao người chờ, lời chào, nhãn, thu hồi tin"
        ),
    )  # fmt: skip

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            self._console.page(_PATH, self.show, EVERYBODY),
            act(_PATH, self.save, EDIT),
            act(f"{_PATH}/{{id:int}}/restore", self.restore, EDIT),
        ]

    def show(self, visit: Visit) -> Response:
        """What is in force, the form, and the history."""
        changes = ways.history(visit.connection)
        said = {name: {each: usual(name, each) for each in LANGUAGES} for name in ways.SENTENCES}
        return visit.render(
            "desk_ways.html", set_now=ways.current(visit.connection, self._console.node.desk.undo), changes=changes,
            seen=changes[0].id if changes else 0, may_edit=bool(EDIT & visit.me.roles), names=ASSIGNMENT_NAMES,
            sentences=SENTENCE_NAMES, usual=said, languages=LANGUAGES, agents=visit.rows(_AGENTS),
            titles=content_of(self._console).titles(), longest=ways.LONGEST_SENTENCE,
        )  # fmt: skip

    def save(self, visit: Visit) -> Response:
        """Puts other ways into force."""
        visit.connection.execute("LOCK TABLE desk_ways IN SHARE ROW EXCLUSIVE MODE")
        refuse_unseen(visit, ways.history(visit.connection, 1))
        assignment = visit.form.get("assignment", "")
        if assignment not in ways.ASSIGNMENTS:
            raise Refused("Bạn chọn một cách giao người chờ.")
        given = ways.Ways(
            assignment,
            self._number(visit, "most", 1, _MOST_AT_ONCE, "Số người cùng lúc"),
            self._topics(visit),
            self._number(visit, "undo", 0, ways.LONGEST_UNDO, "Số giây thu hồi"),
            self._tags(visit),
            self._said(visit),
        )
        return self._put(visit, given, "ways")

    def _put(self, visit: Visit, given: ways.Ways, what: str) -> Response:
        ways.save(visit.connection, given, visit.me.name)
        visit.record(Event.DESK_WAYS, what=what)
        agents.tell_desks(visit.connection)
        return visit.redirect(_PATH, "Đã lưu, có hiệu lực ngay.")

    @staticmethod
    def _number(visit: Visit, name: str, least: int, most: int, title: str) -> int:
        text = visit.form.get(name, "").strip()
        if not (text.isascii() and text.isdigit() and least <= int(text[:4]) <= most):
            raise Refused(f"{title} là một số từ {least} đến {most}.")
        return int(text)

    def _topics(self, visit: Visit) -> dict[str, tuple[str, ...]]:
        known = content_of(self._console).titles()
        found: dict[str, list[str]] = {}
        for each in visit.fields.get("topic", []):
            agent, _, topic = each.partition(" ")
            if topic in known:
                found.setdefault(agent, []).append(topic)
        return {agent: tuple(topics) for agent, topics in found.items()}

    @staticmethod
    def _tags(visit: Visit) -> tuple[str, ...]:
        tags = tuple(dict.fromkeys(filter(None, (line.strip() for line in visit.form.get("tags", "").splitlines()))))
        if len(tags) > ways.MOST_TAGS or any(len(tag) > ways.LONGEST_TAG for tag in tags):
            raise Refused(f"Nhiều nhất {ways.MOST_TAGS} nhãn, mỗi nhãn tối đa {ways.LONGEST_TAG} ký tự.")
        if found := agents.private_in("\n".join(tags), public_contacts()):
            raise Refused(f"Nhãn dùng cho mọi người nên không được có {', '.join(found)}.")
        return tags

    @staticmethod
    def _said(visit: Visit) -> Mapping[str, Mapping[str, str]]:
        said: dict[str, dict[str, str]] = {}
        for name in ways.SENTENCES:
            for language in LANGUAGES:
                words = visit.form.get(f"{name}_{language}", "").strip().replace("\r\n", "\n")
                if len(words) > ways.LONGEST_SENTENCE:
                    raise Refused(f"“{SENTENCE_NAMES[name]}”: tối đa {ways.LONGEST_SENTENCE} ký tự.")
                if found := agents.private_in(words, public_contacts()):
                    raise Refused(f"Lời nói với mọi người không được có {', '.join(found)}.")
                if words:
                    said.setdefault(name, {})[language] = words
        return said

    def restore(self, visit: Visit) -> Response:
        """Puts ways of before into force again."""
        visit.connection.execute("LOCK TABLE desk_ways IN SHARE ROW EXCLUSIVE MODE")
        number = int(visit.part("id"))
        found = next((each for each in ways.history(visit.connection, 1000) if each.id == number), None)
        if found is None:
            raise NotHere
        return self._put(visit, found.ways, "restored")
