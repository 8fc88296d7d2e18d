"""Makes the variants of an example that training needs: without accents, and as typed in a hurry."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from assistant.nlu.text import clean, strip_accents
from assistant.settings import yaml_files

_TONE_KEY = {"́": "s", "̀": "f", "̉": "r", "̃": "x", "̣": "j"}
_SHAPE_KEY = {"̂": None, "̆": "w", "̛": "w"}


def telex(word: str) -> str:
    """Returns the Telex keystrokes of a Vietnamese word ("khẩu" -> "khaaur")."""
    out, tone = "", ""
    for char in unicodedata.normalize("NFD", word.replace("đ", "dd").replace("Đ", "Dd")):
        if char in _TONE_KEY:
            tone = _TONE_KEY[char]
        elif char in _SHAPE_KEY:
            out += _SHAPE_KEY[char] or out[-1]
        else:
            out += char
    return out + tone


def slip(text: str, chance: random.Random) -> str:
    """Swaps, drops or doubles one letter, or loses one space."""
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    if len(letters) < 4:
        return text
    i = chance.choice(letters[1:-1])
    match chance.randrange(4):
        case 0:
            return text[:i] + text[i + 1 :]
        case 1:
            return text[:i] + text[i] + text[i:]
        case 2 if i + 1 < len(text):
            return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        case _:
            spaces = [j for j, c in enumerate(text) if c == " "]
            if not spaces:
                return text
            j = chance.choice(spaces)
            return text[:j] + text[j + 1 :]


@cache
def _frames() -> tuple[list[str], list[str]]:
    """Returns openings and closings (frames.yml)."""
    raw = yaml_files.read(Path(__file__).with_name("frames.yml"))
    return raw["openings"], raw["closings"]


def framed(text: str, chance: random.Random) -> str:
    """Returns `text` as the middle of a longer message: greeting, name, number, thanks."""
    openings, closings = _frames()
    before = chance.sample(openings, chance.choice((0, 1, 1, 2)))
    after = chance.sample(closings, chance.choice((0, 1, 1, 2)) if before else 1)
    return " ".join([*before, text if text[-1:] in ".?!" else f"{text}.", *after])


def variants(text: str, seed: int, in_frame: bool = False) -> Iterator[str]:
    """Yields `text` and its variants; the same seed gives the same ones.

    Args:
        text: an example as written.
        seed: any number.
        in_frame: whether the example still means the same amid greetings and thanks.
    """
    chance = random.Random(seed)  # noqa: S311 - typing slips, no secrets
    text = clean(text)
    yield text
    plain = strip_accents(text)
    if plain != text:
        yield plain
    words = text.split()
    mixed = [
        strip_accents(word) if chance.random() < 0.3 else telex(word) if chance.random() < 0.15 else word
        for word in words
    ]
    yield slip(" ".join(mixed), chance)
    if in_frame:
        whole = framed(text, chance)
        yield whole if chance.random() < 0.6 else strip_accents(whole)
    else:
        yield slip(slip(plain, chance), chance)
