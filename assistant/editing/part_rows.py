"""A topic's facets and steps in the rows of its table, one a row, below its questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.content.facets import GENERIC, Facet, Step
from assistant.content.topics import Topic
from assistant.editing.cleaning import clean_line, clean_lines, clean_text
from assistant.editing.part_names import FACETS, own_name

#: Heading, width in Excel, and field of each column.
PART_COLUMNS: tuple[tuple[str, int, str], ...] = (
    ("Mục hỏi tiếp", 20, "facet"),
    ("Trả lời ngắn", 60, "facet_say"),
    ("Cách hỏi riêng", 50, "facet_asked"),
    ("Nguồn riêng", 34, "facet_source"),
    ("Vì sao không cần", 30, "facet_reason"),
    ("Tên bước", 22, "step"),
    ("Làm gì", 50, "step_say"),
    ("Chỗ đó ở đâu", 40, "step_where"),
)
PART_FIELDS = tuple(field for _, _, field in PART_COLUMNS)
NO_PARTS = [""] * len(PART_COLUMNS)
_NAMES = {words: name for name, words in FACETS.items()}


def part_rows(topic: Topic) -> Iterator[list[str]]:
    """Yields the cells of `PART_COLUMNS`, row by row."""
    facets = [
        [FACETS.get(one.name, one.name), one.say, "\n".join(one.asked), "\n".join(one.source), ""]
        for one in topic.facets.values()
    ]
    facets += [[FACETS[name], "", "", "", reason] for name, reason in topic.facets_not_needed.items()]
    yield from ([*facet, "", "", ""] for facet in facets)
    yield from (["", "", "", "", "", step.name, step.say, step.where] for step in topic.steps)


def take_parts(cells: Mapping[str, str], fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Takes a row's facet and step into a topic's fields; yields what is wrong, each with its column's field."""
    if any(cells.get(field) for field in PART_FIELDS[:5]):
        yield from _take_facet(cells, fields)
    if any(cells.get(field) for field in PART_FIELDS[5:]):
        step = Step(*(clean(cells.get(field, "")) for field, clean in _STEP))
        fields["steps"] = (*fields.get("steps", ()), step)
        if not (step.name and step.say):
            yield "step", "bước cần có tên và việc phải làm."


_STEP = (("step", clean_line), ("step_say", clean_text), ("step_where", clean_text))


def _take_facet(cells: Mapping[str, str], fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    called = clean_line(cells.get("facet", ""))
    name = called if called in GENERIC else _NAMES.get(called.casefold(), own_name(called))
    reason = clean_line(cells.get("facet_reason", ""))
    asked, source = (clean_lines(cells.get(field, "")) for field in ("facet_asked", "facet_source"))
    facet = Facet(name, clean_text(cells.get("facet_say", "")), asked, source)
    if not name:
        yield "facet", "chưa có tên mục; ghi ví dụ “chi phí”, “bao lâu”, hoặc tên mục riêng."
    elif name in fields.get("facets", {}) or name in fields.get("facets_not_needed", {}):
        yield "facet", f"mục “{called}” có hai lần trong chủ đề này; giữ một."
    elif reason and not (facet.say or asked or source) and name in GENERIC:
        fields.setdefault("facets_not_needed", {})[name] = reason
    elif not facet.say or reason:
        yield "facet_say", f"mục “{called}” cần có câu trả lời ngắn, hoặc lý do không cần, một trong hai."
    elif name not in GENERIC and not asked:
        yield "facet_asked", f"mục riêng “{called}” cần các câu người dân hay hỏi, mỗi dòng một câu."
    else:
        fields.setdefault("facets", {})[name] = facet
