"""What a language's texts are made of for a classifier: how they are made uniform, counted and varied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from assistant.nlu import english, features, noise


class Variants(Protocol):
    """Makes the variants of an example, itself among them."""

    def __call__(self, text: str, seed: int, in_frame: bool = False) -> Iterator[str]:
        """Yields them (see `assistant.nlu.noise.variants`)."""


class Views(NamedTuple):
    """`prepared` makes a raw text uniform; `apart` gives its features, and the words that are counted by letters."""

    prepared: Callable[[str], str]
    apart: Callable[[str], tuple[list[str], list[str]]]
    variants: Variants
    has_meanings: bool = False  # what its words mean is known (assistant/nlu/meanings.py)

    def features(self, text: str) -> list[str]:
        """Returns the features of a prepared text, with repetitions."""
        found, plain = self.apart(text)
        for word in plain:
            found += features.letters(word)
        return found


VIETNAMESE = Views(features.prepared, features.apart, noise.variants, has_meanings=True)
ENGLISH = Views(english.prepared, english.apart, english.variants)
