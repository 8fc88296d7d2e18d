"""What all platforms need of a text: parts within a limit, and a menu that can be typed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import regex  # type: ignore[import-untyped]

from assistant.content.languages import known, texts_of
from assistant.settings import ROOT

_WORDS = ROOT / "data/channels/menu.yml"
#: Where a text may be cut, best first: paragraphs, lines, sentences (not behind the number of a list), words.
_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[^\d\s][.!?…])\s"), re.compile(r"\s"))
_WHOLE = regex.compile(r"\X")  # what a reader sees as one character


def utf16(text: str) -> int:
    """Counts as the stricter of two counts would: platforms do not say whether an emoji is one character or two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(text: str, limit: int, size: Callable[[str], int] = len) -> list[str]:
    """Splits `text` into parts of at most `limit`, counted by `size`, at paragraphs, lines, sentences or words."""
    found = []
    while size(text) > limit:
        most = bisect_right(range(len(text)), limit, key=lambda end: size(text[:end])) - 1
        cuts = (_last(mark, text, most) for mark in _BREAKS)
        at = next((cut for cut in cuts if cut), 0) or _between_characters(text, most)
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [part for part in [*found, text] if part.strip()]


def _last(mark: re.Pattern[str], text: str, most: int) -> int:
    """Returns the last place of a mark in the second half of what fits; 0 if there is none."""
    return max((match.start() for match in mark.finditer(text, most // 2, most + 1)), default=0)


def _between_characters(text: str, most: int) -> int:
    ends = [match.end() for match in _WHOLE.finditer(text[: most + 40]) if match.end() <= most]
    return ends[-1] if ends else max(1, most)


def with_menu(text: str, buttons: list[dict[str, Any]], language: str | None = None) -> str:
    """Returns `text` with its buttons as a numbered list to answer with a number."""
    lines = [f"{number}. {button['title']}" for number, button in enumerate(buttons, 1)]
    words = texts_of(_WORDS).of(known(language))
    lead = words["choose_next" if re.search(r"^\d+\. ", text, re.MULTILINE) else "choose"]
    return "\n".join([text, "", lead, *lines])
