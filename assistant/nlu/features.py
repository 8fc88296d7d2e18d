"""Turns a message into the features the linear classifier counts.

Four views of one text: words as normalised, words without accents, character n-grams without
accents, which survive typing slips, and the concepts that its words name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant import identifiers
from assistant.identifiers import tokens
from assistant.nlu.concepts import concept_features
from assistant.nlu.text import clean, normalise, strip_accents

#: What stands in the text where an identifier stood. Letters that occur in no Vietnamese word.
PLACEHOLDERS: dict[identifiers.Kind, str] = {
    "bhxh_code": "zzcode",
    "phone_or_code": "zzten",
    "phone": "zzphone",
    "card": "zzcard",
    "cccd": "zzcccd",
    "cmnd": "zzcmnd",
    "email": "zzemail",
    "email_part": "zzemail",
    "number": "zznumber",
    "reference": "zznumber",
    "secret": "zzsecret",
    "bank_card": "zzbank",
}
_UNKNOWN = "zznumber"
#: Longer messages are read up to here; the classifier's cost stays bounded.
MAX_WORDS = 160
#: What one reader of a message works out the next ones ask for, too: so many texts are remembered for it.
RECENT = 32
#: Sizes of the n-grams, chosen by measurement (docs/understanding.md).
WORDS, PLAIN_WORDS, LETTERS = 2, 3, (2, 3, 4)


@lru_cache(RECENT)
def identifiers_in(text: str) -> tuple[identifiers.Identifier, ...]:
    """Returns the identifiers in `text` (see `identifiers.find`)."""
    return tuple(identifiers.find(text))


@lru_cache(RECENT)
def placeholders(text: str) -> str:
    """Returns `text` with tokens and raw identifiers replaced by placeholder words."""
    text = tokens.replace_tokens(clean(text), {k: f" {v} " for k, v in PLACEHOLDERS.items()}, f" {_UNKNOWN} ")
    pieces, position = [], 0
    for found in identifiers_in(text):
        pieces += [text[position : found.start], " ", PLACEHOLDERS.get(found.kind, _UNKNOWN), " "]
        position = found.end
    return "".join([*pieces, text[position:]])


#: "Không phải, ý em là …", "à không, tôi hỏi là …": what follows is what is asked.
_CORRECTS = re.compile(
    r"(?:(?:da|a|ua|o|khong|hong|khong phai|hong phai|chua dung|sai roi|nham roi)[\s,.]+)*"
    r"y (?:cua )?(?:em|minh|toi|tui|anh|chi|bac|con|chau|co|chu)"
    r" (?:la hoi|la|muon hoi|hoi|noi)(?: la)? (?=\S+ \S+ \S+)"
)


@lru_cache(RECENT)
def prepared(text: str) -> str:
    """Returns the uniform text that all views are made of, without the words that only set another one right."""
    uniform = " ".join(normalise(placeholders(text)).split()[:MAX_WORDS])
    corrects = _CORRECTS.match(" ".join(map(_plain, uniform.split())))
    return uniform[corrects.end() :] if corrects else uniform


def _ngrams(words: list[str], prefix: str, longest: int) -> list[str]:
    found = [prefix + word for word in words]
    for size in range(2, longest + 1):
        found += [prefix + " ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
    return found


@lru_cache(maxsize=20_000)
def _plain(word: str) -> str:
    return strip_accents(word)


def plain_words(text: str) -> list[str]:
    """Returns the words of a prepared text without accents."""
    return [_plain(word) for word in text.split()]


@lru_cache(maxsize=20_000)
def letters(word: str) -> tuple[str, ...]:
    """Returns the letter n-grams of a word without accents."""
    padded = f" {word} "
    return tuple(f"c:{padded[i : i + size]}" for size in LETTERS for i in range(max(1, len(padded) - size + 1)))


def apart(text: str) -> tuple[list[str], list[str]]:
    """Returns the features of a prepared text but for those of `letters`, and the words that these are made of."""
    words = text.split()
    plain = [_plain(word) for word in words]
    found = _ngrams(words, "a:", WORDS) + _ngrams(plain, "p:", PLAIN_WORDS) + concept_features(words)
    if not words:
        found.append("empty")
    found.append(f"len:{min(len(words), 63).bit_length()}")
    return found, plain
