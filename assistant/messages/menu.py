"""Buttons can be pressed by typing: their number, their title, words that say the same, or their payload."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import yaml

from assistant.content.languages import OTHERS
from assistant.settings import ROOT

MARK = "#"
_PAYLOAD = re.compile(r"#[a-z][a-z0-9_]*(?:/[a-z0-9_]+)?")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join(re.findall(r"\w+", "".join(c for c in decomposed if not unicodedata.combining(c))))


@cache
def _typed() -> tuple[tuple[frozenset[str], dict[str, frozenset[str]]], ...]:
    """Returns, by language, the words that count for nothing and what may be typed for a payload (data/typed.yml)."""
    raw = yaml.load((ROOT / "data/typed.yml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506 - texts only
    return tuple(_read(part) for part in (raw, *(raw[language] for language in OTHERS if language in raw)))


def _read(raw: dict[str, Any]) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    dropped = frozenset(_plain(word) for word in raw["dropped"])
    buttons = {f"{MARK}{name}": frozenset(_plain(text) for text in texts) for name, texts in raw["buttons"].items()}
    return dropped, buttons


def _means(typed: str, payload: str) -> bool:
    """Tells whether `typed`, as it stands or without its polite words, says what a button does, in any language."""
    for dropped, buttons in _typed():
        said = buttons.get(payload, frozenset())
        words = typed.split()
        while words and words[-1] in dropped:
            words.pop()
        while words and words[0] in dropped:
            words.pop(0)
        if typed in said or " ".join(words) in said:
            return True
    return False


def pressed(text: str, menu: list[dict[str, Any]] | None) -> str | None:
    """Returns the payload that `text` presses, or None if it is an ordinary message.

    Args:
        text: what the person typed, or what a platform sent for a pressed button.
        menu: the buttons last shown, as the outbox keeps them.
    """
    text = text.strip()
    if _PAYLOAD.fullmatch(text):
        return text
    if not menu:
        return None
    typed = _plain(text)
    if not typed:
        return None
    if typed.isdecimal() and len(typed) == 1:
        number = int(typed)
        return str(menu[number - 1]["payload"]) if 1 <= number <= len(menu) else None
    for button in menu:
        if typed == _plain(button["title"]):
            return str(button["payload"])
    for button in menu:
        if _means(typed, button["payload"]):
            return str(button["payload"])
    return None
