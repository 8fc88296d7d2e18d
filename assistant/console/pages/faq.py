"""The FAQ: the list, the editor with its live check and preview, new, renamed and retired topics."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from assistant.console.navigation import Entry
from assistant.console.pages import faq_list
from assistant.console.pages.content import EDIT, GROUP, VIEW, ContentRoom, author, note, parsed
from assistant.console.pages.faq_drafts import LARGEST, kept_from, key_of
from assistant.console.pages.faq_form import NEXT, Draft, empty, read_draft, within
from assistant.console.pages.faq_preview import Previews
from assistant.console.pages.faq_sources import sources_of
from assistant.console.pages.faq_understood import TakenFor, Understanding
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.check_answers import MORE, TITLE
from assistant.content.check_examples import FEWEST
from assistant.content.lengths import longest
from assistant.content.library import Held
from assistant.content.topics import BESIDE, Topic
from assistant.editing import history, own_drafts, prepared_pictures
from assistant.editing.live_check import Checked
from assistant.editing.merging import Merge, merge
from assistant.editing.personal import Personal
from assistant.editing.saving import Conflict, EditError, Referred, Wanted
from assistant.learning import backlog
from assistant.learning.samples import searched_again, with_samples
from assistant.runtime.times import today

if TYPE_CHECKING:
    from assistant.console.shell import Console

#: What has to be written of a topic.
_WRITTEN = ("title", "answer", "questions", "source")
_COUNTED = ("title", "answer", "more", "questions")


def _limits(topic: Topic) -> dict[str, int]:
    """Returns how much each counted field may hold."""
    return {"title": TITLE, "answer": longest(topic.answer), "more": MORE, "questions": FEWEST}


class Faq(ContentRoom):
    """The pages below /console/faq."""

    entries = (Entry("Hỏi đáp", "/console/faq", GROUP, VIEW, about="Câu hỏi và câu trả lời; sửa, thêm, nhập Excel"),)

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._previews = Previews(console.node.settings.base_url)
        self._understanding = Understanding()

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page("/console/faq", self.listing, VIEW),
            page("/console/faq/new", self.new, EDIT),
            act("/console/faq/new", self.create, EDIT, LARGEST),
            act("/console/faq/check", self.check, EDIT, LARGEST),
            page("/console/faq/topics/{topic}", self.edit, VIEW),
            act("/console/faq/topics/{topic}", self.save, EDIT, LARGEST),
            act("/console/faq/topics/{topic}/rename", self.rename, EDIT),
            act("/console/faq/topics/{topic}/retire", self.retire, EDIT),
        ]

    # -- the list ------------------------------------------------------------------------------

    def listing(self, visit: Visit) -> Response:
        """All topics, or those that have the words of a search."""
        search, sort = visit.query("q")[:200], visit.query("sort", "title")
        content = self._content
        content.index()  # ready by the time somebody edits
        names = content.library.names()
        return visit.render(
            "faq/list.html", rows=faq_list.rows_of(visit, content, search, sort), search=search, sort=sort,
            sorts={name: shown for name, (shown, _) in faq_list.SORTS.items()}, total=len(names),
            days=faq_list.USE_DAYS, retired=faq_list.retired(visit, names), broken=faq_list.unreadable(content),
            unreleased=content.unreleased(visit), may_edit=bool(EDIT & visit.me.roles),
            drafts=self._drafts(visit), drafted=own_drafts.drafted(visit.connection, visit.me.name),
        )  # fmt: skip

    def _drafts(self, visit: Visit) -> list[tuple[own_drafts.Kept, str, str]]:
        """Returns one's own drafts: each with its title, and where it is gone on with."""
        found = []
        for kept in own_drafts.of(visit.connection, visit.console.node.vault, visit.me.name):
            held = self._content.library.held(kept.key)
            title = kept.title or (held.topic.title if held and held.topic else "chưa đặt tên")
            where = f"/console/faq/topics/{kept.key}" if held else f"/console/faq/new?draft={kept.key}"
            found.append((kept, title, where))
        return found

    # -- the editor ----------------------------------------------------------------------------

    def _held(self, visit: Visit) -> Held:
        held = self._content.library.held(visit.part("topic"))
        if held is None:
            raise NotHere("Không có chủ đề này. Có thể nó đã được đổi mã hoặc ngừng dùng.")
        return held

    def edit(self, visit: Visit) -> Response:
        """The editor of one topic."""
        held = self._held(visit)
        if held.topic is None:
            return visit.render("faq/broken.html", held=held)
        kept = self._own_draft(visit, held.name)
        if kept is None:
            return self._form(visit, Draft(held.topic, held.version), held.topic)
        draft = _draft_of(kept, held.topic)
        return self._form(visit, draft, held.topic, kept=kept, newer=kept.version != held.version)

    def _own_draft(self, visit: Visit, key: str) -> own_drafts.Kept | None:
        """Returns what whoever is at the keyboard has written of a topic and not saved yet."""
        if not EDIT & visit.me.roles:
            return None
        return own_drafts.find(visit.connection, visit.console.node.vault, visit.me.name, key)

    def new(self, visit: Visit) -> Response:
        """The editor of a topic that is not there yet, or of a draft of one."""
        key = visit.query("draft")
        if own_drafts.is_key(key) and (kept := self._own_draft(visit, key)):
            learned = kept.fields.get("learned", [])
            return self._form(visit, _draft_of(kept, None), None, learned=learned, kept=kept, draft_key=key)
        keys = backlog.keys_in(visit.request.query_params.getlist("learned"))
        texts = backlog.texts_of(visit.connection, keys)
        questions = tuple(dict.fromkeys(filter(None, (with_samples(text) for text, _ in texts))))
        return self._form(visit, Draft(empty(today(), questions), ""), None, learned=[key.hex() for key in keys])

    def _form(self, visit: Visit, draft: Draft, before: Topic | None, status: int = 200, **more: Any) -> Response:
        """The editor with what stands in its fields."""
        more.setdefault("learned", visit.fields.get("learned", []))
        more.setdefault("draft_key", before.name if before else key_of(visit) or own_drafts.new_key())
        if EDIT & visit.me.roles:
            own_drafts.present(visit.connection, more["draft_key"], visit.me.name, visit.me.shown)
        others = own_drafts.others(visit.connection, before.name, visit.me.name) if before else []
        came = backlog.texts_of(visit.connection, backlog.keys_in(more["learned"]))
        visit.viewed((conversation for _, conversation in came), "learning")
        shown = self._shown(draft.topic, before)
        tried = before is not None or visit.request.method == "POST"
        if not tried:
            draft, shown["checked"] = _begun(draft, shown["checked"])
        return visit.render(
            "faq/edit.html", status, tried=tried, topic=draft.topic, version=draft.version, before=before,
            wrong=draft.wrong, choices=self._choices(draft.topic), next_fields=max(NEXT, len(draft.topic.next)),
            today=today(),
            pictures=prepared_pictures.prepared(visit.connection),
            rests_on=sources_of(self._content.library.data, today()).of(draft.topic),
            may_edit=bool(EDIT & visit.me.roles), unreleased=self._content.unreleased(visit),
            entries=history.of_topic(visit.connection, before.name, 3) if before else [],
            came=[searched_again(text) for text, _ in came], others=others, **shown, **more,
        )  # fmt: skip

    def _choices(self, topic: Topic) -> list[tuple[str, str]]:
        """Returns what a button below an answer may lead to: name and title, topics first."""
        topics = [(other.name, other.title) for other in self._content.library.topics() if other.name != topic.name]
        buttons = [(name, title) for name, title in self._content.library.buttons().items() if name != "more"]
        known = {name for name, _ in (*topics, *buttons)}
        gone = [(name, f"{name} (không còn)") for name in topic.next if name not in known]
        return sorted(topics, key=lambda choice: faq_list.plain(choice[1])) + buttons + gone

    def _shown(self, topic: Topic, before: Topic | None, compare: bool = True) -> dict[str, Any]:
        """Returns what stands beside the fields: remarks, counts, similar questions, the preview."""
        counts = {
            "title": len(topic.title), "answer": len(topic.answer), "more": len(topic.more),
            "questions": len(topic.questions),
        }  # fmt: skip
        topic = within(topic)
        checked: Checked = self._content.check(topic, before, compare)
        titles = self._content.library.buttons()
        known = (
            titles | {other.name: other.title for other in self._content.library.topics()} | {topic.name: topic.title}
        )
        previews = self._previews.of(topic, known, titles)
        taken = self._taken(topic, before)
        return {
            "checked": checked, "counts": counts, "limits": _limits(topic), "previews": previews, "titles": known,
            "taken": taken, "topic_titles": self._content.titles(),
        }  # fmt: skip

    def _taken(self, topic: Topic, before: Topic | None) -> list[TakenFor]:
        """Returns the new questions that the assistant takes for another topic today."""
        asked = before.questions if before else ()
        new = [question for question in topic.questions if question not in asked]
        own = {topic.intent, *([before.intent] if before else [])}
        return self._understanding.elsewhere(self._console.node.host, new, own)

    def check(self, visit: Visit) -> Response:
        """What stands beside the fields, for what is in them now: pieces of the page by their id."""
        held = self._content.library.held(visit.form.get("topic", ""))
        before = held.topic if held else None
        draft = self._with_picture(visit, read_draft(visit.form, visit.fields, before, today()), before)
        shown = self._shown(draft.topic, before)
        if before is None and "tried" not in visit.form:
            draft, shown["checked"] = _begun(draft, shown["checked"])
        pieces = visit.console.templates.get_template("faq/beside.html").module
        fields = (
            "name", "title", "answer", "place", "in_app", "more", *BESIDE, "next", "source", "checked_on",
            "supersedes", "facets", "steps", "questions",
        )  # fmt: skip
        answer = {f"remarks-{name}": str(pieces.remarks(name, shown["checked"], draft.wrong)) for name in fields}  # type: ignore[attr-defined]
        answer |= {f"count-{name}": str(pieces.count(name, shown["counts"], shown["limits"])) for name in _COUNTED}  # type: ignore[attr-defined]
        answer["missing-facets"] = str(pieces.missing(draft.topic))  # type: ignore[attr-defined]
        answer["alike"] = str(pieces.alike(shown["checked"], shown["titles"], shown["taken"], shown["topic_titles"]))  # type: ignore[attr-defined]
        answer["preview"] = str(pieces.preview(shown["previews"]))  # type: ignore[attr-defined]
        blank = not all(getattr(draft.topic, field) for field in _WRITTEN)
        answer["summary"] = str(pieces.summary(shown["checked"], draft.wrong, blank))  # type: ignore[attr-defined]
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    # -- saving --------------------------------------------------------------------------------

    def create(self, visit: Visit) -> Response:
        """Saves a new topic."""
        draft = read_draft(visit.form, visit.fields, None, today())
        name, wrong = draft.topic.name, dict(draft.wrong)
        if name and self._content.library.text(name) is not None and "name" not in wrong:
            wrong["name"] = f"Đã có chủ đề mã {name}; hãy đặt mã khác."
        return self._save(visit, dataclasses.replace(draft, wrong=wrong), None)

    def save(self, visit: Visit) -> Response:
        """Saves a topic that is there; if somebody else saved it meanwhile, both are shown."""
        name = visit.part("topic")
        held = self._content.library.held(name)
        before = held.topic if held else None
        draft = read_draft(visit.form, visit.fields, before, today())
        if before is None:  # gone meanwhile, or not readable: what was written is kept under its name
            draft = dataclasses.replace(draft, topic=dataclasses.replace(draft.topic, name=name))
        return self._save(visit, draft, before)

    def _save(self, visit: Visit, draft: Draft, before: Topic | None) -> Response:
        if key_of(visit):  # whatever becomes of it, what was written stays
            kept_from(visit, key_of(visit))
        if "keep" in visit.form:
            return self._kept(visit, before)
        draft = self._with_picture(visit, draft, before)
        if draft.wrong:
            return self._form(visit, draft, before, 422)
        stale = (
            before is not None
            and draft.version != (self._content.library.held(draft.topic.name) or Held("", "", None)).version
        )
        if "check_only" in visit.form:
            return self._form(visit, draft, before)
        keys = backlog.keys_in(visit.fields.get("learned", []))
        try:
            self._content.refuse_peoples(visit.connection, draft.topic, before, bool(keys))
            self._content.editor.refuse_personal(before, draft.topic)
            if not stale and self._content.brings_errors(draft.topic, before):
                return self._form(visit, draft, before, 422, ask_keep=True)
            saved = self._content.editor.save(visit.connection, Wanted(draft.topic, draft.version), author(visit))
        except Conflict as conflict:
            return self._both(visit, draft, conflict)
        except Personal as error:
            return self._form(visit, dataclasses.replace(draft, wrong={error.field: str(error)}), before, 422)
        except EditError as error:
            return self._form(visit, dataclasses.replace(draft, wrong={"name": str(error)}), before, 422)
        address = f"/console/faq/topics/{draft.topic.name}"
        own_drafts.drop(visit.connection, visit.me.name, key_of(visit), draft.topic.name)
        if not saved.numbers:
            return visit.redirect(address, "Không có gì thay đổi.")
        note(visit, "saved", draft.topic.name, saved)
        if keys:
            backlog.decide(visit.connection, keys, "assigned", visit.me.name, draft.topic.name)
        return visit.redirect(address, "Đã lưu. Thay đổi có hiệu lực với người dân sau khi được phát hành.")

    def _with_picture(self, visit: Visit, draft: Draft, before: Topic | None) -> Draft:
        """Returns the draft with what its picture shows, where nobody wrote it; a picture must be in the list."""
        name = draft.topic.picture
        if not name:
            return dataclasses.replace(draft, topic=dataclasses.replace(draft.topic, picture_says=""))
        picture = prepared_pictures.find(visit.connection, name)
        if picture is None and (before is None or before.picture != name):
            return dataclasses.replace(draft, wrong=draft.wrong | {"picture": "Hình này không còn trong danh sách."})
        if picture is None or draft.topic.picture_says:
            return draft
        return dataclasses.replace(draft, topic=dataclasses.replace(draft.topic, picture_says=picture.title))

    def _kept(self, visit: Visit, before: Topic | None) -> Response:
        """Keeps what is half written for whoever wrote it; nobody's release meets it."""
        key = before.name if before else key_of(visit) or own_drafts.new_key()
        kept_from(visit, key)
        return visit.redirect("/console/faq", "Đã giữ bản nháp của bạn. Chỉ bạn thấy nó; ai cũng phát hành được.")

    def _both(self, visit: Visit, draft: Draft, conflict: Conflict) -> Response:
        """Shows what somebody else saved beside what was to be saved, with a proposal in the fields."""
        name = draft.topic.name
        entries = history.of_topic(visit.connection, name, 1)
        theirs = parsed(conflict.present, name)
        if theirs is None:  # gone, or not readable: what was written here is kept as a new topic
            kept = dataclasses.replace(draft, version="" if conflict.present is None else draft.version)
            return self._form(visit, kept, None, 409, gone=True, other=entries[0] if entries else None)
        base = parsed(history.text_of_version(visit.connection, name, draft.version), name)
        merged: Merge = merge(base, theirs, draft.topic)
        held = self._content.library.held(name)
        proposal = Draft(merged.proposal, held.version if held else "")
        other = entries[0] if entries and held and entries[0].after_version == held.version else None
        return self._form(visit, proposal, theirs, 409, merge=merged, other=other, base_known=base is not None)

    # -- names ---------------------------------------------------------------------------------

    def rename(self, visit: Visit) -> Response:
        """Gives a topic another name."""
        old, new = visit.part("topic"), visit.form.get("new_name", "").strip().lower()
        try:
            saved = self._content.editor.rename(
                visit.connection, old, new, visit.form.get("version", ""), author(visit)
            )
        except EditError as error:
            raise Refused(_kindly(error), 409) from error
        own_drafts.follow(visit.connection, visit.console.node.vault, old, new)
        note(visit, "renamed", new, saved)
        return visit.redirect(f"/console/faq/topics/{new}", f"Đã đổi mã chủ đề thành {new}.")

    def retire(self, visit: Visit) -> Response:
        """Takes a topic out; its history stays."""
        name = visit.part("topic")
        try:
            saved = self._content.editor.retire(visit.connection, name, visit.form.get("version", ""), author(visit))
        except EditError as error:
            raise Refused(_kindly(error), 409) from error
        note(visit, "retired", name, saved)
        return visit.redirect("/console/faq", f"Đã ngừng dùng chủ đề {name}. Muốn dùng lại, bạn mở “Đã ngừng dùng”.")


def _draft_of(kept: own_drafts.Kept, before: Topic | None) -> Draft:
    """Returns the form as it was left."""
    form = {name: values[0] for name, values in kept.fields.items() if values}
    draft = read_draft(form | {"version": kept.version}, kept.fields, before, today())
    return dataclasses.replace(draft, wrong={})  # half written is no fault yet


def _begun(draft: Draft, checked: Checked) -> tuple[Draft, Checked]:
    """Returns what is to be said while a topic is begun: a field that nobody has come to yet is no fault."""
    blank = {field for field in _WRITTEN if not getattr(draft.topic, field)}
    wrong = {field: why for field, why in draft.wrong.items() if field not in blank}
    remarks = tuple(remark for remark in checked.remarks if remark.field not in blank)
    return dataclasses.replace(draft, wrong=wrong), dataclasses.replace(checked, remarks=remarks)


def _kindly(error: EditError) -> str:
    if isinstance(error, Conflict):
        return "Chủ đề này vừa được người khác sửa. Bạn tải lại trang để xem bản mới rồi làm lại nhé."
    if isinstance(error, Referred):
        return f"{error} Bạn nhờ kỹ thuật viên sửa những chỗ đó trước."
    return str(error)
