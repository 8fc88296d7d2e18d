"""The parts of a topic's form: its facets, its steps, and the facets that it does not need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from assistant.content.facets import GENERIC, Facet, Step
from assistant.content.topics import Topic
from assistant.editing.cleaning import clean_line, clean_lines, clean_text
from assistant.editing.part_names import FACETS, own_name

#: Chosen for a facet that only this topic has.
OWN = "own"
Fields = Mapping[str, list[str]]


@dataclass
class Parts:
    """What stands in the fields of the parts; `wrong` says what keeps it from being saved, by field."""

    facets: dict[str, Facet] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    facets_not_needed: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def of_topic(self) -> dict[str, Any]:
        """Returns the parts as a topic's fields."""
        return {"facets": self.facets, "steps": self.steps, "facets_not_needed": self.facets_not_needed}


def read_parts(fields: Fields, before: Topic | None) -> Parts:
    """Reads the parts; a form that does not carry them leaves a topic's parts as they are."""
    if "parts" not in fields:
        return Parts(dict(before.facets), before.steps, dict(before.facets_not_needed)) if before else Parts()
    parts = Parts()
    _read_facets(fields, parts)
    _read_steps(fields, parts)
    for name, reason in _rows(fields, "skip_name", "skip_reason"):
        if name in GENERIC and clean_line(reason):
            parts.facets_not_needed[name] = clean_line(reason)
    return parts


def _rows(fields: Fields, *names: str) -> Iterator[tuple[str, ...]]:
    """Yields the rows of fields that stand beside each other."""
    yield from zip_longest(*(fields.get(name, []) for name in names), fillvalue="")


def _read_facets(fields: Fields, parts: Parts) -> None:
    rows = _rows(fields, "facet_name", "facet_own", "facet_say", "facet_asked", "facet_source")
    for number, (chosen, own, said, asked, source) in enumerate(rows):
        name = chosen if chosen in GENERIC else own_name(own)
        facet = Facet(name, clean_text(said), clean_lines(asked), clean_lines(source))
        if not (facet.say or facet.asked or facet.source):
            continue  # emptied, or never filled
        if why := _wrong(facet, parts):
            parts.wrong.setdefault("facets", why)
        key = name if name and name not in parts.facets else f"{name} {number}"  # nothing typed is lost
        parts.facets[key] = facet


def _wrong(facet: Facet, parts: Parts) -> str:
    title = FACETS.get(facet.name, facet.name)
    if not facet.name:
        return "Có mục chưa chọn loại hoặc chưa đặt tên."
    if facet.name in parts.facets:
        return f"Mục “{title}” có hai lần; bạn gộp lại làm một."
    if not facet.say:
        return f"Mục “{title}” chưa có câu trả lời. Muốn bỏ mục thì xóa hết các ô của nó."
    if facet.name not in GENERIC and not facet.asked:
        return f"Mục riêng “{title}” cần các câu người dân hay hỏi, mỗi dòng một câu."
    return ""


def _read_steps(fields: Fields, parts: Parts) -> None:
    found = []
    for name, said, where in _rows(fields, "step_name", "step_say", "step_where"):
        step = Step(clean_line(name), clean_text(said), clean_text(where))
        if not (step.name or step.say or step.where):
            continue
        found.append(step)
        if not (step.name and step.say):
            parts.wrong.setdefault("steps", f"Bước {len(found)} cần có tên và việc phải làm.")
    parts.steps = tuple(found)
