"""Which questions are asked alike elsewhere: cosine of letter groups over the classifier's uniform text."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.content.examples import Example, read_examples
from assistant.content.topics import topic_files
from assistant.nlu.features import prepared
from assistant.nlu.text import strip_accents

logger = logging.getLogger(__name__)
#: Letter groups within words, sizes as the classifier's.
_SIZES = (2, 4)
ALIKE = 0.62
#: What is kept of a text that was compared: the best example of so many intents, none fainter.
_INTENTS, _FAINTEST = 6, 0.3
_MOST_KNOWN = 20_000


@lru_cache(maxsize=20_000)
def uniform(text: str) -> str:
    """Returns a text as the comparison reads it: no accents, no shorthand, identifiers as one word each."""
    return strip_accents(prepared(text))


def vectorizer() -> Any:
    """Returns what turns uniform texts into vectors of length 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=_SIZES, sublinear_tf=True, dtype=np.float32)


def _joined(parts: Sequence[Any], kind: Any) -> Any:
    return np.concatenate(parts) if parts else np.array([], kind)


@dataclass(frozen=True)
class Match:
    """A text and the most similar example elsewhere; `same` where they are one once made uniform."""

    text: str
    example: Example
    score: float
    same: bool


class Groups:
    """The letter groups of texts by number, for one index after the other: a text that stays is not read again."""

    def __init__(self) -> None:
        self._groups_of = vectorizer().build_analyzer()
        self._numbers: dict[str, int] = {}
        self._read: dict[str, tuple[Any, Any]] = {}

    def keep(self, keys: Sequence[str]) -> list[tuple[Any, Any]]:
        """Returns the groups of each text, and how often each stands there; remembers them, and no others."""
        known = self._read
        self._read = {key: known.get(key) or self._count(key) for key in keys}
        return [self._read[key] for key in keys]

    def _count(self, key: str) -> tuple[Any, Any]:
        counts = Counter(self._groups_of(key))
        numbers = [self._numbers.setdefault(group, len(self._numbers)) for group in counts]
        return np.array(numbers, np.int32), np.array([*counts.values()], np.float32)

    def of(self, key: str, known: Any) -> tuple[Any, Any]:
        """Returns those groups of any text that are `known`, by their numbers, and how often each stands there."""
        counts = Counter(self._groups_of(key))
        found = [(number, times) for group, times in counts.items() if (number := self._numbers.get(group)) is not None]
        found = [(number, times) for number, times in found if number < len(known) and known[number]]
        return np.array([n for n, _ in found], np.int32), np.array([times for _, times in found], np.float32)

    @property
    def number(self) -> int:
        """How many groups there have been."""
        return len(self._numbers)


class Index:
    """The examples of all topics and intents, ready to be compared with."""

    def __init__(self, examples: Sequence[Example], groups: Groups | None = None) -> None:
        """Makes rows of length 1, as `vectorizer` does; `groups` are those of the index before."""
        self._examples = examples
        self._keys = [uniform(example.text) for example in examples]
        self._groups = groups or Groups()
        read = self._groups.keep(self._keys)
        holders = np.bincount(_joined([numbers for numbers, _ in read], np.int32), minlength=self._groups.number)
        self._held = holders > 0
        self._weights = (np.log((1 + len(examples)) / (1 + holders)) + 1).astype(np.float32)
        self._rows = self._as_rows(read) if examples else None
        self._known: dict[str, tuple[Match, ...]] = {}

    def _as_rows(self, read: Sequence[tuple[Any, Any]]) -> Any:
        from scipy.sparse import csr_matrix

        lengths = [len(numbers) for numbers, _ in read]
        places = _joined([numbers for numbers, _ in read], np.int32)
        values = (1 + np.log(_joined([times for _, times in read], np.float32))) * self._weights[places]
        of = np.repeat(np.arange(len(read)), lengths)
        norms = np.sqrt(np.bincount(of, weights=values * values, minlength=len(read)))[of].astype(np.float32)
        starts = np.concatenate(([0], np.cumsum(lengths)))
        return csr_matrix((values / norms, places, starts), shape=(len(read), len(self._weights)))

    def similar(self, texts: Sequence[str], but: Collection[str] = (), least: float = ALIKE) -> list[Match]:
        """Returns for each text its most similar example of other intents, where it is similar enough.

        Args:
            texts: what is asked.
            but: intents that are left out, the texts' own.
            least: the smallest cosine that counts.
        """
        return [best[0] for best in self.nearest(texts, but, 1, least) if best]

    def nearest(
        self, texts: Sequence[str], but: Collection[str] = (), most: int = 3, least: float = 0.3
    ) -> list[list[Match]]:
        """Returns for each text its most similar examples, one an intent, best first."""
        self._learn([text for text in dict.fromkeys(texts) if text not in self._known])
        found = (self._known.get(text, ()) for text in texts)
        return [
            [match for match in matches if match.example.intent not in but and match.score >= least][:most]
            for matches in found
        ]

    def _learn(self, texts: Sequence[str]) -> None:
        """Works out what texts are like; the same text is asked about at every key that somebody presses."""
        if self._rows is None or not texts:
            return
        if len(self._known) > _MOST_KNOWN:
            self._known = {}
        keys = [uniform(text) for text in texts]
        asked = self._as_rows([self._groups.of(key, self._held) for key in keys])
        scores = (asked @ self._rows.T).tocsr()
        scores.sort_indices()
        for number, text in enumerate(texts):
            row = slice(scores.indptr[number], scores.indptr[number + 1])
            self._known[text] = tuple(self._best(text, keys[number], scores.indices[row], scores.data[row]))

    def _best(self, text: str, key: str, places: Any, values: Any) -> Iterator[Match]:
        strong = values >= _FAINTEST
        places, values, seen = places[strong], values[strong], set()
        for at in np.argsort(-values, kind="stable"):
            example = self._examples[places[at]]
            if example.intent not in seen:
                seen.add(example.intent)
                yield Match(text, example, float(values[at]), key == self._keys[places[at]])
                if len(seen) == _INTENTS:
                    return


class LiveIndex:
    """The index of a content folder, made anew in the background when the content has changed."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._groups = Groups()
        self._index: Index | None = None
        self._state: object = None
        self._lock = threading.Lock()
        self._making: threading.Thread | None = None

    def get(self, wait: float = 0.0) -> Index | None:
        """Returns the newest index there is; None while the first one is being made.

        Args:
            wait: how many seconds to wait for one that fits the present content.
        """
        with self._lock:
            state = self._files()
            if state != self._state and self._making is None:
                self._making = threading.Thread(target=self._make, args=(state,), name="likeness", daemon=True)
                self._making.start()
            making = self._making
        if making is not None and wait:
            making.join(wait)
        return self._index

    def _files(self) -> object:
        paths = [*topic_files(self._data), *self._data.glob("dialogue/*.yml")]
        return frozenset((path.name, path.stat().st_mtime_ns) for path in paths)

    def _make(self, state: object) -> None:
        try:
            self._index = Index(read_examples(self._data), self._groups)
        except Exception as error:  # noqa: BLE001 - a file that cannot be read; the check says which
            logger.warning("likeness: %s", type(error).__name__)
        finally:
            with self._lock:
                self._state, self._making = state, None
