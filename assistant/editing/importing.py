"""What a table would change: topic by topic, question by question, before anything is written."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from assistant.content.library import Held, Library, is_name
from assistant.content.likeness import uniform
from assistant.content.topics import Topic
from assistant.editing.cleaning import clean_line
from assistant.editing.diffs import FieldDiff, fields, lines
from assistant.editing.spreadsheet import Fault, Sheet, Table
from assistant.nlu.text import strip_accents

#: Longer than this nobody asks in one breath; the classifier learns little from it.
LONGEST_QUESTION = 300
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
    notes: tuple[str, ...] = ()

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
    faults, topics, notes = list(table.faults), [], list(table.notes)
    names = _Names(library)
    understood: dict[str, Sheet] = {}
    for given in table.sheets:
        sheet, said = names.understood(given)
        understood[sheet.name] = sheet
        notes += said
        held = library.held(sheet.name)
        found = [*_faults(sheet, held), *names.unknown(sheet, held)]
        faults += [*found, *_too_long(sheet)]
        if not found:
            topics.append(_planned(sheet, held, replace, today))
    faults += _asked_twice(topics, library, understood)
    return Plan(tuple(topics), tuple(sorted(faults, key=lambda fault: fault.row)), tuple(notes))


class _Names:
    """Finds topics by what people call them: a table may name a topic by its title, or nearly by its code."""

    def __init__(self, library: Library) -> None:
        topics = library.topics()
        self._by_title = {_bare(topic.title): topic.name for topic in topics}
        self._buttons = library.buttons()
        self._by_title |= {
            _bare(title): name for name, title in self._buttons.items() if _bare(title) not in self._by_title
        }
        self._titles = {topic.name: topic.title for topic in topics}

    def understood(self, sheet: Sheet) -> tuple[Sheet, list[str]]:
        """Returns a sheet with its topic and its buttons by their codes, and what was read otherwise than written."""
        notes, name, fields_ = [], sheet.name, dict(sheet.fields)
        if name not in self._titles and (meant := self._by_title.get(_bare(name))) in self._titles:
            notes.append(f"“{name}” được hiểu là chủ đề có mã {meant}.")
            name = str(meant)
        if "next" in fields_:
            fields_["next"] = tuple(self._code(one) for one in fields_["next"])
        return dataclasses.replace(sheet, name=name, fields=fields_), notes

    def _code(self, said: str) -> str:
        known = said in self._titles or said in self._buttons
        return said if known else self._by_title.get(_bare(said), said)

    def unknown(self, sheet: Sheet, held: Held | None) -> Iterator[Fault]:
        """Yields what nothing is called so, with what may have been meant."""
        if (
            held is None
            and not all(sheet.fields.get(field) for field in _NEW_NEEDS)
            and (near := self._near(sheet.name))
        ):
            yield sheet.fault("name", f"chưa có chủ đề “{sheet.name}”. Ý bạn là {near}?")
        for one in sheet.fields.get("next", ()):
            if one not in self._titles and one not in self._buttons and (near := self._near(one)):
                yield sheet.fault("next", f"không có chủ đề “{one}”. Ý bạn là {near}?")

    def _near(self, said: str) -> str:
        bare = _bare(said)
        found = get_close_matches(bare, [*self._titles, *self._by_title], 1, 0.7)
        name = self._by_title.get(found[0], found[0]) if found else ""
        return f"“{name}” ({self._titles.get(name, self._buttons.get(name, ''))})" if name else ""


def _bare(text: str) -> str:
    return strip_accents(clean_line(text)).casefold()


def _too_long(sheet: Sheet) -> Iterator[Fault]:
    for question in sheet.questions:
        if len(question) > LONGEST_QUESTION:
            advice = (
                f"câu “{question[:50]}…” dài {len(question)} ký tự, tối đa {LONGEST_QUESTION}; người dân hỏi ngắn hơn,"
                " bạn tách ra."
            )
            yield sheet.fault("question", advice, question)


def _asked_twice(topics: Sequence[TopicPlan], library: Library, sheets: Mapping[str, Sheet]) -> Iterator[Fault]:
    """Yields new questions that another topic asks, too, in the table or in what is there: people mean one of them."""
    after = {topic.after.name: topic.after for topic in topics}
    places: dict[str, str] = {}
    for other in library.topics():
        if other.name not in after:
            places |= {uniform(question): other.name for question in other.questions}
    for topic in topics:
        old = {uniform(question) for question in topic.before.questions} if topic.before else set()
        places |= {key: topic.after.name for question in topic.after.questions if (key := uniform(question)) in old}
    for topic in topics:
        for question in (*topic.added, *(new for _, new in topic.changed)):
            place = places.setdefault(uniform(question), topic.after.name)
            if place != topic.after.name:
                advice = f"câu “{question[:60]}” đã có ở chủ đề “{place}”; một câu chỉ để ở một chủ đề."
                yield sheets[topic.after.name].fault("question", advice, question)


def _faults(sheet: Sheet, held: Held | None) -> Iterator[Fault]:
    if not is_name(sheet.name):
        advice = f"mã “{sheet.name[:40]}” chỉ gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ."
        yield sheet.fault("name", advice)
    elif held is None:
        for field in _NEW_NEEDS:
            if not sheet.fields.get(field):
                yield sheet.fault(field, f"chủ đề mới “{sheet.name}” cần có mục này.")
        if not sheet.questions:
            yield sheet.fault("question", f"chủ đề mới “{sheet.name}” chưa có câu hỏi nào.")
    elif held.topic is None:
        yield sheet.fault("name", f"tệp {sheet.name}.yml đang có lỗi; sửa tệp đó trước.")


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
