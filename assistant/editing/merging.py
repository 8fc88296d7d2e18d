"""Two people changed the same topic: what each did, and a proposal that loses nothing."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.content.topics import Topic
from assistant.editing.diffs import FIELDS, PARTS, Row, lines, lines_of

_LISTS = frozenset({"questions", "source", "next"})


@dataclass(frozen=True)
class FieldMerge:
    """One field that somebody changed. `clash`: both did, differently, and somebody has to choose."""

    field: str
    base: Any
    theirs: Any
    mine: Any
    clash: bool

    @property
    def marked(self) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        """What they did and what I did, each line beside what it was when I began.

        Where that is not known any more, the two stand beside each other.
        """
        base, theirs, mine = (_as_lines(value) for value in (self.base, self.theirs, self.mine))
        if self.base is None:
            base = theirs
        rows = (tuple(lines(base, theirs)), tuple(lines(base, mine)))
        if self.field in _LISTS or self.field in PARTS:  # of long lists only what differs
            return tuple(row for row in rows[0] if row.kind != "same"), tuple(r for r in rows[1] if r.kind != "same")
        return rows


def _as_lines(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, datetime.date):
        return [f"{value:%d/%m/%Y}"]
    return value.split("\n") if isinstance(value, str) else list(value)


@dataclass(frozen=True)
class Merge:
    """A proposal and how it came about."""

    proposal: Topic
    fields: tuple[FieldMerge, ...]

    @property
    def clashes(self) -> tuple[FieldMerge, ...]:
        """The fields where somebody has to choose; the proposal holds mine."""
        return tuple(field for field in self.fields if field.clash)


def merge(base: Topic | None, theirs: Topic, mine: Topic) -> Merge:
    """Merges two changes of one topic.

    Args:
        base: what both started from; None if that is not known any more.
        theirs: what is saved.
        mine: what is to be saved.
    """
    merged: dict[str, Any] = {}
    found = []
    for field in FIELDS:
        origin = getattr(base, field) if base else None
        saved, wanted = getattr(theirs, field), getattr(mine, field)
        shown: tuple[Any, Any, Any] = (origin, saved, wanted)
        if field in PARTS:
            shown = (_shown(base, field), _shown(theirs, field), _shown(mine, field))
        if isinstance(saved, Mapping):
            merged[field], clash = _mapping(origin, saved, wanted)
        elif field in _LISTS:
            merged[field] = _list(origin, saved, wanted)
            clash = False
        else:
            merged[field] = saved if base and wanted == origin else wanted
            clash = saved != wanted and not (base and origin in (saved, wanted))
        if saved != wanted:
            found.append(FieldMerge(field, *shown, clash))
    return Merge(dataclasses.replace(mine, **merged), tuple(found))


def _shown(topic: Topic | None, part: str) -> tuple[str, ...] | None:
    return tuple(lines_of(topic, part)) if topic else None


def _list(base: Sequence[str] | None, theirs: Sequence[str], mine: Sequence[str]) -> tuple[str, ...]:
    """Returns theirs without what I took out, and with what I added, each behind what it stood behind."""
    known = set(base if base is not None else theirs)
    gone = known - set(mine) if base is not None else set()
    merged = [item for item in theirs if item not in gone]
    for place, item in enumerate(mine):
        if item in known or item in merged:
            continue
        before = next((merged.index(one) + 1 for one in reversed(mine[:place]) if one in merged), 0)
        merged.insert(before, item)
    return tuple(merged)


def _mapping(
    base: Mapping[str, Any] | None, theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Returns both sides' entries by name, and whether both changed the same one; what one side took out goes only
    where the other left it alone.
    """
    merged, clash = {}, False
    for name in dict.fromkeys((*theirs, *mine)):
        origin, saved, wanted = ((base or {}).get(name), theirs.get(name), mine.get(name))
        if saved != wanted and origin not in (saved, wanted):
            clash = True
            kept = wanted if wanted is not None else saved
        else:
            kept = saved if wanted == origin else wanted
        if kept is not None:
            merged[name] = kept
    return merged, clash
