"""Adds examples to a file in Rasa's format where it stands; nothing else of it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.editing.cleaning import clean_line

_INTENT = re.compile(r"^\s*-?\s*intent:\s*(\S+)\s*$")
_EXAMPLE = re.compile(r"^(\s*)- (.*\S)\s*$")
# Rasa reads these as the marks of an entity.
_MARKUP = re.compile(r"[\[\]{}()|]")


def with_examples(text: str, intent: str, examples: Sequence[str]) -> str:
    """Returns the text with examples added below the last one of an intent; those it has are left out.

    Raises:
        ValueError: if the file has no examples of that intent.
    """
    rows = text.splitlines(keepends=True)
    present, last, indent, current = set(), None, "", ""
    for place, row in enumerate(rows):
        if named := _INTENT.match(row):
            current = named[1]
        elif current == intent and (written := _EXAMPLE.match(row)):
            present.add(written[2])
            last, indent = place, written[1]
    if last is None:
        raise ValueError(f"không có câu mẫu nào của {intent}")
    newline = "\r\n" if rows[last].endswith("\r\n") else "\n"
    cleaned = (clean_line(_MARKUP.sub(" ", example)).lstrip("- ") for example in examples)
    new = [example for example in dict.fromkeys(cleaned) if example and example not in present]
    if new and not rows[last].endswith("\n"):
        rows[last] += newline
    rows[last + 1 : last + 1] = [f"{indent}- {example}{newline}" for example in new]
    return "".join(rows)
