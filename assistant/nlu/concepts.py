"""Groups of words that mean the same to us: what a message is about, whatever words it chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from pathlib import Path

from assistant.settings import yaml_files

#: The words for each concept: Vietnamese without accents, and English.
CONCEPTS, CONCEPTS_EN = "concepts.yml", "concepts_en.yml"
#: In longer messages nearly every pair of concepts occurs, and says nothing.
PAIRS_UP_TO_WORDS = 30


@cache
def _phrases(file: str) -> dict[str, tuple[tuple[int, str, str], ...]]:
    """Returns what begins with each word: the phrase's number of words, the phrase, its concept."""
    groups = yaml_files.read(Path(__file__).with_name(file))
    found: dict[str, list[tuple[int, str, str]]] = {}
    for concept, phrases in groups.items():
        for phrase in phrases.split(","):
            words = phrase.split()
            found.setdefault(words[0], []).append((len(words), " ".join(words), concept))
    return {word: tuple(begun) for word, begun in found.items()}


def concepts(plain: Sequence[str], file: str = CONCEPTS) -> list[str]:
    """Returns the concepts named by the words (without accents), sorted, each once."""
    phrases = _phrases(file)
    found: set[str] = set()
    for start, word in enumerate(plain):
        for size, phrase, concept in phrases.get(word, ()):
            if concept not in found and (size == 1 or " ".join(plain[start : start + size]) == phrase):
                found.add(concept)
    return sorted(found)


def concept_features(plain: Sequence[str], file: str = CONCEPTS) -> list[str]:
    """Returns the features for the concepts of a message and, in a short one, for their pairs."""
    found = concepts(plain, file)
    pairs = [f"K:{one} {other}" for one, other in combinations(found, 2)] if len(plain) <= PAIRS_UP_TO_WORDS else []
    return [f"k:{concept}" for concept in found] + pairs
