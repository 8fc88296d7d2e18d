"""What the editor keeps by itself while somebody writes, and who else has the topic open."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from assistant.console.pages.content import EDIT, ContentRoom
from assistant.console.visit import Refused, Visit
from assistant.console.words import when
from assistant.editing import history, own_drafts
from assistant.learning import backlog

#: A topic with all its wordings is sent as a whole, each letter of Vietnamese as up to nine.
LARGEST = 1024 * 1024


def kept_from(visit: Visit, key: str) -> None:
    """Keeps the form that was sent as a draft of whoever sent it."""
    texts = backlog.texts_of(visit.connection, backlog.keys_in(visit.fields.get("learned", [])))
    own_drafts.keep(
        visit.connection, visit.console.node.vault, visit.me.name, key, visit.fields, visit.form.get("version", ""),
        sorted({conversation for _, conversation in texts}),
    )  # fmt: skip


def key_of(visit: Visit) -> str:
    """Returns the draft's key that a form names; "" if it names none."""
    key = visit.form.get("draft", "")
    return key if own_drafts.is_key(key) else ""


class FaqDrafts(ContentRoom):
    """What scripts of the editor ask for, and the act that throws a draft away."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        act = self._console.act
        return [
            act("/console/faq/drafts", self.keep, EDIT, LARGEST),
            act("/console/faq/drafts/here", self.here, EDIT),
            act("/console/faq/drafts/drop", self.drop, EDIT),
        ]

    def keep(self, visit: Visit) -> Response:
        """Keeps what stands in the fields."""
        key = key_of(visit)
        if not key:
            raise Refused("Chưa rõ bản nháp của chủ đề nào. Bạn tải lại trang.")
        kept_from(visit, key)
        return self._beside(visit, key)

    def here(self, visit: Visit) -> Response:
        """Notes that the topic is open, and tells who else has it open."""
        return self._beside(visit, key_of(visit))

    def _beside(self, visit: Visit, key: str) -> Response:
        """Answers with what stands above the fields: when the draft was kept, who else is here, what was saved."""
        own_drafts.present(visit.connection, key, visit.me.name, visit.me.shown)
        held = self._content.library.held(key)
        newer = held is not None and held.version != visit.form.get("version", "")
        entries = history.of_topic(visit.connection, key, 1) if newer else []
        pieces = visit.console.templates.get_template("faq/company.html").module
        kept = own_drafts.find(visit.connection, visit.console.node.vault, visit.me.name, key)
        others = own_drafts.others(visit.connection, key, visit.me.name)
        return JSONResponse(
            {
                "company": str(pieces.company(others, newer, entries[0] if entries else None)),  # type: ignore[attr-defined]
                "kept": f"Đã giữ bản nháp lúc {when(kept.at)}" if kept else "",
            }
        )

    def drop(self, visit: Visit) -> Response:
        """Throws a draft away; the page shows what is saved."""
        key = key_of(visit)
        own_drafts.drop(visit.connection, visit.me.name, key)
        there = self._content.library.held(key) is not None
        return visit.redirect(f"/console/faq/topics/{key}" if there else "/console/faq", "Đã bỏ bản nháp.")
