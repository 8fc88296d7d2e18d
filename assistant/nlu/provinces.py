"""Finds the province a message names, by today's name or one from before 1 July 2025.

With accents a name must carry the right ones ("gia lại" is not Gia Lai). Without accents many
names are everyday words too; those count only after a word such as "ở" or "tỉnh".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from assistant.nlu.text import move_tone, strip_accents
from assistant.settings import yaml_files
from assistant.settings.places import ROOT

FILE = ROOT / "data/provinces.yml"
#: Without accents these are also ordinary words or given names.
_EVERYDAY_NAMES = """
hue, hoa binh, gia lai, thai binh, ha nam, binh dinh, son la, an giang, vinh long, thuan an, tan an,
binh an, bao loc, dong ha, hoi an, ba ria, long an, hai duong, di an, sa dec, ha long, nam dinh,
thanh hoa, quang nam, hai phong, phu yen, hn, sg, ha tien, my tho, pho yen, phu ly, phuc yen, cao
bang, lao cai, ben cat, bien hoa
"""
_EVERYDAY = frozenset("".join(_EVERYDAY_NAMES.split()).split(","))
_PLACE_BEFORE = re.compile(
    r"(?:\b(?:o|tai|tinh|tp|thanh pho|que|ve|bhxh|bao hiem|ben|trong|ngoai|duoi|tren|den|tu|vung|khu vuc|dan|nguoi)"
    r"[\s.:]*|,\s*)$"
)
_NOTHING_MORE = re.compile(r"\W*(?:a|nhe|nha|ad|em|chi)?\W*")


@dataclass(frozen=True)
class Place:
    """A province in a text: its name today and where it stands."""

    name: str
    start: int
    end: int


@cache
def provinces() -> tuple[dict[str, Any], ...]:
    """Returns the entries of data/provinces.yml."""
    return tuple(yaml_files.read(FILE)["provinces"])


def _key(name: str) -> str:
    """Returns a name in lower case with one way of writing dashes, dots, spaces and tones."""
    words = re.sub(r"[\s.\-–]+", " ", unicodedata.normalize("NFC", name).lower()).split()
    return " ".join(move_tone(word) for word in words)


@dataclass
class _Name:
    """A name without accents: its accented spellings and the province it is in today."""

    today: str
    spellings: set[str]


@cache
def _names() -> tuple[dict[str, _Name], re.Pattern[str]]:
    """Returns the names by their letters alone ("hanoi"), and the pattern that finds them all."""
    known: dict[str, _Name] = {}
    spaced: set[str] = set()
    for entry in provinces():
        for written in [entry["name"], *entry.get("before", []), *entry.get("also", [])]:
            plain = strip_accents(_key(written))
            known.setdefault(_glued(plain), _Name(entry["name"], set())).spellings.add(_glued(_key(written)))
            spaced.add(r"[\s.\-–]*".join(map(re.escape, plain.split())))
    longest = sorted(spaced, key=len, reverse=True)
    return known, re.compile(r"(?<!\w)(?:" + "|".join(longest) + r")(?!\w)")


def _glued(name: str) -> str:
    return name.replace(" ", "")


def _same_length_plain(text: str) -> str:
    """Returns `text` (NFC) in lower case without accents, each character at its old place."""
    return "".join(map(_plain_char, text))


@lru_cache(maxsize=5_000)
def _plain_char(char: str) -> str:
    return (strip_accents(char.lower()) or " ")[:1]


def _is_everyday(text: str, plain: str, start: int, end: int) -> bool:
    """Returns whether a name without accents is more likely an ordinary word where it stands."""
    if _glued(_key(plain[start:end])) not in _EVERYDAY or (text[start].isupper() and not text.isupper()):
        return False
    alone = not plain[:start].strip() and _NOTHING_MORE.fullmatch(plain[end:])
    return not alone and not _PLACE_BEFORE.search(plain[:start])


def find_provinces(text: str) -> Iterator[Place]:
    """Yields the provinces named in `text` (NFC), in order."""
    known, pattern = _names()
    plain = _same_length_plain(text)
    for match in pattern.finditer(plain):
        start, end = match.span()
        name = known[_glued(strip_accents(_key(match[0])))]
        written = _glued(_key(text[start:end]))
        bare = strip_accents(written) == written
        if written not in name.spellings and not bare:
            continue
        if bare and written not in name.spellings - _EVERYDAY and _is_everyday(text, plain, start, end):
            continue
        yield Place(name.today, start, end)
