"""Edits the fields of a topic file line by line, at the places that PyYAML's marks name."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml

from assistant.content.topics import BESIDE, Topic
from assistant.editing import scalars

#: The order of a new file; a field that an old file lacks goes behind the one before it.
FIELDS = (
    "topic", "title", "answer", "place", "in_app", "more", *BESIDE, "next", "source", "checked_on", "supersedes",
    "facets_not_needed", "facets", "steps", "questions",
)  # fmt: skip
_LONG = frozenset({"answer", "more"})
REQUIRED_LISTS = frozenset({"source", "questions"})
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)
_DASH = re.compile(r"^[ ]*-(?=\s|$)", re.MULTILINE)

Value = str | tuple[str, ...]


def value_of(topic: Topic, name: str) -> Value:
    """Returns a field of text as a file says it."""
    raw = getattr(topic, "name" if name == "topic" else name)
    return raw.isoformat() if isinstance(raw, datetime.date) else raw


def block_of(name: str, value: Value, newline: str = "\n") -> str:
    """Returns a field's value as a new file writes it."""
    if isinstance(value, tuple):
        if name == "next" or not value:
            return f"[{', '.join(scalars.short(item) for item in value)}]"
        quote = '"' if name == "source" else "'"
        return "".join(f"{newline}  - {scalars.line(item, quote)}" for item in value)
    if name in _LONG:
        return scalars.block(value, newline)
    return value if name == "checked_on" else scalars.line(value, '"' if name == "supersedes" else None)


def space_before(name: str, value: Value) -> str:
    """Returns what stands between a field's colon and its value."""
    return "" if isinstance(value, tuple) and value and name != "next" else " "


@dataclass(frozen=True)
class Span:
    """Where a value stands: from `start` to `end`, on lines that begin at `first` and end at `last`."""

    first: int
    start: int
    end: int
    last: int  # before the line break


