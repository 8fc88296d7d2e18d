"""One act on several topics of the list, all or none: read again today, or not used any more."""

from __future__ import annotations

import dataclasses

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.pages.content import EDIT, ContentRoom, author, note
from assistant.console.visit import Refused, Visit
from assistant.editing.errors import Conflict, Referred
from assistant.editing.saving import EditError, Saved, Wanted
from assistant.runtime.times import today

#: Topics that one act may take.
MOST = 200


class FaqBulk(ContentRoom):
    """The acts of the list."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [self._console.act("/console/faq/several", self.several, EDIT)]

    def several(self, visit: Visit) -> Response:
        """Does one thing with all topics that were ticked."""
        seen = dict(value.partition("@")[::2] for value in visit.fields.get("topic", [])[: MOST + 1])
        if not seen:
            raise Refused("Bạn đánh dấu ít nhất một chủ đề.")
        if len(seen) > MOST:
            raise Refused(f"Mỗi lần làm được {MOST} chủ đề. Bạn bỏ bớt nhé.")
        acts = {"checked": self._checked, "retired": self._retired}
        act = acts.get(visit.form.get("act", ""))
        if act is None:
            raise Refused("Chưa rõ bạn muốn làm gì. Bạn tải lại trang rồi thử lại.")
        try:
            return act(visit, seen)
        except Conflict as error:
            raise Refused(f"{error} Chưa có gì thay đổi; bạn tải lại trang rồi làm lại nhé.", 409) from error
        except Referred as error:
            raise Refused(f"{error} Chưa có gì thay đổi; bạn bỏ chủ đề này ra.", 409) from error
        except EditError as error:
            raise Refused(str(error), 409) from error

    def _checked(self, visit: Visit, seen: dict[str, str]) -> Response:
        wanted = []
        for name, version in seen.items():
            held = self._content.library.held(name)
            if held is None or held.topic is None:
                raise EditError(f"Không có chủ đề {name}.")
            wanted.append(Wanted(dataclasses.replace(held.topic, checked_on=today()), version))
        saved = self._content.editor.save_all(visit.connection, wanted, author(visit), "edited")
        return self._done(visit, "edited", saved, f"Đã ghi ngày kiểm tra hôm nay cho {len(saved.numbers)} chủ đề.")

    def _retired(self, visit: Visit, seen: dict[str, str]) -> Response:
        saved = self._content.editor.retire_all(visit.connection, seen, author(visit))
        said = f"Đã ngừng dùng {len(seen)} chủ đề. Muốn lấy lại, bạn mở Lịch sử và bấm “Hoàn tác”."
        return self._done(visit, "retired", saved, said)

    def _done(self, visit: Visit, act: str, saved: Saved, said: str) -> Response:
        if saved.numbers:
            note(visit, act, "several", saved)
        return visit.redirect("/console/faq", said)
