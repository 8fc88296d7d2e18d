"""Finds the province a message names, by today's name or one from before 1 July 2025.

With accents a name must carry the right ones ("gia lại" is not Gia Lai). Without accents many
names are everyday words too; those count only after a word such as "ở" or "tỉnh".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.nlu.text import move_tone, strip_accents

FILE = Path(__file__).resolve().parents[2] / "data/provinces.yml"
#: Without accents these are also ordinary words or given names.
_EVERYDAY_NAMES = """
hue, hoa binh, gia lai, thai binh, ha nam, binh dinh, son la, an giang, vinh long, thuan an, tan an,
binh an, bao loc, dong ha, hoi an, ba ria, long an, hai duong, di an, sa dec, ha long, nam dinh,
thanh hoa, quang nam, hai phong, phu yen, hn, sg, ha tien, my tho, pho yen, phu ly, phuc yen, cao
bang, lao cai, ben cat, bien hoa
"""
_EVERYDAY = frozenset(" ".join(_EVERYDAY_NAMES.split()).split(", "))
_PLACE_BEFORE = re.compile(
    r"(?:\b(?:o|tai|tinh|tp|thanh pho|que|ve|bhxh|bao hiem|ben|trong|ngoai|duoi|tren|den|tu|vung|khu vuc|dan|nguoi)"
    r"[\s.:]*|^\s*|,\s*)$"
)


@dataclass(frozen=True)
class Place:
    """A province in a text: its name today and where it stands."""

    name: str
    start: int
    end: int


@cache
def provinces() -> tuple[dict[str, Any], ...]:
    """Returns the entries of data/provinces.yml."""
    return tuple(yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["provinces"])


def _key(name: str) -> str:
    """Returns a name in lower case with one way of writing dashes, dots, spaces and tones."""
    words = re.sub(r"[\s.\-–]+", " ", unicodedata.normalize("NFC", name).lower()).split()
    return " ".join(move_tone(word) for word in words)


@cache
def _names() -> tuple[dict[str, tuple[str, str]], re.Pattern[str]]:
    """Returns plain name -> (accented key, today's name), and the pattern of all plain names."""
    known: dict[str, tuple[str, str]] = {}
    for entry in provinces():
        for written in [entry["name"], *entry.get("before", []), *entry.get("also", [])]:
            known.setdefault(strip_accents(_key(written)), (_key(written), entry["name"]))
    longest = sorted(known, key=len, reverse=True)
    spaced = (r"[\s.\-–]*".join(map(re.escape, name.split())) for name in longest)
    return known, re.compile(r"(?<!\w)(?:" + "|".join(spaced) + r")(?!\w)")


def _same_length_plain(text: str) -> str:
    """Returns `text` (NFC) in lower case without accents, each character at its old place."""
    return "".join((strip_accents(char.lower()) or " ")[:1] for char in text)


def find_provinces(text: str) -> Iterator[Place]:
    """Yields the provinces named in `text` (NFC), in order."""
    known, pattern = _names()
    plain = _same_length_plain(text)
    for match in pattern.finditer(plain):
        name = strip_accents(_key(match[0]))
        glued = name if name in known else next((n for n in known if n.replace(" ", "") == name.replace(" ", "")), name)
        accented, today = known[glued]
        written = _key(text[match.start() : match.end()])
        bare = strip_accents(written) == written
        if not bare and written.replace(" ", "") != accented.replace(" ", ""):
            continue
        capital = text[match.start()].isupper() and not text.isupper()
        if bare and glued in _EVERYDAY and not capital and not _PLACE_BEFORE.search(plain[: match.start()]):
            continue
        yield Place(today, match.start(), match.end())
