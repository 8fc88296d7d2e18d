"""The learning inbox: what was not understood, put to a topic, made a new one, or set aside."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.console.navigation import Entry
from assistant.console.pages import faq_list
from assistant.console.pages.content import EDIT, GROUP, ContentRoom, author, note
from assistant.console.visit import Refused, Visit
from assistant.console.words import masked_plain
from assistant.content.likeness import Match
from assistant.editing.saving import EditError
from assistant.learning import backlog, inbox
from assistant.learning.inbox import Group
from assistant.learning.samples import with_samples

_OUT_OF_SCOPE = "out_of_scope"
REASONS = {
    "fallback": "không hiểu",
    "unsure": "không chắc",
    "objected": "bị nói “không đúng”",
}


class Learning(ContentRoom):
    """The pages of the inbox."""

    entries = (Entry("Hộp học", "/console/learning", GROUP, EDIT),)

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
            group.number: [match for match in matches if match.example.intent.startswith("faq/")]
            for group, matches in zip(groups, found, strict=True)
        }

    # -- decisions -----------------------------------------------------------------------------

    def _chosen(self, visit: Visit) -> tuple[list[bytes], list[str]]:
        """Returns the texts that were ticked: their keys, and what is learned from them."""
        keys = backlog.keys_in(visit.fields.get("learned", []))
        texts = backlog.texts_of(visit.connection, keys)
        if not texts:
            raise Refused("Bạn chưa chọn câu nào, hoặc các câu này đã được xóa theo thời hạn lưu.")
        return keys, list(dict.fromkeys(filter(None, (with_samples(text) for text, _ in texts))))

    def _back(self, visit: Visit, said: str) -> Response:
        """Returns to the inbox as it was filtered."""
        form = visit.form
        reason = form.get("reason", "") if form.get("reason") in REASONS else ""
        order = "new" if form.get("order") == "new" else "people"
        return visit.redirect(f"/console/learning?reason={reason}&order={order}", said)

    def assign(self, visit: Visit) -> Response:
        """Adds texts to a topic as questions."""
        keys, texts = self._chosen(visit)
        name = visit.form.get("topic", "")
        if not name:
            raise Refused("Bạn chọn chủ đề rồi bấm lại nhé.")
        try:
            saved = self._content.editor.add_questions(visit.connection, name, texts, author(visit))
        except EditError as error:
            raise Refused(str(error)) from error
        backlog.decide(visit.connection, keys, "assigned", visit.me.name, name)
        if saved.numbers:
            note(visit, "learned", name, saved)
        visit.record(audit.Event.LEARNING_DECIDED, decision="assigned", topic=name, texts=len(keys))
        held = self._content.library.held(name)
        title = held.topic.title if held and held.topic else name
        return self._back(visit, f"Đã thêm {len(texts)} câu vào “{title}”. Trợ lý học sau lần phát hành tới.")

    def new_topic(self, visit: Visit) -> Response:
        """Opens the editor of a new topic with texts as its first questions."""
        keys, _ = self._chosen(visit)
        return visit.redirect("/console/faq/new?" + "&".join(f"learned={key.hex()}" for key in keys))

    def aside(self, visit: Visit) -> Response:
        """Sets texts aside: as examples of what is not ours, or out of sight."""
        keys, texts = self._chosen(visit)
        if visit.form.get("what") == "not_ours":
            try:
                saved = self._content.editor.add_examples(visit.connection, _OUT_OF_SCOPE, texts, author(visit))
            except EditError as error:
                raise Refused(str(error)) from error
            backlog.decide(visit.connection, keys, "not_ours", visit.me.name)
            if saved.numbers:
                note(visit, "learned", _OUT_OF_SCOPE, saved)
            said = f"Đã ghi {len(texts)} câu là ngoài phạm vi. Trợ lý học sau lần phát hành tới."
        else:
            backlog.decide(visit.connection, keys, "hidden", visit.me.name)
            said = f"Đã bỏ qua {len(keys)} câu."
        decision = "not_ours" if visit.form.get("what") == "not_ours" else "hidden"
        visit.record(audit.Event.LEARNING_DECIDED, decision=decision, texts=len(keys))
        return self._back(visit, said)
