"""What kind of text a message is, before anybody asks what it means: a gesture, marks alone, another script, noise."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from assistant.identifiers.keyboards import plain_dress
from assistant.nlu.gestures import gesture, is_sad

Kind = Literal["ordinary", "nod", "thanks", "no", "marks", "nothing", "noise", "foreign"]

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("lo", re.compile("[\u0e80-\u0eff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_UNSEEN = re.compile("[\u115f\u1160\u3164\uffa0\u2800\u200b-\u200f\u2060\ufeff\\s]")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
#: Signs that lie among the letters of a keyboard.
_BETWEEN_KEYS = re.compile(r"[;,.'\[\]/\\]")
_MOSTLY = 0.75
_LONGEST_NOISE = 3
_SHORTEST_SLIDE, _HALF_SLIDE = 4, 0.6
_VOWEL = re.compile("[aeiouyăâêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụ]")


@dataclass(frozen=True)
class TextKind:
    """A kind, and for another script its language (ISO 639-1; empty: unknown)."""

    kind: Kind
    language: str = ""


ORDINARY = TextKind("ordinary")


def kind_of(text: str) -> TextKind:
    """Returns what kind of text a message is."""
    meant = gesture(text)
    if meant == "mood" and is_sad(text):
        return TextKind("marks")  # what is wrong is not said yet
    if meant == "mood":
        return ORDINARY  # a smile, an animal: the classifier has seen such
    if meant is not None:
        return TextKind(meant)
    seen = _UNSEEN.sub("", plain_dress(text))
    if not seen:
        return TextKind("nothing")
    if not any(char.isalnum() for char in seen):
        return TextKind("marks")
    if (language := _foreign(seen)) is not None:
        return TextKind("foreign", language)
    return TextKind("noise") if _is_noise(text) else ORDINARY


def _foreign(seen: str) -> str | None:
    """Returns the language of a text that is mostly of another script; None if it is not."""
    letters = [char for char in seen if char.isalpha()]
    foreign = [char for char in letters if ord(char) > 0x24F and not _is_latin(char)]
    if not foreign or len(foreign) * 2 <= len(letters):
        return None
    together = "".join(foreign)
    return next((language for language, script in _SCRIPTS if script.search(together)), "")


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")


def _is_noise(text: str) -> bool:
    """Tells whether somebody's hand or a child lay on the keys: nothing but that."""
    words = text.lower().split()
    if not words or len(words) > _LONGEST_NOISE:
        return False
    return all(map(_is_mash, words)) or (len(words) > 1 and all(map(_is_slid_over, words)))


def _is_mash(word: str) -> bool:
    word = _BETWEEN_KEYS.sub("", word)
    if not word.isascii() or not word.isalpha() or len(word) < 6:
        return False
    on_a_row = any(word[place : place + 5] in row for row in _ROWS for place in range(len(word) - 4))
    if len(set(word)) == 1:
        return True  # a finger that stayed on one key
    return on_a_row or _CONSONANTS.search(word) is not None or _slides(word)


def _is_slid_over(word: str) -> bool:
    """Tells whether a short word is keys side by side and has no vowel ("kjhg"): of several such it is noise."""
    return len(word) >= _SHORTEST_SLIDE and not _VOWEL.search(word) and word.isalpha() and _slides(word, _HALF_SLIDE)


def _slides(word: str, mostly: float = _MOSTLY) -> bool:
    """Tells whether a hand slid over the keys again and again ("qwerqwer"): most letters lie beside the one before."""
    beside = sum(one + other in row or other + one in row for one, other in pairwise(word) for row in _ROWS)
    return beside >= mostly * (len(word) - 1)
