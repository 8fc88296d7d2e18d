"""A text as the patterns read it: digits and punctuation of all scripts as ASCII, nothing invisible."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

#: Variation selectors and the key cap of "7️⃣".
_UNSEEN = frozenset("\ufe0e\ufe0f\u20e3")


@dataclass(frozen=True)
class View:
    """The plain text, and where each of its characters stood; `at` has one more for the end."""

    text: str
    at: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Returns the place in the original of a piece of the plain text."""
        return self.at[start], self.at[end]


def view(text: str) -> View:
    """Returns the plain view of a text; runs of spaces become one.

    A raised or lowered digit ("m²") beside an ordinary one belongs to another number, if to any.
    """
    if text.isascii() and "  " not in text:
        return View(text, tuple(range(len(text) + 1)))
    shown: list[str] = []
    at: list[int] = []
    last = ""
    for index, char in enumerate(text):
        plain = char if char.isascii() else _plain(char)
        if char.isdigit() and last.isdigit() and _is_raised(char) != _is_raised(last):
            if _is_raised(char):
                plain = " "
            else:
                shown[-1] = " "
        last = char if plain else last
        if plain and not (plain == " " and shown and shown[-1] == " "):
            shown.append(plain)
            at.append(index)
    return View("".join(shown), (*at, len(text)))


def _is_raised(char: str) -> bool:
    return not char.isascii() and unicodedata.decomposition(char).startswith(("<super>", "<sub>"))


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _UNSEEN:
        return ""
    if category == "Zs":
        return " "
    if category == "Pd" or char == "−":
        return "-"
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char
