"""Makes typed or pasted text fit for a content file: one line or several, nothing a reader cannot see."""

from __future__ import annotations

import re
import unicodedata

# What turns text around for the eye (U+202A…) and marks of a file's start are never meant.
_UNSEEN = frozenset(map(chr, [0xFEFF, 0xFFFE, 0xFFFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")


def clean_text(text: str) -> str:
    """Returns several lines in NFC, without control characters or spaces at the ends of lines."""
    text = _BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    # Few different letters stand in a long text: asking for the kind of each one once takes a tenth of the time.
    never = [each for each in set(text) - {"\n", "\t"} if each in _UNSEEN or _is_control(each)]
    kept = text.translate(dict.fromkeys(map(ord, never))) if never else text
    lines = [line.rstrip() for line in _SPACES.sub(" ", kept).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn")


def clean_line(text: str) -> str:
    """Returns one line in NFC with single spaces."""
    return " ".join(clean_text(text).split())


def clean_lines(text: str) -> tuple[str, ...]:
    """Returns the lines of `text` that say something, each once, in order."""
    return tuple(dict.fromkeys(line for raw in clean_text(text).split("\n") if (line := clean_line(raw))))
