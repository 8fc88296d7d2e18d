"""People's words on their way into the content: as they would be kept, with what was taken out, rewritten by staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant import audit
from assistant.console.pages.content import EDIT, ContentRoom, author, note
from assistant.console.visit import Refused, Visit
from assistant.console.words import KINDS
from assistant.editing.cleaning import clean_line
from assistant.editing.personal import of_people
from assistant.editing.saving import EditError, Saved
from assistant.identifiers import tokens
from assistant.learning import backlog
from assistant.learning.samples import searched_again, with_samples

PATH = "/console/learning/texts"
OUT_OF_SCOPE = "out_of_scope"
_LONGEST = 500


@dataclass(frozen=True)
class Row:
    """A text: whose it is, as it came, what was taken out, as it would be kept, and what is still to be taken out."""

    key: bytes
    whose: str
    came: str
    taken: tuple[str, ...]
    kept: str
    remarks: tuple[str, ...]

    @property
    def field(self) -> str:
        """The name of its field."""
        return f"text-{self.key.hex()}"


def address_of(keys: Sequence[bytes], topic: str, back: Mapping[str, str]) -> str:
    """Returns where texts are looked at before they go to a topic ("" for what is not ours)."""
    return f"{PATH}?{urlencode([('topic', topic), *back.items(), *(('learned', key.hex()) for key in keys)])}"


class LearningTexts(ContentRoom):
    """The page between choosing texts and keeping them."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        return [self._console.page(PATH, self.look, EDIT), self._console.act(PATH, self.keep, EDIT)]

    def look(self, visit: Visit) -> Response:
        """The texts as they would be kept."""
        given = visit.request.query_params
        rows = self._rows(visit, given.getlist("learned"), {})
        return self._page(visit, rows, given.get("topic", ""), dict(given))

    def _rows(self, visit: Visit, learned: Sequence[str], typed: Mapping[str, str]) -> list[Row]:
        keys = backlog.keys_in(learned)
        found = [(key, *one) for key in keys for one in backlog.texts_of(visit.connection, [key])]
        if not found:
            raise Refused("Bạn chưa chọn câu nào, hoặc các câu này đã được xóa theo thời hạn lưu.")
        public = self._content.editor.public_numbers()
        return [_row(key, whose, text, typed, public) for key, text, whose in found]

    def _page(
        self, visit: Visit, rows: Sequence[Row], name: str, back: Mapping[str, str], status: int = 200
    ) -> Response:
        held = self._content.library.held(name) if name else None
        if name and (held is None or held.topic is None):
            raise Refused("Không có chủ đề này. Bạn quay lại Hộp học rồi chọn lại nhé.")
        visit.viewed((row.whose for row in rows), "learning texts")
        return visit.render(
            "learning/texts.html", status, rows=rows, topic=name, title=held.topic.title if held and held.topic else "",
            reason=back.get("reason", ""), order=back.get("order", ""), longest=_LONGEST,
        )  # fmt: skip

    def keep(self, visit: Visit) -> Response:
        """Keeps the texts as staff rewrote them; those left empty stay in the inbox."""
        name, what = visit.form.get("topic", ""), visit.form.get("what")
        if what != ("assign" if name else "not_ours"):
            raise Refused("Chưa rõ các câu này đi đâu. Bạn quay lại Hộp học rồi chọn lại nhé.")
        rows = self._rows(visit, visit.fields.get("learned", []), visit.form)
        if any(row.remarks for row in rows):
            return self._page(visit, rows, name, visit.form, 422)
        kept = [row for row in rows if row.kept]
        if not kept:
            raise Refused("Các câu đều để trống nên chưa lưu gì. Bạn quay lại và ghi ít nhất một câu.")
        saved = self._saved(visit, name, list(dict.fromkeys(row.kept for row in kept)))
        decision: backlog.Decision = "assigned" if name else "not_ours"
        backlog.decide(visit.connection, [row.key for row in kept], decision, visit.me.name, name or None)
        if saved.numbers:
            note(visit, "learned", name or OUT_OF_SCOPE, saved)
        rewritten = sum(row.kept != with_samples(row.came) for row in kept)
        visit.record(audit.Event.LEARNING_DECIDED, decision=decision, topic=name, texts=len(kept), rewritten=rewritten)
        return visit.redirect(_back(visit.form), self._said(name, len(kept)))

    def _saved(self, visit: Visit, name: str, texts: Sequence[str]) -> Saved:
        editor = self._content.editor
        try:
            if name:
                return editor.add_questions(visit.connection, name, texts, author(visit))
            return editor.add_examples(visit.connection, OUT_OF_SCOPE, texts, author(visit))
        except EditError as error:
            raise Refused(str(error)) from error

    def _said(self, name: str, number: int) -> str:
        if not name:
            return f"Đã ghi {number} câu là ngoài phạm vi. Trợ lý học sau lần phát hành tới."
        held = self._content.library.held(name)
        title = held.topic.title if held and held.topic else name
        return f"Đã thêm {number} câu vào “{title}”. Trợ lý học sau lần phát hành tới."


def _row(key: bytes, whose: str, text: str, typed: Mapping[str, str], public: frozenset[str]) -> Row:
    came = searched_again(text)
    taken = dict.fromkeys(KINDS.get(token.kind, "dãy số") for token in tokens.tokens_in(came))
    kept = clean_line(typed.get(f"text-{key.hex()}", with_samples(came)))[:_LONGEST]
    return Row(key, whose, came, tuple(taken), kept, tuple(of_people(kept, public)))


def _back(form: Mapping[str, str]) -> str:
    """Returns the inbox as it was filtered."""
    order = "new" if form.get("order") == "new" else "people"
    return f"/console/learning?{urlencode({'reason': form.get('reason', ''), 'order': order})}"
