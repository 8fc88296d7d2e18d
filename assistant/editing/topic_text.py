"""Edits a topic file where it stands: what did not change stays as it is, byte for byte, comments too.

The places come from PyYAML's marks, so what is written is found by the very reader that reads it
back. (A round trip through ruamel.yaml loses the comments around a question that is removed.)
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import yaml

from assistant.content.topics import Topic, parse_topic
from assistant.editing import scalars

#: The order of a new file; a field that an old file lacks goes behind the one before it.
FIELDS = ("topic", "title", "answer", "more", "next", "source", "checked_on", "supersedes", "questions")
_LONG = frozenset({"answer", "more"})
_REQUIRED_LISTS = frozenset({"source", "questions"})
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)
_DASH = re.compile(r"^[ ]*-(?=\s|$)", re.MULTILINE)


class EditFailed(RuntimeError):
    """The edited text does not read back as what was meant; nothing may be written."""


def edited(text: str, topic: Topic) -> str:
    """Returns `text`, the topic's file as it stands, saying what `topic` says.

    Raises:
        ContentError: if `text` is no topic.
        EditFailed: if the result would not read back as `topic`.
    """
    path = Path(f"{_name(text)}.yml")
    before, newline = parse_topic(text, path), "\r\n" if "\r\n" in text else "\n"
    for name in FIELDS:
        if _value(topic, name) != _value(before, name):
            text = _Editor(text, newline).with_field(name, _value(topic, name))
    # Facets and steps stay as they stand in the file.
    if parse_topic(text, Path(f"{topic.name}.yml")) != with_parts_of(before, topic):
        raise EditFailed(topic.name)
    return text


def with_parts_of(before: Topic, topic: Topic) -> Topic:
    """Returns a topic with the parts of another: what is edited in fields says nothing about facets and steps."""
    return replace(topic, facets=before.facets, steps=before.steps, facets_not_needed=before.facets_not_needed)


def written(topic: Topic) -> str:
    """Returns the text of a new file.

    Raises:
        EditFailed: if it would not read back as `topic`.
    """
    lines = []
    for name in FIELDS:
        value = _value(topic, name)
        if value or name in _REQUIRED_LISTS:
            lines.append(f"{name}:{_space(name, value)}{_block(name, value)}")
    text = "\n".join(lines) + "\n"
    if parse_topic(text, Path(f"{topic.name}.yml")) != topic:
        raise EditFailed(topic.name)
    return text


def _name(text: str) -> str:
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((str(value.value) for key, value in pairs if key.value == "topic"), "")


Value = str | tuple[str, ...]


def _value(topic: Topic, name: str) -> Value:
    raw = getattr(topic, "name" if name == "topic" else name)
    return raw.isoformat() if isinstance(raw, datetime.date) else raw


def _block(name: str, value: Value, newline: str = "\n") -> str:
    """Returns a field's value as a new file writes it."""
    if isinstance(value, tuple):
        if name == "next" or not value:
            return f"[{', '.join(scalars.short(item) for item in value)}]"
        quote = '"' if name == "source" else "'"
        return "".join(f"{newline}  - {scalars.line(item, quote)}" for item in value)
    if name in _LONG:
        return scalars.block(value, newline)
    return value if name == "checked_on" else scalars.line(value, '"' if name == "supersedes" else None)


def _space(name: str, value: Value) -> str:
    return "" if isinstance(value, tuple) and value and name != "next" else " "


@dataclass(frozen=True)
class _Span:
    """Where a value stands: from `start` to `end`, on lines that begin at `first` and end at `last`."""

    first: int
    start: int
    end: int
    last: int  # before the line break


class _Editor:
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

    def _until(self, name: str, span: _Span) -> int:
        return span.last if name in _LONG else span.end

    def _scalar(self, name: str, node: yaml.ScalarNode, span: _Span, value: str) -> str:
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

    def _span(self, node: yaml.Node, first: int) -> _Span:
        start, end = node.start_mark.index, node.end_mark.index
        end = start + len(self._text[start:end].rstrip())
        if end == start:  # nothing is there: it begins behind the colon or the dash
            mark = re.match(r"[^:\n]*:|-", self._text[first:])
            start = end = first + (len(mark[0]) if mark else 0)
        return _Span(self._text.rfind("\n", 0, first) + 1, start, end, self._line_end(end))

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
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self._values(item)
        elif node.style in ("|", ">"):
            yield self._line_end(node.start_mark.index), node.end_mark.index
        else:
            yield node.start_mark.index, node.end_mark.index

    def _comments(self, span: _Span, indent: str, node: yaml.Node) -> str:
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
        if value or name in _REQUIRED_LISTS:
            new = f"{name}:{_space(name, value)}{_block(name, value, self._newline)}{self._newline}"
        return (
            self._text[: span.first] + self._comments(span, "", node) + new + self._text[self._next_line(span.last) :]
        )

    def _added(self, name: str, value: Value) -> str:
        before = next(known for known in reversed(FIELDS[: FIELDS.index(name)]) if known in self._nodes)
        key, node = self._nodes[before]
        last = self._span(node, key.start_mark.index).last
        if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
            last = self._items(node)[-1].last
        new = f"{self._newline}{name}:{_space(name, value)}{_block(name, value, self._newline)}"
        return self._text[:last] + new + self._text[last:]

    def _items(self, node: yaml.SequenceNode) -> list[_Span]:
        spans, behind = [], self._text.rfind("\n", 0, node.start_mark.index) + 1
        for item in node.value:
            # The last dash that begins a line; comments between the items begin with something else.
            *_, dash = _DASH.finditer(self._text, behind, item.start_mark.index + 1)
            spans.append(self._span(item, dash.end() - 1))
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
