"""The form of a topic: from its fields to a topic, and back."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.console.pages.faq_parts import read_parts
from assistant.content.library import is_name
from assistant.content.topics import BESIDE, FAQ, Topic
from assistant.editing.cleaning import clean_line, clean_lines, clean_text
from assistant.nlu.text import strip_accents

#: Buttons below an answer, "xem thêm" among them.
NEXT = 3
_LONGEST = {
    "title": 200, "answer": 8000, "more": 8000, "supersedes": 500, "picture_says": 200, "link": 500, "link_title": 100,
    "place": 1000, "in_app": 1000,
}  # fmt: skip
#: Lines that a field may hold, and letters of one: what is longer was pasted by mistake, and no check reads it.
_MOST_LINES = {"questions": 2000, "source": 100}
LONGEST_LINE, _MOST_PARTS, _LONGEST_PART = 1000, 200, 4000


@dataclass(frozen=True)
class Draft:
    """What stands in the fields; `wrong` says what keeps it from being a topic, by field."""

    topic: Topic
    version: str
    wrong: dict[str, str] = field(default_factory=dict)


def name_from(title: str) -> str:
    """Returns a name for a topic that is called `title`: "Đổi sim mới" → "doi_sim_moi"."""
    plain = unicodedata.normalize("NFKD", strip_accents(title)).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].rstrip("_")
    if not name or not name[0].isalpha():
        name = f"chu_de_{name}"[:40].rstrip("_")
    return name if is_name(name) else f"{name}_1"


def read_day(text: str) -> datetime.date | None:
    """Returns the day that 2026-11-22 or 22/11/2026 names, or None."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def read_draft(
    form: Mapping[str, str], fields: Mapping[str, list[str]], before: Topic | None, today: datetime.date
) -> Draft:
    """Reads the fields of a topic.

    Args:
        form: the first value of each field.
        fields: all values of each field.
        before: the topic as it is saved; None for a new one, which is named by its field or its title.
        today: stands in where the day cannot be read.
    """
    title = clean_line(form.get("title", ""))
    given = clean_line(form.get("name", "")).lower()
    name = before.name if before else given or (name_from(title) if title else "")
    parts = read_parts(fields, before)
    day = read_day(form.get("checked_on", ""))
    beside: dict[str, Any] = {each: clean_line(form.get(each, getattr(before, each, ""))) for each in BESIDE}
    topic = Topic(
        name=name,
        title=title,
        answer=clean_text(form.get("answer", "")),
        more=clean_text(form.get("more", "")),
        **beside,
        next=tuple(dict.fromkeys(filter(None, map(clean_line, fields.get("next", []))))),
        source=clean_lines(form.get("source", "")),
        checked_on=day or today,
        supersedes=clean_line(form.get("supersedes", "")),
        questions=clean_lines(form.get("questions", "")),
        **parts.of_topic(),
        kind=before.kind if before else FAQ,
        place=clean_line(form.get("place", before.place)) if before else "",
        in_app=clean_line(form.get("in_app", before.in_app)) if before else "",
        wording=before.wording if before else (),
        en=before.en if before else None,
    )
    return Draft(topic, form.get("version", ""), _wrong(topic, day, "" if before else given) | parts.wrong)


def _wrong(topic: Topic, day: datetime.date | None, given: str) -> dict[str, str]:
    wrong = {}
    if not topic.title:
        wrong["title"] = "Bạn đặt tên nút cho chủ đề (tối đa 20 ký tự)."
    if not topic.answer:
        wrong["answer"] = "Bạn viết câu trả lời."
    if not topic.questions:
        wrong["questions"] = "Bạn ghi ít nhất một câu hỏi, mỗi dòng một câu."
    if day is None:
        wrong["checked_on"] = "Ngày ghi dạng 22/11/2026."
    if given and not is_name(given):
        wrong["name"] = "Mã chỉ gồm chữ thường không dấu, số và dấu gạch dưới, bắt đầu bằng chữ, ví dụ doi_sim."
    for name, most in _LONGEST.items():
        if len(getattr(topic, name)) > most:
            wrong[name] = f"Quá dài: tối đa {most} ký tự."
    for name, most in _MOST_LINES.items():
        lines = getattr(topic, name)
        if len(lines) > most:
            wrong[name] = f"Quá nhiều: {len(lines)} dòng, tối đa {most}."
        elif row := next((row for row, line in enumerate(lines, 1) if len(line) > LONGEST_LINE), 0):
            wrong[name] = f"Dòng {row} quá dài: tối đa {LONGEST_LINE} ký tự."
    if _parts_of(topic) != _parts_of(within(topic)):
        wrong["facets"] = f"Có mục hoặc bước quá dài: tối đa {_LONGEST_PART} ký tự."
    return wrong


def _parts_of(topic: Topic) -> tuple[object, ...]:
    return tuple(topic.facets.values()), topic.steps


def within(topic: Topic) -> Topic:
    """Returns a topic cut to what checks and previews read: a text without measure would keep everybody waiting."""
    cut: dict[str, Any] = {name: getattr(topic, name)[:most] for name, most in _LONGEST.items()}
    cut |= {name: _lines(getattr(topic, name), most) for name, most in _MOST_LINES.items()}
    facets = list(topic.facets.items())[:_MOST_PARTS]
    cut["facets"] = {
        name: replace(
            said, say=said.say[:_LONGEST_PART], asked=_lines(said.asked, _MOST_PARTS),
            source=_lines(said.source, _MOST_PARTS),
        ) for name, said in facets
    }  # fmt: skip
    cut["steps"] = tuple(
        replace(
            step, name=step.name[:LONGEST_LINE], say=step.say[:_LONGEST_PART], where=step.where[:_LONGEST_PART]
        ) for step in topic.steps[:_MOST_PARTS]
    )  # fmt: skip
    return replace(topic, **cut)


def _lines(lines: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(line[:LONGEST_LINE] for line in lines[:most])


def empty(today: datetime.date, questions: tuple[str, ...] = ()) -> Topic:
    """Returns what the form of a new topic begins with."""
    return Topic("", "", "", questions, (), today)
