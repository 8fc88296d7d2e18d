"""A text as the patterns read it: digits, letters and punctuation of all dresses as plain ones, nothing invisible."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COVER = "\x01"
#: Variation selectors, the key cap of "7️⃣", fillers that show nothing.
_UNSEEN = frozenset("\ufe0e\ufe0f\u20e3\u115f\u1160\u3164\uffa0\u2800")
#: Letters of other scripts that look like these: a nought is a nought, whichever key it came from.
_ALIKE = dict(zip("АВЕКМНОРСТХаеорсухіΟοΑΒΕΗΙΚΜΝΡΤΧΥ", "ABEKMHOPCTXaeopcyxiOoABEHIKMNPTXY", strict=True))
_ENTITY = re.compile(r"&(?:#\d{2,7}|#x[0-9a-f]{2,6}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)
#: What moves places: marks that join the letter before, raised digits, entities, several spaces.
_MOVES = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f²³¹⁰-₉&]|  ")


@dataclass(frozen=True)
class View:
    """The plain text, the same without accents in lower case, and where each character stood; `at` has one more."""

    text: str
    plain: str
    at: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Returns the place in the original of a piece of the plain text."""
        return self.at[start], self.at[end]

    def covered(self, places: Sequence[tuple[int, int]]) -> View:
        """Returns the same view with signs at these places that no pattern takes for anything."""
        if not places:
            return self
        return View(_covered(self.text, places), _covered(self.plain, places), self.at)


def _covered(text: str, places: Sequence[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in places:
        pieces += [text[position:start], COVER * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def view(text: str) -> View:
    """Returns the plain view of a text; runs of spaces become one.

    A raised or lowered digit ("m²") beside an ordinary one belongs to another number, if to any.
    """
    if not _MOVES.search(text):
        folded = text if text.isascii() else text.translate(_FOLDED)
        if len(folded) == len(text) and "  " not in folded:
            return View(folded, without_accents(folded), range(len(text) + 1))
    shown: list[str] = []
    at: list[int] = []
    last = ""
    for index, char in _characters(text):
        plain = char if char.isascii() else _FOLDED[ord(char)]
        if char.isdigit() and last.isdigit() and _is_raised(char) != _is_raised(last):
            if _is_raised(char):
                plain = " "
            else:
                shown[-1] = " "
        last = char if plain else last
        if plain and unicodedata.combining(plain):
            # "ậ" of three characters is one; a mark that joins nothing is nothing.
            if shown and len(whole := unicodedata.normalize("NFC", shown[-1] + plain)) == 1:
                shown[-1] = whole
        elif plain and not (plain == " " and shown and shown[-1] == " "):
            shown.append(plain)
            at.append(index)
    folded = "".join(shown)
    return View(folded, without_accents(folded), (*at, len(text)))


def without_accents(text: str) -> str:
    """Returns as many characters: lower case, without Vietnamese accents."""
    return text.lower() if text.isascii() else text.translate(_BARE)


def _characters(text: str) -> Iterator[tuple[int, str]]:
    """Yields each character with its place; an entity ("&ecirc;") is the one it stands for."""
    position = 0
    for entity in _ENTITY.finditer(text):
        meant = html.unescape(entity[0])
        if len(meant) == 1:
            yield from enumerate(text[position : entity.start()], position)
            yield entity.start(), meant
            position = entity.end()
    yield from enumerate(text[position:], position)


def _is_raised(char: str) -> bool:
    return not char.isascii() and unicodedata.decomposition(char).startswith(("<super>", "<sub>"))


class _Folded(dict[int, str]):
    """Each character beyond ASCII in its plain dress, found out once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        found = char if code < 128 else _ALIKE.get(char) or _plain(char)
        self[code] = found
        return found


class _Bare(dict[int, str]):
    """Each character without accents in lower case, one for one."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        base = "d" if char in "đĐ" else unicodedata.normalize("NFD", char)[0].lower()
        self[code] = found = base if len(base) == 1 else char
        return found


_FOLDED, _BARE = _Folded(), _Bare()


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _UNSEEN or (category in ("Mn", "Me") and not unicodedata.combining(char)):
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
