"""Who changed what in the FAQ: word by word, and back to how it was."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from assistant.console.pages.content import EDIT, VIEW, ContentRoom, author, note, number_in, parsed
from assistant.console.visit import NotHere, Refused, Visit
from assistant.content.library import is_name
from assistant.content.topics import Topic
from assistant.editing import history
from assistant.editing.diffs import fields, lines
from assistant.editing.history import Entry
from assistant.editing.saving import Conflict, EditError

_PAGE = 50


@dataclass(frozen=True)
class Line:
    """One line of a topic's history: a change made here, or a commit made elsewhere."""

    at: datetime.datetime
    who: str
    entry: Entry | None = None
    commit: str = ""
    subject: str = ""


def _can_be_undone(actions: set[str], topics: int) -> bool:
    """Tells whether what was changed together can be taken back at once: names that changed lead elsewhere now."""
    return actions == {"imported"} or (topics > 1 and actions <= {"edited", "retired"})


class FaqHistory(ContentRoom):
    """The pages of changes."""

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        page, act = self._console.page, self._console.act
        return [
            page("/console/faq/changes", self.all, VIEW),
            page("/console/faq/changes/{number}", self.change, VIEW),
            page("/console/faq/topics/{topic}/history", self.of_topic, VIEW),
            page("/console/faq/topics/{topic}/commits/{commit}", self.commit, VIEW),
            act("/console/faq/topics/{topic}/restore", self.restore, EDIT),
            act("/console/faq/changes/{number}/undo", self.undo, EDIT),
        ]

    def all(self, visit: Visit) -> Response:
        """The newest changes of all topics."""
        start = number_in(visit.query("before"))
        found = history.newest(visit.connection, start, _PAGE + 1)
        older = f"/console/faq/changes?before={found[_PAGE - 1].id}" if len(found) > _PAGE else ""
        return visit.render(
            "faq/changes.html", entries=found[:_PAGE], older=older, newer="/console/faq/changes" if start else "",
            unreleased=self._content.unreleased(visit), in_git=self._content.in_git,
            imports=self._imports(visit, found), titles=self._titles(), may_edit=bool(EDIT & visit.me.roles),
        )  # fmt: skip

    def _titles(self) -> dict[str, str]:
        return {topic.name: topic.title for topic in self._content.library.topics()}

    def _imports(self, visit: Visit, entries: list[Entry]) -> dict[int, int]:
        """Returns what was changed together and stands as it was left: its first entry here, and how many topics."""
        shown = {entry.batch: entry.id for entry in reversed(entries)}
        rows = visit.rows(
            "SELECT coalesce(batch, id) AS batch, topic, action, after_version FROM content_changes"
            " WHERE coalesce(batch, id) = ANY (%s)",
            list(shown),
        )
        topics: defaultdict[int, int] = defaultdict(int)
        actions: defaultdict[int, set[str]] = defaultdict(set)
        for row in rows:
            topics[row.batch] += 1
            actions[row.batch].add(row.action)
        for batch in list(shown):
            if not _can_be_undone(actions[batch], topics[batch]):
                shown.pop(batch)
        for row in rows:
            held = self._content.library.held(row.topic)
            if held is None or held.version != row.after_version:
                shown.pop(row.batch, None)
        first = {entry.batch: entry.id for entry in reversed(entries)}
        return {first[batch]: topics[batch] for batch in shown}

    def undo(self, visit: Visit) -> Response:
        """Takes back all that was changed together: an import, or an act on several topics."""
        found = _change(visit, visit.part("number"))
        actions = {
            row.action for row in visit.rows(
                "SELECT action FROM content_changes WHERE coalesce(batch, id) = %s", found[0].batch if found else 0
            )
        }  # fmt: skip
        if found is None or not _can_be_undone(actions, 2):
            raise NotHere("Không còn lần sửa này để hoàn tác.")
        try:
            saved = self._content.editor.undo(visit.connection, found[0].batch, author(visit))
        except EditError as error:
            raise Refused(str(error), 409) from error
        note(visit, "undone", found[0].topic, saved)
        what = "nhập" if actions == {"imported"} else "sửa"
        said = f"Đã hoàn tác cả lần {what}: {len(saved.numbers)} chủ đề trở lại như trước."
        return visit.redirect("/console/faq/changes", said)

    def of_topic(self, visit: Visit) -> Response:
        """The changes of one topic, with the commits that were made elsewhere."""
        name = visit.part("topic")
        entries = history.of_topic(visit.connection, name)
        known = {entry.commit for entry in entries if entry.commit}
        commits = self._content.git.log(f"{name}.yml") if is_name(name) else []
        found = [Line(entry.at, entry.shown, entry) for entry in entries]
        found += [
            Line(
                datetime.datetime.fromtimestamp(commit.at, datetime.UTC), commit.author, None, commit.id, commit.subject
            )
            for commit in commits
            if commit.id not in known
        ]
        held = self._content.library.held(name)
        if not found and held is None:
            raise NotHere
        found.sort(key=lambda line: line.at, reverse=True)
        return visit.render("faq/history.html", name=name, held=held, lines=found)

    # -- one change ----------------------------------------------------------------------------

    def change(self, visit: Visit) -> Response:
        """One change, what was on the left, what came on the right."""
        found = _change(visit, visit.part("number"))
        if found is None:
            raise NotHere
        entry, before, after = found
        return self._shown(visit, entry.topic, before, after, entry=entry)

    def commit(self, visit: Visit) -> Response:
        """What a commit made elsewhere left of a topic, beside how it is now."""
        name, commit = visit.part("topic"), visit.part("commit")
        then = self._content.git.text(commit, f"{name}.yml") if is_name(name) else None
        if then is None:
            raise NotHere
        return self._shown(visit, name, then, self._content.library.text(name), commit=commit)

    def _shown(self, visit: Visit, name: str, before: str | None, after: str | None, **more: Any) -> Response:
        old, new = _topic(before), _topic(after)
        readable = (old or before is None) and (new or after is None)
        found = fields(old, new) if readable else []
        raw = []
        if before != after and not found:  # only comments or the way it is written differ
            raw = [row for row in lines((before or "").split("\n"), (after or "").split("\n")) if row.kind != "same"]
        held = self._content.library.held(name)
        present = held.text if held else None
        title = next((topic.title for topic in (held and held.topic, new, old) if topic), name)
        return visit.render(
            "faq/change.html", name=name, title=title, fields=found, raw=raw, held=held, has_before=before is not None,
            has_after=after is not None, before_is_now=before == present, after_is_now=after == present,
            may_edit=bool(EDIT & visit.me.roles), **more,
        )  # fmt: skip

    def restore(self, visit: Visit) -> Response:
        """Brings back a topic as it was before or after a change, or in a commit."""
        name, form = visit.part("topic"), visit.form
        text = self._asked_for(visit, name)
        if text is None:
            raise NotHere("Không còn bản này để khôi phục.")
        try:
            saved = self._content.editor.restore(visit.connection, name, text, form.get("version", ""), author(visit))
        except Conflict as error:
            raise Refused("Chủ đề này vừa được người khác sửa. Bạn tải lại trang rồi làm lại nhé.", 409) from error
        except EditError as error:
            raise Refused(str(error), 409) from error
        address = f"/console/faq/topics/{name}"
        if not saved.numbers:
            return visit.redirect(address, "Bản này giống hệt bản đang có.")
        note(visit, "restored", name, saved)
        return visit.redirect(address, "Đã khôi phục. Thay đổi có hiệu lực với người dân sau khi được phát hành.")

    def _asked_for(self, visit: Visit, name: str) -> str | None:
        form = visit.form
        if commit := form.get("commit", ""):
            return self._content.git.text(commit, f"{name}.yml") if is_name(name) else None
        found = _change(visit, form.get("change", ""))
        if found is None or name not in (found[0].topic, found[0].renamed_from):
            return None
        return found[1] if form.get("side") == "before" else found[2]


def _change(visit: Visit, number: str) -> tuple[Entry, str | None, str | None] | None:
    known = number_in(number)
    return history.texts(visit.connection, known) if known is not None else None


def _topic(text: str | None) -> Topic | None:
    named = (line.partition(":")[2].strip() for line in (text or "").splitlines() if line.startswith("topic:"))
    return parsed(text, next(named, "").partition(" #")[0].strip())
