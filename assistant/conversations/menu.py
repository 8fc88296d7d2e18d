"""Buttons can be pressed by typing: their number, their title, or their payload."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

MARK = "#"
_PAYLOAD = re.compile(r"#[a-z_]+(?:/[a-z0-9_]+)?")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join(re.findall(r"\w+", "".join(c for c in decomposed if not unicodedata.combining(c))))


def pressed(text: str, menu: list[dict[str, Any]] | None) -> str | None:
    """Returns the payload that `text` presses, or None if it is an ordinary message.

    Args:
        text: what the person typed, or what a platform sent for a pressed button.
        menu: the buttons last shown, as the outbox keeps them.
    """
    text = text.strip()
    if _PAYLOAD.fullmatch(text):
        return text
    typed = _plain(text)
    if not menu or not typed:
        return None
    if typed.isdecimal() and len(typed) == 1:
        number = int(typed)
        return str(menu[number - 1]["payload"]) if 1 <= number <= len(menu) else None
    for button in menu:
        if typed == _plain(button["title"]):
            return str(button["payload"])
    return None
