"""What differs between two states of a topic: field by field, line by line, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from assistant.content.topics import BESIDE, Topic
from assistant.editing.part_names import part_lines

#: From this share of common words on, two lines are one line that was changed.
_ALIKE = 0.4
_WORDS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)

PARTS = ("facets", "steps", "facets_not_needed")
FIELDS = (
    "name", "title", "answer", "place", "in_app", "more", *BESIDE, "next", "source", "checked_on", "supersedes", *PARTS,
    "questions",
)  # fmt: skip
_LISTS = frozenset({"questions", "source", "next", *PARTS})
Kind = Literal["same", "changed", "removed", "added"]


@dataclass(frozen=True)
class Piece:
    """A run of words; `differs` where the other side has something else."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Row:
    """A line as it was (left) and is (right); None where there is none."""

    kind: Kind
    left: tuple[Piece, ...] | None
    right: tuple[Piece, ...] | None


@dataclass(frozen=True)
class FieldDiff:
    """What differs in one field; lines that are the same are only counted, except in running text."""

    field: str
    rows: tuple[Row, ...]
    same: int


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)


def words(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Returns both lines in pieces, with the words that differ marked."""
    left, right = _words(before), _words(after)
    old: list[Piece] = []
    new: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
        if a < b:
            old.append(Piece("".join(left[a:b]), tag != "equal"))
        if c < d:
            new.append(Piece("".join(right[c:d]), tag != "equal"))
    return tuple(old), tuple(new)


def _alike(before: str, after: str) -> float:
    return SequenceMatcher(a=_words(before.casefold()), b=_words(after.casefold()), autojunk=False).ratio()


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, True),) if text else ()


def lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    """Yields the lines of both sides; a changed line stands beside what it was."""
    for tag, a, b, c, d in SequenceMatcher(a=list(before), b=list(after), autojunk=False).get_opcodes():
        if tag == "equal":
            for line in before[a:b]:
                yield Row("same", (Piece(line, False),), (Piece(line, False),))
            continue
        yield from _replaced(list(before[a:b]), list(after[c:d]))


def _replaced(old: list[str], new: list[str]) -> Iterator[Row]:
    """Yields lines that were replaced by others: each beside the first later one that is like it."""
    at = 0
    for line in old:
        found = next((n for n in range(at, len(new)) if _alike(line, new[n]) >= _ALIKE), None)
        if found is None:
            yield Row("removed", _whole(line), None)
            continue
        for added in new[at:found]:
            yield Row("added", None, _whole(added))
        yield Row("changed", *words(line, new[found]))
        at = found + 1
    for added in new[at:]:
        yield Row("added", None, _whole(added))


def lines_of(topic: Topic | None, field: str) -> list[str]:
    """Returns a field as lines."""
    value = getattr(topic, field) if topic else None
    if not topic or not value:
        return []
    if field in PARTS:
        return part_lines(topic, field)
    return list(value) if isinstance(value, tuple) else str(value).split("\n")


def fields(before: Topic | None, after: Topic | None) -> list[FieldDiff]:
    """Returns the fields that differ."""
    found = []
    for field in FIELDS:
        old, new = lines_of(before, field), lines_of(after, field)
        if old != new:
            one = len(old) == len(new) == 1 and field not in _LISTS
            rows = [Row("changed", *words(old[0], new[0]))] if one else list(lines(old, new))
            same = [row for row in rows if row.kind == "same"]
            shown = rows if field in ("answer", "more") else [row for row in rows if row.kind != "same"]
            found.append(FieldDiff(field, tuple(shown), len(same)))
    return found
