"""What a table would change: topic by topic, question by question, before anything is written."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.content.library import Held, Library, is_name
from assistant.content.topics import Topic
from assistant.editing.cleaning import clean_line
from assistant.editing.diffs import FieldDiff, fields, lines
from assistant.editing.spreadsheet import HEADINGS, Fault, Sheet, Table

_OF_FIELD = {field: heading for heading, field in HEADINGS.items()}
_NEW_NEEDS = ("title", "answer", "source", "checked_on")


@dataclass(frozen=True)
class TopicPlan:
    """What becomes of one topic; `version` is that of the file the plan was made on."""

    before: Topic | None
    after: Topic
    version: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]  # a question as it was, and as it will be
    other: tuple[FieldDiff, ...]  # fields besides the questions

    @property
    def nothing(self) -> bool:
        """Whether the topic stays as it is."""
        return self.before == self.after


@dataclass(frozen=True)
class Plan:
    """What becomes of all topics of a table, and why it cannot be done as it stands."""

    topics: tuple[TopicPlan, ...]
    faults: tuple[Fault, ...]

    @property
    def work(self) -> tuple[TopicPlan, ...]:
        """The topics that change."""
        return tuple(topic for topic in self.topics if not topic.nothing)


def plan(table: Table, library: Library, replace: bool, today: datetime.date) -> Plan:
    """Returns what a table changes.

    Args:
        table: what was read.
        library: the topics as they are.
        replace: questions that the table does not have go; otherwise they stay.
        today: the day of the check of a new topic that names none.
    """
    faults, topics = list(table.faults), []
    for sheet in table.sheets:
        held = library.held(sheet.name)
        found = list(_faults(sheet, held))
        faults += found
        if not found:
            topics.append(_planned(sheet, held, replace, today))
    return Plan(tuple(topics), tuple(sorted(faults, key=lambda fault: fault.row)))


def _faults(sheet: Sheet, held: Held | None) -> Iterator[Fault]:
    if not is_name(sheet.name):
        advice = f"mã “{sheet.name[:40]}” chỉ gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ."
        yield Fault(sheet.row, _OF_FIELD["name"], advice)
    elif held is None:
        for field in _NEW_NEEDS:
            if not sheet.fields.get(field):
                yield Fault(sheet.row, _OF_FIELD[field], f"chủ đề mới “{sheet.name}” cần có mục này.")
        if not sheet.questions:
            yield Fault(sheet.row, _OF_FIELD["question"], f"chủ đề mới “{sheet.name}” chưa có câu hỏi nào.")
    elif held.topic is None:
        yield Fault(sheet.row, _OF_FIELD["name"], f"tệp {sheet.name}.yml đang có lỗi; sửa tệp đó trước.")


def _planned(sheet: Sheet, held: Held | None, replace: bool, today: datetime.date) -> TopicPlan:
    before = held.topic if held else None
    start = before or Topic(sheet.name, "", "", (), (), today)
    asked = sheet.questions
    if not asked:
        asked = start.questions
    elif not replace:
        asked = tuple(dict.fromkeys((*start.questions, *sheet.questions)))
    said = {field: value for field, value in sheet.fields.items() if not _same(start, field, value)}
    for part in ("facets", "facets_not_needed"):
        if part in said and not replace:
            said[part] = {**getattr(start, part), **said[part]}
    if "facets" in said:  # what has an answer now needs no excuse
        excused = {**start.facets_not_needed, **said.get("facets_not_needed", {})}
        said["facets_not_needed"] = {name: why for name, why in excused.items() if name not in said["facets"]}
    after = dataclasses.replace(start, questions=asked, **said)
    rows = list(lines(start.questions, after.questions))
    kept = set(start.questions) & set(after.questions)  # a question that only moved is no change
    added = [_text(row.right) for row in rows if row.kind == "added"]
    removed = [_text(row.left) for row in rows if row.kind == "removed"]
    changed = [(_text(row.left), _text(row.right)) for row in rows if row.kind == "changed"]
    for old, new in [pair for pair in changed if kept & set(pair)]:
        changed.remove((old, new))
        removed.append(old)
        added.append(new)
    return TopicPlan(
        before,
        after,
        held.version if held else "",
        tuple(question for question in added if question not in kept),
        tuple(question for question in removed if question not in kept),
        tuple(changed),
        tuple(diff for diff in fields(before, after) if diff.field != "questions"),
    )


def _same(topic: Topic, field: str, value: object) -> bool:
    """Tells whether a field says the same but for spaces, as tables lose them."""
    present = getattr(topic, field)
    if isinstance(present, str) and isinstance(value, str):
        return clean_line(present) == clean_line(value) and present.count("\n") == value.count("\n")
    return bool(present == value)


def _text(pieces: object) -> str:
    return "".join(piece.text for piece in pieces or ())  # type: ignore[attr-defined]
