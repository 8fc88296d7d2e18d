"""Groups of words that mean the same to us: what a message is about, whatever words it chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from assistant.nlu.text import strip_accents
from assistant.settings import yaml_files

#: The words for each concept: Vietnamese, and English.
CONCEPTS, CONCEPTS_EN = "concepts.yml", "concepts_en.yml"
#: In longer messages nearly every pair of concepts occurs, and says nothing.
PAIRS_UP_TO_WORDS = 30
#: Several readers of a message ask for its concepts.
_RECENT = 32


class _Phrase(NamedTuple):
    """Words that name a concept: as they begin a text without accents, and how each may be written if that counts."""

    plain: str
    written: tuple[tuple[str, str], ...]
    concept: str

    def fits(self, words: Sequence[str], at: int) -> bool:
        """Tells whether the words from there on are these: each written so, or without accents."""
        return all(word in forms for word, forms in zip(words[at:], self.written, strict=False))


@cache
def _phrases(file: str) -> dict[str, tuple[_Phrase, ...]]:
    """Returns the phrases that begin with each word; what stands in `plain` ends with a space."""
    groups = yaml_files.read(Path(__file__).with_name(file))
    found: dict[str, list[_Phrase]] = {}
    for concept, phrases in groups.items():
        for phrase in phrases.split(","):
            words = phrase.split()
            plain = [strip_accents(word) for word in words]
            whole = f"{' '.join(plain)} " if len(words) > 1 else ""
            written = () if plain == words else tuple(zip(words, plain, strict=True))
            found.setdefault(plain[0], []).append(_Phrase(whole, written, concept))
    return {word: tuple(begun) for word, begun in found.items()}


def concepts(words: Sequence[str], file: str = CONCEPTS) -> list[str]:
    """Returns the concepts named by the words of a prepared text, sorted, each once."""
    return list(_named(" ".join(words), file))


@lru_cache(_RECENT)
def _named(text: str, file: str) -> tuple[str, ...]:
    phrases, start = _phrases(file), 0
    words, plain = text.split(" "), f"{strip_accents(text)} "
    found: set[str] = set()
    for at, word in enumerate(plain[:-1].split(" ")):
        for phrase in phrases.get(word, ()):
            if phrase.concept in found or (phrase.plain and not plain.startswith(phrase.plain, start)):
                continue
            if not phrase.written or phrase.fits(words, at):
                found.add(phrase.concept)
        start += len(word) + 1
    return tuple(sorted(found))


def concept_features(words: Sequence[str], file: str = CONCEPTS) -> list[str]:
    """Returns the features for the concepts of a message and, in a short one, for their pairs."""
    found = concepts(words, file)
    pairs = [f"K:{one} {other}" for one, other in combinations(found, 2)] if len(words) <= PAIRS_UP_TO_WORDS else []
    return [f"k:{concept}" for concept in found] + pairs
