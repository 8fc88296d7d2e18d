"""The learning inbox: what was not understood, put to a topic, made a new one, or set aside."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.console.navigation import Entry
from assistant.console.pages import faq_list
from assistant.console.pages.content import EDIT, GROUP, ContentRoom
from assistant.console.pages.learning_texts import address_of
from assistant.console.visit import Refused, Visit
from assistant.console.words import masked_plain
from assistant.content.likeness import Match
from assistant.learning import backlog, inbox
from assistant.learning.inbox import Group
from assistant.learning.samples import with_samples
from assistant.reading.signals import is_answered

REASONS = {
    "fallback": "không hiểu",
    "unsure": "không chắc",
    "objected": "bị nói “không đúng”",
}


class Learning(ContentRoom):
    """The pages of the inbox."""

    entries = (
        Entry("Hộp học", "/console/learning", GROUP, EDIT, about="Câu trợ lý chưa hiểu; dạy, tạo kịch bản kiểm thử"),
    )

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page("/console/learning", self.inbox, EDIT),
            act("/console/learning/assign", self.assign, EDIT),
            act("/console/learning/new-topic", self.new_topic, EDIT),
            act("/console/learning/aside", self.aside, EDIT),
        ]

    def inbox(self, visit: Visit) -> Response:
        """The groups, the largest or the newest first."""
        reason = visit.query("reason") if visit.query("reason") in REASONS else ""
        order = visit.query("order", "people")
        page = int(visit.query("page")) if visit.query("page").isdecimal() and len(visit.query("page")) < 4 else 0
        groups, more = inbox.groups(visit.connection, reason, order, page)
        visit.viewed((text.conversation for group in groups for text in group.texts), "learning list", every_time=False)
        topics = sorted(self._content.library.topics(), key=lambda topic: faq_list.plain(topic.title))
        return visit.render(
            "learning/inbox.html", groups=groups, reasons=REASONS, reason=reason, order=order, page=page, more=more,
            topics=topics, titles=self._content.titles(), near=self._near(groups),
            waiting=inbox.waiting(visit.connection), unreleased=self._content.unreleased(visit),
        )  # fmt: skip

    def _near(self, groups: list[Group]) -> dict[int, list[Match]]:
        """Returns the topics whose questions are most like each group's first text."""
        index = self._content.index()
        if index is None or not groups:
            return {}
        firsts = [masked_plain(group.texts[0].text) for group in groups]
        found = index.nearest(
            [with_samples(group.texts[0].text) or first for group, first in zip(groups, firsts, strict=True)]
        )
        return {
            group.number: [match for match in matches if is_answered(match.example.intent)]
            for group, matches in zip(groups, found, strict=True)
        }

    # -- decisions -----------------------------------------------------------------------------

    def _chosen(self, visit: Visit) -> list[bytes]:
        """Returns the keys of the texts that were ticked."""
        keys = backlog.keys_in(visit.fields.get("learned", []))
        if not backlog.texts_of(visit.connection, keys):
            raise Refused("Bạn chưa chọn câu nào, hoặc các câu này đã được xóa theo thời hạn lưu.")
        return keys

    def assign(self, visit: Visit) -> Response:
        """Opens texts to be looked at and rewritten on their way to a topic."""
        keys, name = self._chosen(visit), visit.form.get("topic", "")
        if not name:
            raise Refused("Bạn chọn chủ đề rồi bấm lại nhé.")
        return visit.redirect(address_of(keys, name, _filter(visit)))

    def new_topic(self, visit: Visit) -> Response:
        """Opens the editor of a new topic with texts as its first questions."""
        keys = self._chosen(visit)
        return visit.redirect("/console/faq/new?" + "&".join(f"learned={key.hex()}" for key in keys))

    def aside(self, visit: Visit) -> Response:
        """Sets texts aside: out of sight, or, once they were looked at, as examples of what is not ours."""
        keys = self._chosen(visit)
        if visit.form.get("what") == "not_ours":
            return visit.redirect(address_of(keys, "", _filter(visit)))
        backlog.decide(visit.connection, keys, "hidden", visit.me.name)
        visit.record(audit.Event.LEARNING_DECIDED, decision="hidden", texts=len(keys))
        return visit.redirect(f"/console/learning?{urlencode(_filter(visit))}", f"Đã bỏ qua {len(keys)} câu.")


def _filter(visit: Visit) -> dict[str, str]:
    """Returns how the inbox was filtered."""
    reason = visit.form.get("reason", "")
    return {
        "reason": reason if reason in REASONS else "", "order": "new" if visit.form.get("order") == "new" else "people",
    }  # fmt: skip
