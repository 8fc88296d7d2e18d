"""Counts the features of many texts, on all processors: what training begins with."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from assistant.nlu import processes
from assistant.nlu.features import letters
from assistant.nlu.views import VIETNAMESE, Views

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Numbers = npt.NDArray[np.int64]
#: Fewer examples than this are counted sooner than a process starts.
_WORTH_A_PROCESS = 500


class Example(NamedTuple):
    """A text as written; its variants come from the seed, also amid greetings where it stays the same."""

    text: str
    seed: int
    in_frame: bool = False
    most: int | None = None  # so many variants, the text itself among them; those with slips come last


@dataclass(frozen=True)
class Counts:
    """How often each feature occurs in each text.

    `table`: (texts x features, float32), its columns named by `names`. `sources`: (texts), which of the given
    examples each text is or is a variant of.
    """

    names: list[str]
    table: csr_matrix
    sources: Numbers

    def of(self, texts: npt.NDArray[np.generic]) -> Counts:
        """Returns the counts of some of the texts (their numbers, or a mask)."""
        return Counts(self.names, self.table[texts], self.sources[texts])

    def after(self, examples: int) -> Counts:
        """Returns the counts of all but the first examples, numbered from 0 again."""
        others = self.of(self.sources >= examples)
        return Counts(others.names, others.table, others.sources - examples)


class _Part(NamedTuple):
    """Texts' places in the names, their counts, where each text begins, which example each is of, the names."""

    places: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]
    begins: npt.NDArray[np.int32]
    sources: Numbers
    names: list[str]


def count_variants(examples: Sequence[Example], views: Views = VIETNAMESE) -> Counts:
    """Makes the variants of each example and counts their features; variants that read the same are one."""
    numbered = list(enumerate(examples))
    return _joined(processes.each(_counted, (numbered, views), _slices(len(numbered))))


def _slices(examples: int) -> list[slice]:
    size = max(_WORTH_A_PROCESS, examples // 8)
    return [slice(begin, begin + size) for begin in range(0, examples, size)]


def count_texts(texts: Iterable[str], views: Views = VIETNAMESE) -> Counts:
    """Counts the features of texts as they are."""
    return _joined([_table(((position, views.prepared(text)) for position, text in enumerate(texts)), views)])


def _counted(given: tuple[Sequence[tuple[int, Example]], Views], some: slice) -> _Part:
    examples, views = given
    return _table(_variants(examples[some], views), views)


def _variants(examples: Iterable[tuple[int, Example]], views: Views) -> Iterator[tuple[int, str]]:
    for position, (text, seed, in_frame, most) in examples:
        made = islice(views.variants(text, seed, in_frame=in_frame), most)
        for variant in dict.fromkeys(views.prepared(v) for v in made):
            yield position, variant


def _table(texts: Iterable[tuple[int, str]], views: Views) -> _Part:
    index: dict[str, int] = {}
    of_letters: dict[str, list[int]] = {}  # a word's letters are looked up once
    places, counts = array("i"), array("f")
    begins, sources = [0], []
    for position, text in texts:
        names, words = views.apart(text)
        found = [index.setdefault(name, len(index)) for name in names]
        for word in words:
            if word not in of_letters:
                of_letters[word] = [index.setdefault(name, len(index)) for name in letters(word)]
            found += of_letters[word]
        counted = Counter(found)
        places.extend(counted)
        counts.extend(counted.values())
        begins.append(len(places))
        sources.append(position)
    return _Part(
        np.frombuffer(places, np.int32), np.frombuffer(counts, np.float32), np.array(begins, np.int32),
        np.array(sources, np.int64), list(index),
    )  # fmt: skip


def _joined(parts: Sequence[_Part]) -> Counts:
    from scipy.sparse import csr_matrix, vstack

    index: dict[str, int] = {}
    for part in parts:
        for name in part.names:
            index.setdefault(name, len(index))
    tables = []
    for part in parts:
        columns = np.array([index[name] for name in part.names], np.int32)[part.places]
        tables.append(csr_matrix((part.counts, columns, part.begins), shape=(len(part.sources), len(index))))
    return Counts(list(index), vstack(tables, format="csr"), np.concatenate([part.sources for part in parts]))
