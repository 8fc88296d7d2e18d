"""Edits the parts of a topic file, facets and steps, entry by entry: what did not change stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import yaml

from assistant.content.facets import Facet, Step
from assistant.content.topics import Topic
from assistant.editing import scalars
from assistant.editing.fields_text import FieldEditor, Span

PARTS = ("facets_not_needed", "facets", "steps")
_WORDS = re.compile(r"[^\W\d_][\w ]*")

#: A facet, a step, or a facet that is not needed with its reason.
Entry = Facet | Step | tuple[str, str]


def entries_of(topic: Topic, name: str) -> tuple[Entry, ...]:
    """Returns the entries of one of `PARTS`, in order."""
    if name == "steps":
        return topic.steps
    return tuple(topic.facets.values()) if name == "facets" else tuple(topic.facets_not_needed.items())


def part_text(name: str, entries: Sequence[Entry], newline: str = "\n") -> str:
    """Returns a part as a new file has it, without the last line's end."""
    return newline.join([f"{name}:", *(line for entry in entries for line in _lines(entry, "  "))])


def _lines(entry: Entry, indent: str) -> list[str]:
    if isinstance(entry, Step):
        return [f"{indent}- {_step(entry)}"]
    if isinstance(entry, Facet):
        return [f"{indent}{line}" for line in _facet(entry)]
    name, reason = entry
    return [f"{indent}{scalars.short(name)}: {scalars.line(reason, None)}"]


def _facet(facet: Facet) -> list[str]:
    name = scalars.short(facet.name)
    if not facet.asked and not facet.source:
        return [f"{name}: |-", *_block(facet.say, "  ")]
    asked = [f"  asked: {_list(facet.asked)}"] if facet.asked else []
    source = [f"  source: {_list(facet.source)}"] if facet.source else []
    return [f"{name}:", *asked, "  say: |-", *_block(facet.say, "    "), *source]


def _step(step: Step) -> str:
    name = step.name if _WORDS.fullmatch(step.name) else ""
    name = scalars.line(step.name, None if name else '"')
    parts = [f"name: {name}", f"say: {scalars.line(step.say, chr(34))}"]
    parts += [f"where: {scalars.line(step.where, chr(34))}"] if step.where else []
    return f"{{{', '.join(parts)}}}"


def _block(text: str, indent: str) -> list[str]:
    return [f"{indent}{row}" if row else "" for row in text.split("\n")]


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(scalars.line(text, chr(34)) for text in texts)}]"


class PartsEditor(FieldEditor):
    """One text and the places of its facets and steps."""

    def __init__(self, text: str, newline: str) -> None:
        super().__init__(text if text.endswith("\n") else text + newline, newline)

    def with_part(self, name: str, present: Sequence[Entry], wanted: Sequence[Entry]) -> str:
        """Returns the text with the entries of a part changed, added and removed; comments stay."""
        if name not in self._nodes:
            return self._put_in(name, part_text(name, wanted, self._newline))
        key, node = self._nodes[name]
        places = [] if getattr(node, "flow_style", True) else self._places(node)
        if wanted and len(places) == len(present) > 0:
            return self._with_entries(places, present, wanted)
        span = self._extent(node, key.start_mark.index)
        new = part_text(name, wanted, self._newline) + self._newline if wanted else ""
        kept = self._comments(span, "", node)
        return self._text[: span.first] + kept + new + self._text[self._next_line(span.last) :]

    def _places(self, node: Any) -> list[tuple[Span, Any]]:
        if isinstance(node, yaml.SequenceNode):
            return list(zip(self._items(node), node.value, strict=True))
        return [(self._extent(value, key.start_mark.index), value) for key, value in node.value]

    def _with_entries(self, places: list[tuple[Span, Any]], present: Sequence[Entry], wanted: Sequence[Entry]) -> str:
        first = places[0][0].first
        line = self._text[first : self._line_end(first)]
        indent = line[: len(line) - len(line.lstrip(" "))]
        pieces, position = [], 0
        for tag, a, b, c, d in SequenceMatcher(a=list(present), b=list(wanted), autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            if a == b:  # behind the entry before, so that a comment above the next one stays with it
                place = self._next_line(places[a - 1][0].last) if a else first
                pieces.append(self._text[position:place])
                position = place
            for span, node in places[a:b]:
                pieces += [self._text[position : max(position, span.first)], self._comments(span, indent, node)]
                position = self._next_line(span.last)
            lines = [line for entry in wanted[c:d] for line in _lines(entry, indent)]
            pieces += [line + self._newline for line in lines]
        return "".join([*pieces, self._text[position:]])
