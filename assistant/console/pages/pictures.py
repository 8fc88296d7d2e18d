"""Our pictures: put into answers by editors, sent by agents. Each has a title that says what is to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.audit import Event
from assistant.console.navigation import Entry
from assistant.console.pages.content import EDIT, GROUP, ContentRoom
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.pictures import LARGEST, NAME, PictureError, taken_in
from assistant.desk import agents
from assistant.desk.public_numbers import public_contacts
from assistant.editing import prepared_pictures
from assistant.editing.cleaning import clean_line
from assistant.staff.model import Role

if TYPE_CHECKING:
    from assistant.console.shell import Console

_WHO: frozenset[Role] = frozenset({"agent", "content", "auditor"})
_PATH = "/console/pictures"


class Pictures(ContentRoom):
    """The list, and the form that adds to it."""

    entries = (Entry("Hình có sẵn", _PATH, GROUP, _WHO, about="Hình dùng trong câu trả lời và khi trực bàn"),)

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._public = public_contacts()

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            self._console.page(_PATH, self.listing, _WHO),
            act(_PATH, self.add, EDIT, LARGEST + 64 * 1024),
            act(f"{_PATH}/{{name}}/retire", self.retire, EDIT),
        ]

    def _used(self, name: str) -> list[tuple[str, str]]:
        """Returns name and title of the topics that show a picture."""
        return [(topic.name, topic.title) for topic in self._content.library.topics() if topic.picture == name]

    def listing(self, visit: Visit) -> Response:
        """All of them."""
        shown = [(each, self._used(each.name)) for each in prepared_pictures.prepared(visit.connection)]
        return visit.render(
            "pictures.html", pictures=shown, may_edit=bool(EDIT & visit.me.roles),
            longest=prepared_pictures.LONGEST_TITLE,
        )  # fmt: skip

    def add(self, visit: Visit) -> Response:
        """Adds one."""
        title, given = clean_line(visit.form.get("title", "")), visit.files.get("picture")
        if not title or len(title) > prepared_pictures.LONGEST_TITLE:
            raise Refused(f"Bạn ghi hình cho thấy gì, tối đa {prepared_pictures.LONGEST_TITLE} ký tự.")
        if found := agents.private_in(title, self._public):
            raise Refused(f"Hình dùng cho mọi người nên tên không được có {', '.join(found)}.")
        if given is None or not given.content:
            raise Refused("Bạn chọn một tệp hình PNG hoặc JPG.")
        try:
            picture = taken_in(given.content)
        except PictureError as error:
            raise Refused(str(error)) from error
        prepared_pictures.add(visit.connection, picture, title, visit.me.name)
        visit.record(Event.PICTURE_CHANGED, act="added", picture=picture.name)
        return visit.redirect(_PATH, f"Đã thêm hình “{title}”.")

    def retire(self, visit: Visit) -> Response:
        """Takes one out of the list, unless an answer shows it."""
        name = visit.part("name")
        if not NAME.fullmatch(name):
            raise NotHere
        if used := self._used(name):
            titles = ", ".join(f"“{title}”" for _, title in used[:3])
            raise Refused(f"Câu trả lời {titles} đang dùng hình này. Bạn gỡ hình ở đó trước.", 409)
        if not prepared_pictures.retire(visit.connection, name):
            raise NotHere("Hình này đã được bỏ.")
        visit.record(Event.PICTURE_CHANGED, act="retired", picture=name)
        return visit.redirect(_PATH, "Đã bỏ hình khỏi danh sách. Tin đã gửi vẫn hiện hình.")
