"""Turns a message into the features the linear classifier counts.

Three views of one text: words as normalised, words without accents, and character n-grams
without accents, which survive typing slips and missing spaces.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.nlu.text import clean, normalise, strip_accents
from assistant.privacy import identifiers, tokens

#: What stands in the text where an identifier stood. Letters that occur in no Vietnamese word.
PLACEHOLDERS: dict[identifiers.Kind, str] = {
    "bhxh_code": "zzcode",
    "phone_or_code": "zzten",
    "phone": "zzphone",
    "card": "zzcard",
    "cccd": "zzcccd",
    "cmnd": "zzcmnd",
    "email": "zzemail",
    "number": "zznumber",
    "secret": "zzsecret",
    "bank_card": "zzbank",
}
_UNKNOWN = "zznumber"
#: Longer messages are read up to here; the classifier's cost stays bounded.
MAX_WORDS = 160


def placeholders(text: str) -> str:
    """Returns `text` with tokens and raw identifiers replaced by placeholder words."""
    text = tokens.replace_tokens(clean(text), {k: f" {v} " for k, v in PLACEHOLDERS.items()}, f" {_UNKNOWN} ")
    pieces, position = [], 0
    for found in identifiers.find(text):
        pieces += [text[position : found.start], " ", PLACEHOLDERS[found.kind], " "]
        position = found.end
    return "".join([*pieces, text[position:]])


def prepared(text: str) -> str:
    """Returns the uniform text that both views are made of."""
    return " ".join(normalise(placeholders(text)).split()[:MAX_WORDS])


def _ngrams(words: list[str], prefix: str, longest: int) -> Iterator[str]:
    for size in range(1, longest + 1):
        for start in range(len(words) - size + 1):
            yield prefix + " ".join(words[start : start + size])


def features(text: str) -> Iterator[str]:
    """Yields the features of a prepared text, with repetitions."""
    words = text.split()
    plain = strip_accents(text).split()
    yield from _ngrams(words, "a:", 2)
    yield from _ngrams(plain, "p:", 3)
    for word in plain:
        padded = f" {word} "
        for size in (2, 3, 4, 5):
            for start in range(max(1, len(padded) - size + 1)):
                yield f"c:{padded[start : start + size]}"
    if not words:
        yield "empty"
    yield f"len:{min(len(words), 63).bit_length()}"