class FieldEditor:
    """One text and the places of its fields."""

    def __init__(self, text: str, newline: str) -> None:
        self._text = text
        self._newline = newline
        root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)
        self._nodes = {str(key.value): (key, value) for key, value in root.value}

    def with_field(self, name: str, value: Value) -> str:
        """Returns the text with a field set, or taken out where its value is empty."""
        if name not in self._nodes:
            return self._added(name, value)
        key, node = self._nodes[name]
        if not value:
            return self._rewritten(name, value)
        if isinstance(value, tuple):
            is_block = isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value
            return self._with_items(node, value) if is_block else self._rewritten(name, value)
        if not isinstance(node, yaml.ScalarNode):
            return self._rewritten(name, value)
        span = self._span(node, key.start_mark.index)
        return self._text[: span.start] + self._scalar(name, node, span, value) + self._text[self._until(name, span) :]

    def _until(self, name: str, span: Span) -> int:
        return span.last if name in _LONG else span.end

    def _scalar(self, name: str, node: yaml.ScalarNode, span: Span, value: str) -> str:
        """Returns what replaces a scalar; a comment on its first line stays on it."""
        gap = " " if self._text[span.start - 1 : span.start] in (":", "-") else ""
        was_block = node.style in ("|", ">")
        beside = self._text[span.start : span.end].partition("\n")[0] if was_block else ""
        beside = next(iter(_COMMENT.findall(beside)), "").rstrip()
        if name in _LONG:
            behind = self._text[span.end : span.last].strip()
            return gap + scalars.block(value, self._newline, beside or behind)
        new = value if name == "checked_on" else scalars.line(value, node.style)
        return f"{gap}{new}  {beside}" if beside else gap + new

    def _span(self, node: yaml.Node, first: int) -> Span:
        start, end = node.start_mark.index, node.end_mark.index
        end = start + len(self._text[start:end].rstrip())
        if end == start:  # nothing is there: it begins behind the colon or the dash
            mark = re.match(r"[^:\n]*:|-", self._text[first:])
            start = end = first + (len(mark[0]) if mark else 0)
        return Span(self._text.rfind("\n", 0, first) + 1, start, end, self._line_end(end))

    def _line_end(self, place: int) -> int:
        found = self._text.find("\n", place)
        if found < 0:
            return len(self._text)
        return found - 1 if self._text[found - 1] == "\r" and found > place else found

    def _next_line(self, place: int) -> int:
        found = self._text.find("\n", place)
        return len(self._text) if found < 0 else found + 1

    def _values(self, node: Any) -> Iterator[tuple[int, int]]:
        """Yields where values stand within a node; a "#" there is no comment."""
        if isinstance(node, yaml.MappingNode):
            for _, value in node.value:
                yield from self._values(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self._values(item)
        elif node.style in ("|", ">"):
            yield self._line_end(node.start_mark.index), node.end_mark.index
        else:
            yield node.start_mark.index, node.end_mark.index

    def _comments(self, span: Span, indent: str, node: yaml.Node) -> str:
        """Returns the comments on the lines of a node as lines of their own."""
        lines = self._text[span.first : span.last]
        for start, end in self._values(node):
            here = slice(start - span.first, min(end, span.last) - span.first)
            lines = lines[: here.start] + re.sub(r"[^\r\n]", "_", lines[here]) + lines[here.stop :]
        found = [match[0].rstrip() for match in _COMMENT.finditer(lines)]
        return "".join(f"{indent}{comment}{self._newline}" for comment in found)

    def _rewritten(self, name: str, value: Value) -> str:
        """Returns the text with a field written anew, or taken out; its comments go above it."""
        key, node = self._nodes[name]
        span = self._span(node, key.start_mark.index)
        new = ""
        if value or name in REQUIRED_LISTS:
            new = f"{name}:{space_before(name, value)}{block_of(name, value, self._newline)}{self._newline}"
        return (
            self._text[: span.first] + self._comments(span, "", node) + new + self._text[self._next_line(span.last) :]
        )

    def _added(self, name: str, value: Value) -> str:
        return self._put_in(name, f"{name}:{space_before(name, value)}{block_of(name, value, self._newline)}")

    def _put_in(self, name: str, new: str) -> str:
        """Returns the text with a field that it lacks, behind the one that stands before it in a new file."""
        before = next(known for known in reversed(FIELDS[: FIELDS.index(name)]) if known in self._nodes)
        key, node = self._nodes[before]
        last = self._extent(node, key.start_mark.index).last
        return self._text[:last] + self._newline + new + self._text[last:]

    def _extent(self, node: Any, first: int) -> Span:
        """Returns where a node of several lines stands: a block's own end mark lies behind comments that follow it."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            return self._span(node, first)
        if isinstance(node, yaml.SequenceNode):
            inner = self._items(node)[-1]
        else:
            key, value = node.value[-1]
            inner = self._extent(value, key.start_mark.index)
        return Span(self._text.rfind("\n", 0, first) + 1, node.start_mark.index, inner.end, inner.last)

    def _items(self, node: yaml.SequenceNode) -> list[Span]:
        spans, behind = [], self._text.rfind("\n", 0, node.start_mark.index) + 1
        for item in node.value:
            # The last dash that begins a line; comments between the items begin with something else.
            *_, dash = _DASH.finditer(self._text, behind, item.start_mark.index + 1)
            spans.append(self._extent(item, dash.end() - 1))
            behind = spans[-1].end
        return spans

    def _with_items(self, node: yaml.SequenceNode, wanted: tuple[str, ...]) -> str:
        """Returns the text with the items of a list changed, added and removed, line by line."""
        spans, indent = self._items(node), " " * node.start_mark.column
        present = [str(item.value).strip() for item in node.value]
        styles = [item.style for item in node.value]
        usual = max(styles, key=styles.count)
        pieces, position = [], 0
        for tag, a, b, c, d in SequenceMatcher(a=present, b=list(wanted), autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            both = min(b - a, d - c)
            for at in range(both):
                span = spans[a + at]
                new = self._scalar("", node.value[a + at], span, wanted[c + at])
                pieces += [self._text[position : span.start], new]
                position = span.end
            lines = [f"{indent}- {scalars.line(item, usual)}" for item in wanted[c + both : d]]
            if lines and a + both:  # behind the item before, so that a comment above the next one stays with it
                place = spans[a + both - 1].last
                pieces += [self._text[position:place], *(self._newline + line for line in lines)]
                position = place
            elif lines:
                pieces += [self._text[: spans[0].first], *(line + self._newline for line in lines)]
                position = spans[0].first
            for span, item in zip(spans[a + both : b], node.value[a + both : b], strict=True):
                pieces += [self._text[position : max(position, span.first)], self._comments(span, indent, item)]
                position = self._next_line(span.last)
        return "".join([*pieces, self._text[position:]])
