"""What words mean, as numbers: words of one meaning lie near each other, whatever letters they are made of.

The numbers were taken once from a multilingual sentence encoder (`bench/understanding/learn_meanings.py`), so that a
word which no example holds still helps; the encoder itself is not part of what runs.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
#: `keys` (words, uint32, ascending): CRC-32 of a word or of two neighbours, as typed or without accents;
#: `numbers` (words x SIZE, int8): their direction; `weights` (words, float16): how much they say.
FILE = "meanings.npz"
SIZE = 64
_SCALE = 127.0


class Table(NamedTuple):
    """The known words' keys, what they mean, and how much they say (see `FILE`)."""

    keys: npt.NDArray[np.uint32]
    numbers: npt.NDArray[np.int8]
    weights: npt.NDArray[np.float16]


def key_of(words: str) -> int:
    """Returns the key of a word, or of two with a space between them."""
    return zlib.crc32(words.encode())


@cache
def table() -> Table:
    """Reads the known words, once a process."""
    with np.load(Path(__file__).with_name(FILE), allow_pickle=False) as kept:
        return Table(kept["keys"], kept["numbers"], kept["weights"])


def meanings(names: Sequence[str]) -> tuple[npt.NDArray[np.intp], Array]:
    """Returns which of the words (or pairs of words) are known, and what those mean (known x SIZE)."""
    known = table()
    keys = np.array([key_of(name) for name in names], np.uint32)
    places = np.searchsorted(known.keys, keys)
    places[places == len(known.keys)] = 0
    found = np.flatnonzero(known.keys[places] == keys)
    places = places[found]
    return found, known.numbers[places] * (known.weights[places].astype(np.float32) / _SCALE)[:, None]
