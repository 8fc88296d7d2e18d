"""The sides of topics as a model knows them: which there are, and which concepts words for them name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assistant.nlu import processes
from assistant.nlu.concepts import concepts
from assistant.nlu.features import prepared

_FILE = "sides.json"
#: Under this name stands what all words of a topic name.
ALL = "*"
#: So many texts are read by a process at a time.
_SLICE = 2_000
Shares = dict[str, float]


class SideMap:
    """What topics there are, which sides they have, and what words for them are about (reading.model.Sides)."""

    def __init__(self, facets: Mapping[str, Sequence[str]], shares: Mapping[str, Mapping[str, Shares]]) -> None:
        self._facets = {topic: frozenset(names) for topic, names in facets.items()}
        self._shares = shares

    def knows(self, topic: str) -> bool:
        """Tells whether there is such a topic or situation."""
        return topic in self._facets

    def has(self, topic: str, facet: str) -> bool:
        """Tells whether a topic answers a facet in words of its own."""
        return facet in self._facets.get(topic, ())

    def concepts(self, topic: str, facet: str) -> Shares:
        """Returns in which share of the words for a side each concept is named; without words, of its topic."""
        known = self._shares.get(topic, {})
        return known.get(facet) or known.get("") or known.get(ALL) or {}

    def save(self, folder: Path) -> None:
        """Writes it into `folder`."""
        head = {"facets": {topic: sorted(names) for topic, names in self._facets.items()}, "shares": self._shares}
        (folder / _FILE).write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> SideMap:
        """Reads what `save` wrote.

        Raises:
            OSError: if the file is missing.
        """
        head = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(head["facets"], head["shares"])


def side_map(
    facets: Mapping[str, Sequence[str]],
    examples: Iterable[tuple[str, str]],
    wordings: Iterable[tuple[str, str, str]],
) -> SideMap:
    """Returns the map of topics with their facets, from examples (text, topic) and wordings (topic, facet, text)."""
    given = [*((topic, "", text) for text, topic in examples if topic in facets), *wordings]
    texts = [text for _, _, text in given]
    named: dict[str, dict[str, list[list[str]]]] = {topic: {ALL: []} for topic in facets}
    for (topic, facet, _), found in zip(given, _concepts_of(texts), strict=True):
        if topic in named:
            named[topic].setdefault(facet, []).append(found)
            named[topic][ALL].append(found)
    shares = {
        topic: {facet: _shares(found) for facet, found in sides.items() if found} for topic, sides in named.items()
    }
    return SideMap(facets, shares)


def _concepts_of(texts: Sequence[str]) -> list[list[str]]:
    """Returns the concepts that each text names."""
    slices = [slice(begin, begin + _SLICE) for begin in range(0, len(texts), _SLICE)]
    return [found for part in processes.each(_named, texts, slices) for found in part]


def _named(texts: Sequence[str], some: slice) -> list[list[str]]:
    return [concepts(prepared(text).split()) for text in texts[some]]


def _shares(named: Sequence[Sequence[str]]) -> Shares:
    """Returns in which share of the texts each concept is named."""
    counts = Counter(name for found in named for name in found)
    return {name: round(count / len(named), 3) for name, count in sorted(counts.items())}
