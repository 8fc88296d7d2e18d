"""The content check on one topic while it is being written: the same rules, at the field, in milliseconds."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant import identifiers
from assistant.content.check_answers import MISSING, missing_facets, remarks_on
from assistant.content.check_examples import FEWEST, LEAST, nearly_same
from assistant.content.check_subjects import remarks_on_subject
from assistant.content.constants import read_constants
from assistant.content.errors import ContentError
from assistant.content.findings import Remark
from assistant.content.library import Library
from assistant.content.likeness import Index, Match, uniform
from assistant.content.sources import read_acts
from assistant.content.topics import Topic
from assistant.editing.part_names import FACETS

#: A question this much like one elsewhere is worth a look.
WORTH_A_LOOK = 0.74
_QUOTED = re.compile(r"“(\w+)”")
_NAMES = {
    "title": "Tên nút", "answer": "Câu trả lời", "more": "Phần xem thêm", "next": "Nút tiếp theo", "source": "Nguồn",
    "checked_on": "Ngày kiểm tra", "questions": "Câu hỏi", "name": "Mã chủ đề", "supersedes": "Thay cho",
    "facets": "Câu hỏi tiếp", "steps": "Các bước", "place": "Nơi làm", "in_app": "Trên VssID",
    "picture": "Hình", "picture_says": "Mô tả hình", "link": "Liên kết", "link_title": "Chữ trên nút liên kết",
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What is to be said about a topic, and its questions that are asked alike elsewhere."""

    remarks: tuple[Remark, ...]
    alike: tuple[Match, ...]

    @property
    def errors(self) -> int:
        """How many remarks are errors."""
        return sum(remark.is_error for remark in self.remarks)

    def of(self, field: str) -> list[Remark]:
        """Returns the remarks on one field."""
        return [remark for remark in self.remarks if remark.field == field]


def check_draft(
    topic: Topic,
    library: Library,
    index: Index | None,
    today: datetime.date,
    before: Topic | None = None,
    gold: Collection[str] = (),
) -> Checked:
    """Checks a topic as it is being written.

    Args:
        topic: what is in the fields.
        library: the other topics.
        index: all questions there are; None leaves the comparison out.
        today: the day of the check.
        before: the topic as it is saved; only what is new in it is compared.
        gold: uniform texts that nothing may be learned from.
    """
    others = [other for other in library.topics() if other.name not in (topic.name, before.name if before else "")]
    buttons = library.buttons()
    known = {topic.name, *buttons, *(other.name for other in others)}
    taken = {title: f"nút “{name}”" for name, title in buttons.items()}
    taken |= {other.title: f"chủ đề {other.name}" for other in others}
    remarks = [_named(remark) for remark in remarks_on(topic, today, known, taken) if remark.field != MISSING]
    remarks += _sources(topic, library.data, today)
    remarks += _missing(topic)
    remarks += _number(topic)
    remarks += _twice(topic.questions)
    new = [question for question in topic.questions if before is None or question not in before.questions]
    remarks += _shape(topic.questions, new, gold)
    own = {topic.intent} | ({before.intent} if before else set())
    matches = index.similar(topic.questions, own, WORTH_A_LOOK) if index else []
    remarks += _conflicts(topic.questions, matches)
    alike = [match for match in matches if match.text in new]
    return Checked(tuple(remarks), tuple(sorted(alike, key=lambda match: -match.score)[:12]))


def errors_of(topics: Sequence[Topic], buttons: dict[str, str], today: datetime.date) -> dict[str, int]:
    """Returns how many errors each topic has by itself, by name; its questions are not compared with others."""
    known = {*buttons, *(topic.name for topic in topics)}
    found = {}
    for topic in topics:
        taken = {title: name for name, title in buttons.items()}
        taken |= {other.title: other.name for other in topics if other.name != topic.name}
        remarks = [*remarks_on(topic, today, known, taken), *_number(topic)]
        found[topic.name] = sum(remark.is_error for remark in remarks)
    return found


def _named(remark: Remark) -> Remark:
    """Returns a remark with the field as the page calls it, not as the file does."""
    advice = named(remark.field, remark.advice)
    return Remark(remark.field, advice, remark.needle, remark.is_error, remark.row)


def named(field: str, advice: str) -> str:
    """Returns advice on a field with the field, and facets in it, as the page calls them."""
    if advice.startswith(f"{field} "):
        advice = _NAMES.get(field, field) + advice[len(field) :]
    if field in ("facets", "facets_not_needed"):  # names of facets stand in quotes
        advice = _QUOTED.sub(lambda found: f"“{FACETS.get(found[1], found[1])}”", advice)
        advice = advice.replace("facets_not_needed", "“Mục không cần”")
    return advice[:1].upper() + advice[1:]


def _missing(topic: Topic) -> Iterator[Remark]:
    if missing := missing_facets(topic):
        names = ", ".join(FACETS[name] for name in missing)
        advice = (
            f"Người dân thường hỏi tiếp mà chưa có câu trả lời ngắn: {names}. Bạn thêm mục, hoặc ghi vì sao không cần."
        )
        yield Remark("facets", advice, is_error=False)


def _sources(topic: Topic, data: Path, today: datetime.date) -> Iterator[Remark]:
    try:
        yield from map(_named, remarks_on_subject(topic, read_acts(data), read_constants(data), today))
    except ContentError as error:
        yield Remark("answer", str(error))


def _number(topic: Topic) -> Iterator[Remark]:
    number = len(topic.questions)
    if number < LEAST:
        advice = f"Mới có {number} câu hỏi; cần ít nhất {LEAST} câu thì trợ lý mới học được."
        yield Remark("questions", advice)
    elif number < FEWEST:
        advice = f"Có {number} câu hỏi; từ {FEWEST} câu trở lên trợ lý hiểu chắc hơn."
        yield Remark("questions", advice, is_error=False)


def _twice(questions: Sequence[str]) -> Iterator[Remark]:
    seen: dict[str, int] = {}
    for row, question in enumerate(questions):
        first = seen.setdefault(uniform(question), row)
        if first != row:
            advice = f"Câu “{question[:60]}” giống hệt câu ở dòng {first + 1}; bỏ bớt một."
            yield Remark("questions", advice, question, is_error=False, row=row)


def _shape(questions: Sequence[str], new: Collection[str], gold: Collection[str]) -> Iterator[Remark]:
    for row, question in enumerate(questions):
        if uniform(question) in gold:
            advice = f"Câu “{question[:60]}” nằm trong bộ câu dùng để chấm điểm; hãy viết câu khác."
            yield Remark("questions", advice, question, row=row)
        if question in new and identifiers.find(question):
            advice = (
                f"Câu “{question[:60]}” có dãy số hoặc e-mail; chỉ dùng số mẫu như 7900000123, không dùng của ai cả."
            )
            yield Remark("questions", advice, question, is_error=False, row=row)


def _conflicts(questions: Sequence[str], matches: Sequence[Match]) -> Iterator[Remark]:
    rows = {question: row for row, question in enumerate(questions)}
    for match in matches:
        if match.same or nearly_same(uniform(match.text), uniform(match.example.text)):
            where = match.example.intent.rpartition("/")[2]
            advice = f"Câu “{match.text[:60]}” gần như trùng câu “{match.example.text[:60]}” ở {where}; giữ ở một nơi."
            yield Remark("questions", advice, match.text, row=rows[match.text])
