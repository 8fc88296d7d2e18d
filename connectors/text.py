"""What all platforms need of a text: parts within a limit, and a menu that can be typed."""

from __future__ import annotations

import re
from typing import Any

_BREAKS = ("\n\n", "\n", ". ", " ")


def parts(text: str, limit: int) -> list[str]:
    """Splits `text` into parts of at most `limit` characters, at paragraphs, lines or words."""
    found = []
    while len(text) > limit:
        at = next((cut for mark in _BREAKS if (cut := text.rfind(mark, limit // 2, limit)) > 0), limit)
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [part for part in [*found, text] if part.strip()]


def with_menu(text: str, buttons: list[dict[str, Any]]) -> str:
    """Returns `text` with its buttons as a numbered list to answer with a number."""
    lines = [f"{number}. {button['title']}" for number, button in enumerate(buttons, 1)]
    lead = (
        "Bạn nhắn số để chọn:"
        if not re.search(r"^\d+\. ", text, re.MULTILINE)
        else "Bạn nhắn số để chọn việc tiếp theo:"
    )
    return "\n".join([text, "", lead, *lines])
