"""Groups of words that mean the same to us: what a message is about, whatever words it chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path

from assistant.settings import yaml_files

#: The words for each concept: Vietnamese without accents, and English.
CONCEPTS, CONCEPTS_EN = "concepts.yml", "concepts_en.yml"
#: In longer messages nearly every pair of concepts occurs, and says nothing.
PAIRS_UP_TO_WORDS = 30
#: Several readers of a message ask for its concepts.
_RECENT = 32


@cache
def _phrases(file: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Returns what begins with each word: the phrase, with a space after it unless it is that word, and its concept."""
    groups = yaml_files.read(Path(__file__).with_name(file))
    found: dict[str, list[tuple[str, str]]] = {}
    for concept, phrases in groups.items():
        for phrase in phrases.split(","):
            words = phrase.split()
            found.setdefault(words[0], []).append((f"{' '.join(words)} " if len(words) > 1 else "", concept))
    return {word: tuple(begun) for word, begun in found.items()}


def concepts(plain: Sequence[str], file: str = CONCEPTS) -> list[str]:
    """Returns the concepts named by the words (without accents), sorted, each once."""
    return list(_named(" ".join(plain), file))


@lru_cache(_RECENT)
def _named(plain: str, file: str) -> tuple[str, ...]:
    phrases, text, start = _phrases(file), f"{plain} ", 0
    found: set[str] = set()
    for word in plain.split(" "):
        for phrase, concept in phrases.get(word, ()):
            if concept not in found and (not phrase or text.startswith(phrase, start)):
                found.add(concept)
        start += len(word) + 1
    return tuple(sorted(found))


def concept_features(plain: Sequence[str], file: str = CONCEPTS) -> list[str]:
    """Returns the features for the concepts of a message and, in a short one, for their pairs."""
    found = concepts(plain, file)
    pairs = [f"K:{one} {other}" for one, other in combinations(found, 2)] if len(plain) <= PAIRS_UP_TO_WORDS else []
    return [f"k:{concept}" for concept in found] + pairs
