"""English chat text made uniform, and the features that are counted in it (see `assistant.nlu.views`)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from assistant.nlu.concepts import CONCEPTS_EN, concept_features
from assistant.nlu.features import MAX_WORDS, RECENT, placeholders
from assistant.nlu.gestures import in_words
from assistant.nlu.noise import slip
from assistant.nlu.text import clean, strip_accents
from assistant.settings import yaml_files

#: Sizes of the n-grams of words.
WORDS = 3
_WORD = re.compile(r"[a-z0-9]+(?:['’/.-][a-z0-9]+)*")
_PARTS = re.compile(r"[’'/.-]")
#: What two words in a row are that people write apart.
_REPEATED = re.compile(r"([a-z])\1{2,}")


@cache
def _shorthand() -> dict[str, str]:
    """Returns shorthand -> what is meant (english_shorthand.yml)."""
    path = Path(__file__).with_name("english_shorthand.yml")
    groups = yaml_files.read(path)
    return {str(word): str(meant) for meant, words in groups.items() for word in words}


@lru_cache(maxsize=20_000)
def _uniform(word: str) -> str:
    known = _shorthand()
    if word in known:
        return known[word]
    return " ".join(known.get(part, part) for part in _PARTS.split(word) if part)


def normalise(text: str) -> str:
    """Returns the uniform lower-case form, without accents, that the English classifier reads."""
    lowered = strip_accents(clean(in_words(text)).lower()).replace("’", "'")
    return " ".join(_uniform(word) for word in _WORD.findall(_REPEATED.sub(r"\1\1", lowered)))


@lru_cache(RECENT)
def prepared(text: str) -> str:
    """Returns the uniform text that all views are made of."""
    return " ".join(normalise(placeholders(text)).split()[:MAX_WORDS])


def apart(text: str) -> tuple[list[str], list[str]]:
    """Returns the features of a prepared text but for those of letters, and the words that these are made of."""
    words = text.split()
    found = [f"a:{word}" for word in words]
    for size in range(2, WORDS + 1):
        found += ["a:" + " ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
    found += concept_features(words, CONCEPTS_EN)
    if words:
        found.append(f"first:{words[0]}")
    else:
        found.append("empty")
    found.append(f"len:{min(len(words), 63).bit_length()}")
    return found, words


@cache
def _frames() -> tuple[list[str], list[str]]:
    path = Path(__file__).with_name("english_frames.yml")
    raw = yaml_files.read(path)
    return raw["openings"], raw["closings"]


def variants(text: str, seed: int, in_frame: bool = False) -> Iterator[str]:
    """Yields `text`, and once more with a slip or amid greetings; the same seed gives the same ones.

    Args:
        text: an example as written.
        seed: any number.
        in_frame: whether the example still means the same amid greetings and thanks.
    """
    chance = random.Random(seed)  # noqa: S311 - typing slips, no secrets
    yield text
    if in_frame and chance.random() < _FRAMED:
        openings, closings = _frames()
        before = [chance.choice(openings)] if chance.random() < _BEFORE else []
        after = [chance.choice(closings)] if not before or chance.random() < _FRAMED else []
        yield " ".join([*before, text if text[-1:] in ".?!" else f"{text}.", *after])
    else:
        yield slip(text, chance)


_FRAMED, _BEFORE = 0.5, 0.7
