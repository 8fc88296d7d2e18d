"""Makes typed or pasted text fit for a content file: one line or several, nothing a reader cannot see."""

from __future__ import annotations

import re
import unicodedata

# What turns text around for the eye (U+202A…) and marks of a file's start are never meant.
_UNSEEN = dict.fromkeys([0xFEFF, 0xFFFE, 0xFFFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")


def clean_text(text: str) -> str:
    """Returns several lines in NFC, without control characters or spaces at the ends of lines."""
    text = _BREAKS.sub("\n", unicodedata.normalize("NFC", text)).translate(_UNSEEN)
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
    lines = [_SPACES.sub(" ", line).rstrip() for line in kept.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def clean_line(text: str) -> str:
    """Returns one line in NFC with single spaces."""
    return " ".join(clean_text(text).split())


def clean_lines(text: str) -> tuple[str, ...]:
    """Returns the lines of `text` that say something, each once, in order."""
    return tuple(dict.fromkeys(line for raw in clean_text(text).split("\n") if (line := clean_line(raw))))
