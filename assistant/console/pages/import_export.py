"""Questions and answers out to Excel or CSV, and back in with a look at what changes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.pages.content import EDIT, VIEW, ContentRoom, author, note
from assistant.console.visit import NotHere, Refused, Visit
from assistant.editing import kept_tables
from assistant.editing.importing import Plan, plan
from assistant.editing.personal import Personal
from assistant.editing.saving import Conflict, EditError, Wanted
from assistant.editing.spreadsheet import COLUMNS, TableError
from assistant.editing.spreadsheet_files import LARGEST, as_csv, as_xlsx, read_table
from assistant.runtime.times import today

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_SENT = LARGEST + 64 * 1024
_MOST_FAULTS = 200
_MOST_PERSONAL = 50


class ImportExport(ContentRoom):
    """The pages below /console/faq/files."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page("/console/faq/files", self.form, VIEW),
            page("/console/faq/files/export.{kind}", self.export, VIEW),
            act("/console/faq/files", self.take, EDIT, _MOST_SENT),
            page("/console/faq/files/{number}", self.look, EDIT),
            act("/console/faq/files/{number}", self.apply, EDIT),
        ]

    def form(self, visit: Visit, wrong: str = "", status: int = 200, personal: Sequence[str] = ()) -> Response:
        """What can be fetched, and where a file is sent."""
        return visit.render(
            "faq/files.html", status, wrong=wrong, personal=personal, columns=[heading for heading, _, _ in COLUMNS],
            topics=self._content.library.topics(), megabytes=LARGEST // 1024 // 1024,
            may_edit=bool(EDIT & visit.me.roles),
        )  # fmt: skip

    def export(self, visit: Visit) -> Response:
        """All topics, or one, as a file."""
        name, kind = visit.query("topic"), visit.part("kind")
        topics = [topic for topic in self._content.library.topics() if name in ("", topic.name)]
        if not topics or kind not in ("xlsx", "csv"):
            raise NotHere
        content = as_xlsx(topics) if kind == "xlsx" else as_csv(topics)
        file = f"hoi-dap{'-' + name if name else ''}-{today():%Y%m%d}.{kind}"
        headers = {"content-disposition": f'attachment; filename="{file}"', "cache-control": "no-store"}
        return Response(content, media_type=_XLSX if kind == "xlsx" else "text/csv; charset=utf-8", headers=headers)

    def take(self, visit: Visit) -> Response:
        """Reads a file that was sent; nothing changes yet."""
        file, replace = visit.files.get("file"), visit.form.get("mode") == "replace"
        if file is None or not file.content:
            return self.form(visit, "Bạn chưa chọn tệp.", 422)
        try:
            table = read_table(file.content)
            self._content.editor.refuse_table(table)
            for topic in plan(table, self._content.library, replace, today()).work:
                self._content.refuse_peoples(visit.connection, topic.after, topic.before)
        except TableError as error:
            return self.form(visit, str(error), 422)
        except Personal as error:
            return self.form(visit, str(error), 422, self._content.editor.personal_in_table(table)[:_MOST_PERSONAL])
        number = kept_tables.keep(visit.connection, visit.me.name, file.name, table)
        return visit.redirect(f"/console/faq/files/{number}?mode={'replace' if replace else 'add'}")

    # -- what changes --------------------------------------------------------------------------

    def look(self, visit: Visit) -> Response:
        """What the file would change."""
        return self._shown(visit, visit.query("mode") == "replace")

    def _plan(self, visit: Visit, replace: bool) -> tuple[str, Plan]:
        found = kept_tables.find(visit.connection, visit.part("number"), visit.me.name)
        if found is None:
            raise NotHere("Tệp này không còn ở đây. Bạn tải lên lại nhé.")
        return found[0], plan(found[1], self._content.library, replace, today())

    def _shown(self, visit: Visit, replace: bool, changed: bool = False, status: int = 200) -> Response:
        name, found = self._plan(visit, replace)
        checked = {topic.after.name: self._content.check(topic.after, topic.before) for topic in found.work}
        return visit.render(
            "faq/import.html", status, name=name, plan=found, replace=replace, seen=_mark(found), checked=checked,
            changed=changed, faults=found.faults[:_MOST_FAULTS], untouched=len(found.topics) - len(found.work),
            number=visit.part("number"),
        )  # fmt: skip

    def apply(self, visit: Visit) -> Response:
        """Changes what was shown, all of it or nothing."""
        replace = visit.form.get("mode") == "replace"
        _, found = self._plan(visit, replace)
        if found.faults:
            raise Refused("Tệp còn lỗi nên chưa nhập. Bạn sửa trong tệp rồi tải lên lại.")
        worse = [topic.after.title for topic in found.work if self._content.brings_errors(topic.after, topic.before)]
        if worse:
            said = f"Chưa nhập: nội dung của {', '.join(worse[:5])} còn lỗi nên không ai phát hành được."
            raise Refused(f"{said} Bạn sửa trong tệp rồi tải lên lại.", 422)
        if visit.form.get("seen") != _mark(found):
            return self._shown(visit, replace, changed=True, status=409)
        wanted = [Wanted(topic.after, topic.version) for topic in found.work]
        try:
            for topic in found.work:
                self._content.refuse_peoples(visit.connection, topic.after, topic.before)
            saved = self._content.editor.save_all(visit.connection, wanted, author(visit), "imported")
        except Conflict:
            return self._shown(visit, replace, changed=True, status=409)
        except EditError as error:
            raise Refused(str(error)) from error
        kept_tables.drop(visit.connection, visit.part("number"), visit.me.name)
        if not saved.numbers:
            return visit.redirect("/console/faq", "Tệp không có gì khác với nội dung đang có.")
        note(visit, "imported", ", ".join(topic.after.name for topic in found.work)[:150], saved)
        return visit.redirect("/console/faq/changes", f"Đã nhập {len(wanted)} chủ đề. Thay đổi chưa được phát hành.")


def _mark(found: Plan) -> str:
    """Returns what tells one plan from another: the versions it was made on, and what it makes of them."""
    said = repr([(topic.version, topic.after) for topic in found.work])
    return hashlib.sha256(said.encode()).hexdigest()[:32]
