"""Prepared answers: short texts that everybody at the desk uses, and mends."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.navigation import Entry
from assistant.console.visit import NotHere, Refused, Visit
from assistant.desk import agents
from assistant.desk.public_numbers import public_contacts
from assistant.settings import ROOT, yaml_files
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_WHO: frozenset[Role] = frozenset({"agent", "content"})
_PATH = "/console/canned"
_START = ROOT / "data/console/canned.yml"
_ADD = "INSERT INTO canned_answers (title, text, english, changed_by) VALUES (%s, %s, %s, %s) RETURNING id"
_NOTE = """
INSERT INTO canned_history (canned_id, changed_by, act, title, text, english) VALUES (%s, %s, %s, %s, %s, %s)
"""
_HISTORY = """
SELECT h.id, h.canned_id, h.at, coalesce(f.shown, h.changed_by) AS shown, h.act, h.title, h.text, h.english
FROM canned_history h LEFT JOIN staff f ON f.name = h.changed_by ORDER BY h.id DESC LIMIT 500
"""
#: What was done, in words.
_ACTS = {"added": "thêm", "changed": "sửa", "deleted": "xóa", "restored": "dùng lại"}


def all_canned(visit: Visit) -> list[Any]:
    """Returns the prepared answers by title."""
    return visit.rows(
        "SELECT id, title, text, english, changed_by, changed_at FROM canned_answers ORDER BY lower(title), id"
    )


class Canned:
    """The page of prepared answers."""

    entries = (Entry("Câu mẫu", _PATH, "Trực bàn", _WHO, about="Câu trả lời soạn sẵn, dùng chung"),)

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            self._console.page(_PATH, self.listing, _WHO),
            act(_PATH, self.add, _WHO),
            act(f"{_PATH}/start", self.start, _WHO),
            act(f"{_PATH}/history/{{id:int}}/restore", self.restore, _WHO),
            act(f"{_PATH}/{{id:int}}", self.change, _WHO),
            act(f"{_PATH}/{{id:int}}/delete", self.delete, _WHO),
        ]

    def listing(self, visit: Visit) -> Response:
        """All of them, each with its form."""
        canned, history = all_canned(visit), visit.rows(_HISTORY)
        there = {each.id for each in canned}
        gone: dict[int, Any] = {}
        for change in history:
            if change.canned_id not in there:
                gone.setdefault(change.canned_id, change)
        return visit.render(
            "canned.html", canned=canned, longest=agents.LONGEST, acts=_ACTS, gone=list(gone.values()),
            history={each: [change for change in history if change.canned_id == each] for each in there},
        )  # fmt: skip

    def _note(self, visit: Visit, number: int, act: str, title: str, text: str, english: str | None) -> None:
        visit.connection.execute(_NOTE, (number, visit.me.name, act, title, text, english))

    def _add(self, visit: Visit, act: str, title: str, text: str, english: str | None) -> None:
        row = visit.row(_ADD, title, text, english, visit.me.name)
        self._note(visit, row.id, act, title, text, english)

    def _fields(self, visit: Visit) -> tuple[str, str, str | None]:
        title, *texts = (
            visit.form.get(name, "").strip().replace("\r\n", "\n") for name in ("title", "text", "english")
        )
        text, english = texts
        if not title or not text:
            raise Refused("Câu mẫu cần cả tên và nội dung.")
        if len(title) > 80 or max(map(len, texts)) > agents.LONGEST:
            raise Refused(f"Tên tối đa 80 ký tự, nội dung tối đa {agents.LONGEST} ký tự.")
        if found := agents.private_in("\n".join([title, *texts]), public_contacts()):
            raise Refused(f"Câu mẫu dùng cho mọi người nên không được có {', '.join(found)}.")
        return title, text, english or None

    def add(self, visit: Visit) -> Response:
        """Adds one."""
        title, text, english = self._fields(visit)
        self._add(visit, "added", title, text, english)
        return visit.redirect(_PATH, f"Đã thêm câu mẫu “{title}”.")

    def change(self, visit: Visit) -> Response:
        """Changes one, unless a colleague changed it meanwhile."""
        title, text, english = self._fields(visit)
        done = visit.connection.execute(
            "UPDATE canned_answers SET title = %s, text = %s, english = %s, changed_by = %s, changed_at = now()"
            " WHERE id = %s AND changed_at = %s::timestamptz",
            (title, text, english, visit.me.name, visit.part("id"), _time(visit.form.get("changed_at", ""))),
        )
        if done.rowcount != 1:
            raise Refused(
                "Đồng nghiệp vừa sửa hoặc xóa câu mẫu này. Bạn tải lại trang để xem bản mới rồi sửa tiếp.", 409
            )
        self._note(visit, int(visit.part("id")), "changed", title, text, english)
        return visit.redirect(_PATH, f"Đã lưu câu mẫu “{title}”.")

    def delete(self, visit: Visit) -> Response:
        """Removes one."""
        row = visit.row("DELETE FROM canned_answers WHERE id = %s RETURNING *", visit.part("id"))
        if row is None:
            raise NotHere("Câu mẫu này đã được xóa.")
        self._note(visit, row.id, "deleted", row.title, row.text, row.english)
        return visit.redirect(_PATH, f"Đã xóa câu mẫu “{row.title}”. Bạn lấy lại được ở cuối trang.")

    def restore(self, visit: Visit) -> Response:
        """Brings back what one said before, also one that was deleted."""
        old = visit.row("SELECT * FROM canned_history WHERE id = %s", visit.part("id"))
        if old is None:
            raise NotHere
        words = (old.title, old.text, old.english)
        done = visit.connection.execute(
            "UPDATE canned_answers SET title = %s, text = %s, english = %s, changed_by = %s, changed_at = now()"
            " WHERE id = %s",
            (*words, visit.me.name, old.canned_id),
        )
        if done.rowcount:
            self._note(visit, old.canned_id, "restored", *words)
        else:
            # It begins anew, so what was deleted is not among the deleted any more.
            self._add(visit, "restored", *words)
            visit.connection.execute("DELETE FROM canned_history WHERE canned_id = %s", (old.canned_id,))
        return visit.redirect(_PATH, f"Đã dùng lại câu mẫu “{old.title}”.")

    def start(self, visit: Visit) -> Response:
        """Takes over the answers that the project brings, where there are none yet."""
        visit.connection.execute("LOCK TABLE canned_answers IN SHARE ROW EXCLUSIVE MODE")
        if not all_canned(visit):
            for each in yaml_files.read(_START):
                self._add(visit, "added", each["title"], each["text"].strip(), each["en"].strip())
        return visit.redirect(_PATH, "Đã thêm các câu mẫu có sẵn. Bạn sửa lại cho hợp nơi mình.")


def _time(given: str) -> str:
    """Returns a time as a form carries it; one that is none fits no row."""
    try:
        return datetime.datetime.fromisoformat(given).isoformat()
    except ValueError:
        return "-infinity"
