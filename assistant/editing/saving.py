"""Saving topics: nothing of anybody's is ever overwritten unseen, and everything can be brought back.

Every function runs in the caller's transaction and takes the lock of all savers first. Who saves
says which version they had before their eyes; another one in the folder is a conflict.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from assistant.content.library import Library, is_name, replace_file, version_of
from assistant.content.topics import ContentError, Topic, parse_topic
from assistant.editing import history, kept_tables, personal
from assistant.editing.dialogue_text import with_examples
from assistant.editing.errors import Conflict, EditError, Referred
from assistant.editing.git import Git
from assistant.editing.history import NOBODY, Action, Author, Change
from assistant.editing.personal_cases import remarks_on_case
from assistant.editing.spreadsheet import Table
from assistant.editing.topic_text import edited, written

__all__ = ["Conflict", "EditError", "Editor", "Referred", "Saved", "Wanted"]
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Wanted:
    """A topic to be saved, and the version of its file that was before somebody's eyes ("" for a new one)."""

    topic: Topic
    version: str


@dataclass(frozen=True)
class Saved:
    """What a save did: the numbers of its changes ([] if nothing differs), and the commit, where there is one."""

    numbers: list[int]
    commit: str | None = None


class Editor:
    """Saves topics of one folder."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._git = Git(library.folder)

    def save(self, connection: Connection, wanted: Wanted, by: Author, action: Action = "edited") -> Saved:
        """Saves one topic, new or known.

        Raises:
            Conflict: if the file is not the version that was seen.
            EditError: if the name or the content cannot be.
        """
        return self.save_all(connection, [wanted], by, action)

    def save_all(self, connection: Connection, wanted: Sequence[Wanted], by: Author, action: Action) -> Saved:
        """Saves several topics, all or none.

        Raises:
            Conflict: if a file is not the version that was seen.
            EditError: if a name or content cannot be.
        """
        history.lock(connection)
        changes = []
        for one in wanted:
            before = self._seen(one.topic.name, one.version)
            self.refuse_personal(_or_none(before, one.topic.name), one.topic)
            after = self._text(before, one.topic)
            if after != before:
                kind: Action = "created" if before is None and action == "edited" else action
                changes.append(Change(one.topic.name, before, after, kind))
        return self._apply(connection, changes, by, _message(changes))

    def add_questions(
        self, connection: Connection, name: str, questions: Sequence[str], by: Author, action: Action = "learned"
    ) -> Saved:
        """Adds people's questions at the end of a topic, whatever its version; those it has are left out.

        Raises:
            Personal: if one of them holds what could be somebody's.
            EditError: if there is no such topic.
        """
        history.lock(connection)
        held = self.library.held(name)
        if held is None or held.topic is None:
            raise EditError(f"Không có chủ đề {name}.")
        new = [question for question in questions if question not in held.topic.questions]
        self._refuse_of_people(new)
        topic = dataclasses.replace(held.topic, questions=(*held.topic.questions, *new))
        return self.save(connection, Wanted(topic, held.version), by, action)

    def add_examples(self, connection: Connection, intent: str, texts: Sequence[str], by: Author) -> Saved:
        """Adds people's words to an intent of the dialogue (data/dialogue/INTENT.yml); those it has are left out.

        Raises:
            Personal: if one of them holds what could be somebody's.
            EditError: if there is no such file, or it has no examples of that intent.
        """
        history.lock(connection)
        self._refuse_of_people(texts)
        path = self.library.data / "dialogue" / f"{intent}.yml"
        try:
            before = path.read_bytes().decode()
            after = with_examples(before, intent, texts)
        except (OSError, ValueError) as error:
            raise EditError(f"Không thêm được câu mẫu vào {intent}: {error}") from error
        if after == before:
            return Saved([])
        name = f"dialogue/{intent}"
        return self._keep_file(connection, Change(name, before, after, "learned"), by, f"Thêm câu mẫu vào {intent}")

    def add_story(self, connection: Connection, name: str, text: str, by: Author) -> Saved:
        """Keeps a story in a file of its own (data/stories/NAME.yml).

        Raises:
            Personal: if something in it could be somebody's.
            EditError: if there is a file of that name, or no file may be called so.
        """
        history.lock(connection)
        if not is_name(name):
            raise EditError("Tên tệp gồm chữ thường không dấu, số và dấu gạch dưới.")
        self._refuse_name(name)
        if (self.library.data / "stories" / f"{name}.yml").exists():
            raise EditError(f"Đã có câu chuyện tên {name}; hãy đặt tên khác.")
        if remarks := self.personal_in_case(text):
            raise personal.Personal(remarks[0])
        change = Change(f"stories/{name}", None, text, "learned")
        return self._keep_file(connection, change, by, f"Thêm câu chuyện {name}")

    def _keep_file(self, connection: Connection, change: Change, by: Author, message: str) -> Saved:
        """Writes a file beside the FAQ, with commit and history; `change.topic` is its place below the content."""
        path = self.library.data / f"{change.topic}.yml"
        replace_file(path, change.after or "")
        commit = self._git.commit([f"../{change.topic}.yml"], by.shown, f"{by.name}@console", message)
        return Saved(history.add(connection, [change], by, commit), commit)

    def rename(self, connection: Connection, name: str, new: str, version: str, by: Author) -> Saved:
        """Gives a topic another name; topics whose buttons lead to it follow.

        Raises:
            Conflict: if the file is not the version that was seen.
            Referred: if something outside of the FAQ names it.
            EditError: if the new name cannot be, or is taken.
        """
        history.lock(connection)
        before = self._seen(name, version)
        if before is None:
            raise EditError(f"Không có chủ đề {name}.")
        if not is_name(new):
            raise EditError("Mã chủ đề gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ, ví dụ doi_sim.")
        self._refuse_name(new)
        if self.library.text(new) is not None or new in self.library.buttons():
            raise EditError(f"Đã có chủ đề hoặc nút tên {new}.")
        self._check_free(name)
        topic = dataclasses.replace(_parsed(before, name), name=new)
        changes = [Change(new, before, edited(before, topic), "renamed", name)]
        changes += self._without_button(name, new)
        message = f"Đổi mã chủ đề {name} thành {new}"
        return self._apply(connection, changes, by, message, {name: None})

    def retire(self, connection: Connection, name: str, version: str, by: Author) -> Saved:
        """Takes a topic out; the buttons of other topics that lead to it go, too. The history keeps it.

        Raises:
            Conflict: if the file is not the version that was seen.
            Referred: if something outside of the FAQ names it.
        """
        history.lock(connection)
        before = self._seen(name, version)
        if before is None:
            raise EditError(f"Không có chủ đề {name}.")
        self._check_free(name)
        changes = [Change(name, before, None, "retired"), *self._without_button(name, None)]
        return self._apply(connection, changes, by, f"Ngừng dùng chủ đề {name}")

    def retire_all(self, connection: Connection, seen: Mapping[str, str], by: Author) -> Saved:
        """Takes several topics out, all or none; `seen` holds the version of each.

        Raises:
            Conflict: if a file is not the version that was seen.
            Referred: if something outside of the FAQ names one of them.
        """
        history.lock(connection)
        changes = []
        for name, version in seen.items():
            before = self._seen(name, version)
            if before is None:
                raise EditError(f"Không có chủ đề {name}.")
            self._check_free(name)
            changes.append(Change(name, before, None, "retired"))
        for held in self.library.all():
            if held.topic and held.name not in seen and set(held.topic.next) & set(seen):
                topic = dataclasses.replace(held.topic, next=tuple(n for n in held.topic.next if n not in seen))
                changes.append(Change(held.name, held.text, edited(held.text, topic), "edited"))
        return self._apply(connection, changes, by, f"Ngừng dùng {len(seen)} chủ đề")

    def restore(self, connection: Connection, name: str, text: str, version: str, by: Author) -> Saved:
        """Brings an earlier text of a topic back, as it was.

        Raises:
            Conflict: if the file is not the version that was seen.
            EditError: if that text is no topic.
        """
        history.lock(connection)
        before = self._seen(name, version)
        try:
            topic = dataclasses.replace(parse_topic(text, Path(f"{_name_in(text) or name}.yml")), name=name)
            after = edited(text, topic)
        except ContentError as error:
            raise EditError(str(error)) from error
        if after == before:
            return Saved([])
        self.refuse_personal(_or_none(before, topic.name), topic)
        return self._apply(connection, [Change(name, before, after, "restored")], by, f"Khôi phục chủ đề {name}")

    def undo(self, connection: Connection, batch: int, by: Author) -> Saved:
        """Takes back all that was saved together, as if it had not been.

        Raises:
            EditError: if one of the topics was changed since, or something leads to one that would go.
        """
        history.lock(connection)
        rows = connection.execute(
            "SELECT topic, before, after, after_version FROM content_changes"
            " WHERE coalesce(batch, id) = %s ORDER BY id",
            (batch,),
        ).fetchall()
        later = [topic for topic, _, _, version in rows if version_of(self.library.text(topic)) != (version or "")]
        if later:
            raise EditError(f"Sau đó đã có người sửa {', '.join(later[:5])}. Bạn khôi phục từng chủ đề ở lịch sử.")
        changes: list[Change] = []
        names = {topic for topic, *_ in rows}
        for topic, before, after, _ in rows:
            if before is None:
                self._check_free(topic)
                changes += [one for one in self._without_button(topic, None) if one.topic not in names]
            changes.append(Change(topic, after, before, "restored" if before is not None else "retired"))
        return self._apply(connection, changes, by, f"Hoàn tác {len(rows)} chủ đề")

    def references(self, name: str) -> list[str]:
        """Returns the files outside of the FAQ that name a topic: buttons, rules, the routes' table, the domain."""
        named = re.compile(rf"\b(?:faq|subject)/{re.escape(name)}\b")
        data = self.library.data
        files = [path for path in sorted(data.rglob("*.yml")) if path.parent not in self.library.folders]
        files += [data.parent / "domain.yml"]
        found = [path for path in files if path.is_file() and named.search(path.read_text(encoding="utf-8"))]
        return [str(path.relative_to(data.parent)) for path in found]

    def public_numbers(self) -> frozenset[str]:
        """Returns the numbers that people's words may have in the content: those that our answers name."""
        return personal.numbers_of(self.library.topics())

    def personal_in_case(self, text: str) -> list[str]:
        """Returns what could be somebody's in a test case or a story, in sentences."""
        return remarks_on_case(text, self.public_numbers(), personal.ours(self.library))

    def refuse_personal(self, before: Topic | None, topic: Topic) -> None:
        """Refuses texts of a topic that were not there and hold what could be somebody's.

        Raises:
            Personal: naming the first of them, and its field.
        """
        personal.refuse_new(topic, before, personal.ours(self.library))

    def refuse_table(self, table: Table) -> None:
        """Refuses a table in which something is somebody's, before it is kept to be looked at.

        Raises:
            Personal: naming the first of it.
        """
        is_ours = personal.ours(self.library)
        known = {text for topic in self.library.topics() for text in personal.texts_of(topic)}
        new = [text for text in kept_tables.texts(table) if text not in known]
        personal.refuse(new, lambda text: personal.of_answers(text, is_ours))

    def personal_in_table(self, table: Table) -> list[str]:
        """Returns what could be somebody's in a table, a sentence each with its topic; [] if nothing could."""
        is_ours = personal.ours(self.library)
        known = {text for topic in self.library.topics() for text in personal.texts_of(topic)}
        found: dict[str, None] = {}
        for sheet in table.sheets:
            alone = Table((sheet,), ())
            for text in kept_tables.texts(alone):
                if text not in known:
                    found |= {f"{sheet.name}: {said}": None for said in personal.of_answers(text, is_ours)}
        return list(found)

    # -- inside --------------------------------------------------------------------------------

    def _seen(self, name: str, version: str) -> str | None:
        present = self.library.text(name)
        if version_of(present) != version:
            raise Conflict(name, present)
        return present

    def _refuse_name(self, name: str) -> None:
        is_ours = personal.ours(self.library)
        personal.refuse([name.replace("_", " ")], lambda text: personal.of_answers(text, is_ours), "name")

    def _refuse_of_people(self, texts: Sequence[str]) -> None:
        public = self.public_numbers()
        personal.refuse(texts, lambda text: personal.of_people(text, public))

    def _text(self, before: str | None, topic: Topic) -> str:
        if not is_name(topic.name):
            raise EditError("Mã chủ đề gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ, ví dụ doi_sim.")
        if before is None and topic.name in self.library.buttons():
            raise EditError(f"“{topic.name}” là tên của một nút có sẵn; hãy đặt mã khác.")
        if not (topic.title and topic.answer and topic.questions):
            raise EditError("Chủ đề cần có tên nút, câu trả lời và ít nhất một câu hỏi.")
        try:
            return written(topic) if before is None else edited(before, topic)
        except ContentError:  # the file cannot be read as it stands: it is written anew
            return written(topic)

    def _check_free(self, name: str) -> None:
        if places := self.references(name):
            raise Referred(name, places)

    def _without_button(self, name: str, new: str | None) -> list[Change]:
        """Returns the changes of topics whose `next` names a topic: to its new name, or without it."""
        changes = []
        for held in self.library.all():
            if held.topic and held.name != name and name in held.topic.next:
                kept = tuple(new or "" if known == name else known for known in held.topic.next)
                topic = dataclasses.replace(held.topic, next=tuple(filter(None, kept)))
                changes.append(Change(held.name, held.text, edited(held.text, topic), "edited"))
        return changes

    def _apply(
        self,
        connection: Connection,
        changes: Sequence[Change],
        by: Author,
        message: str,
        also: Mapping[str, None] | None = None,
    ) -> Saved:
        if not changes:
            return Saved([])
        self._note_outside(connection, changes)
        texts = {change.topic: change.after for change in changes} | dict(also or {})
        before = {name: self.library.path_from_faq(name) for name in texts}
        self.library.write(texts, {c.topic: c.renamed_from for c in changes if c.renamed_from})
        files = [before[name] if text is None else self.library.path_from_faq(name) for name, text in texts.items()]
        try:
            commit = self._git.commit(files, by.shown, f"{by.name}@console", message)
            return Saved(history.add(connection, changes, by, commit), commit)
        except Exception:
            # Without its history a change must not stay: what can be undone is undone, the error goes on.
            back: dict[str, str | None] = {c.renamed_from or c.topic: c.before for c in changes}
            beside = {c.renamed_from: c.topic for c in changes if c.renamed_from}
            self.library.write(back | _new_names(changes), beside)
            raise

    def _note_outside(self, connection: Connection, changes: Sequence[Change]) -> None:
        """Notes what was changed past the console since its last change, so that the history has no gap."""
        for change in changes:
            name = change.renamed_from or change.topic
            last = history.last_version(connection, name)
            if last is not None and last != version_of(change.before):
                left = history.text_of_version(connection, name, last)
                history.add(connection, [Change(name, left, change.before, "outside")], NOBODY, None)


def _new_names(changes: Sequence[Change]) -> dict[str, None]:
    return {change.topic: None for change in changes if change.renamed_from}


def _name_in(text: str) -> str:
    found = re.search(r"^(?:topic|subject):\s*(\w+)", text, re.MULTILINE)
    return found[1] if found else ""


def _parsed(text: str, name: str) -> Topic:
    try:
        return parse_topic(text, Path(f"{name}.yml"))
    except ContentError as error:
        raise EditError(str(error)) from error


def _or_none(text: str | None, name: str) -> Topic | None:
    try:
        return None if text is None else parse_topic(text, Path(f"{name}.yml"))
    except ContentError:
        return None


_VERBS: dict[Action, str] = {
    "created": "Thêm chủ đề", "edited": "Sửa chủ đề", "imported": "Nhập từ tệp vào chủ đề",
    "learned": "Thêm câu hỏi từ hộp học vào chủ đề", "restored": "Khôi phục chủ đề",
}  # fmt: skip


def _message(changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    verb = _VERBS.get(changes[0].action, "Sửa chủ đề")
    return f"{verb} {', '.join(change.topic for change in changes[:10])}"
