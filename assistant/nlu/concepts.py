"""Groups of words that mean the same to us: what a message is about, whatever words it chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("concepts.yml")
#: In longer messages nearly every pair of concepts occurs, and says nothing.
PAIRS_UP_TO_WORDS = 30


@cache
def _phrases() -> tuple[dict[str, tuple[str, ...]], int]:
    """Returns phrase -> concepts, and the number of words of the longest phrase."""
    groups = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    found: dict[str, tuple[str, ...]] = {}
    for concept, phrases in groups.items():
        for phrase in phrases.split(","):
            found[phrase.strip()] = (*found.get(phrase.strip(), ()), concept)
    return found, max(len(phrase.split()) for phrase in found)


def concepts(plain: Sequence[str]) -> list[str]:
    """Returns the concepts named by the words (without accents), sorted, each once."""
    phrases, longest = _phrases()
    found: set[str] = set()
    for size in range(1, longest + 1):
        for start in range(len(plain) - size + 1):
            found.update(phrases.get(" ".join(plain[start : start + size]), ()))
    return sorted(found)


def concept_features(plain: Sequence[str]) -> list[str]:
    """Returns the features for the concepts of a message and, in a short one, for their pairs."""
    found = concepts(plain)
    pairs = [f"K:{one} {other}" for one, other in combinations(found, 2)] if len(plain) <= PAIRS_UP_TO_WORDS else []
    return [f"k:{concept}" for concept in found] + pairs
