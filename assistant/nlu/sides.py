"""The sides of topics as a model knows them: which there are, and which concepts words for them name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assistant.nlu.concepts import concepts
from assistant.nlu.features import prepared
from assistant.nlu.text import strip_accents

_FILE = "sides.json"
#: Under this name stands what all words of a topic name.
ALL = "*"
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
    words: dict[str, dict[str, list[str]]] = {topic: {ALL: []} for topic in facets}
    given = [*((topic, "", text) for text, topic in examples), *wordings]
    for topic, facet, text in given:
        if topic in words:
            words[topic].setdefault(facet, []).append(text)
            words[topic][ALL].append(text)
    shares = {
        topic: {facet: _shares(texts) for facet, texts in sides.items() if texts} for topic, sides in words.items()
    }
    return SideMap(facets, shares)


def _shares(texts: Sequence[str]) -> Shares:
    """Returns in which share of the texts each concept is named."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(concepts([strip_accents(word) for word in prepared(text).split()]))
    return {name: round(count / len(texts), 3) for name, count in sorted(counts.items())}
