"""Compares examples lightly, and copies none, while training data are put together.

Rasa merges the examples a dozen times, and each time copies all of them deeply and compares them by a digest of
digests of their parts: half a minute for ours. What is merged is not used by itself any more, so it is not copied.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.nlu.training_data.util import check_duplicate_synonym


def _hash(self: Message) -> int:
    """Returns the hash of the text alone: what is equal has the same text."""
    return hash(self.data.get(TEXT))


def _equal(self: Message, other: object) -> bool:
    """Tells whether both say the same; as Rasa does, by what they hold."""
    if not isinstance(other, Message):
        return False
    if self.features or other.features:
        return bool(self.fingerprint() == other.fingerprint())
    return bool(self.data == other.data)


def _copy(self: Message, memo: dict[int, Any]) -> Message:
    """Returns a copy that shares no list or mapping with the original; texts need no copy."""
    made = Message.__new__(Message)
    memo[id(self)] = made
    made.__dict__.update(self.__dict__)
    made.data = {name: value if isinstance(value, str) else deepcopy(value, memo) for name, value in self.data.items()}
    made.features = deepcopy(self.features, memo) if self.features else []
    made.output_properties = set(self.output_properties)
    return made


def _merge(self: TrainingData, *others: TrainingData | None) -> TrainingData:
    """Returns the data of all, as Rasa does, but with the same examples instead of copies."""
    parts = [self, *(other for other in others if other)]
    synonyms = dict(self.entity_synonyms)
    for other in parts[1:]:
        for text, synonym in other.entity_synonyms.items():
            check_duplicate_synonym(synonyms, text, synonym, "merging training data")
        synonyms |= other.entity_synonyms
    with_examples = [part.training_examples for part in parts if part.training_examples]
    merged = TrainingData(
        [example for part in with_examples for example in part] if len(with_examples) > 1 else [],
        synonyms,
        [feature for part in parts for feature in part.regex_features],
        [table for part in parts for table in part.lookup_tables],
        {name: given for part in parts for name, given in part.responses.items()},
    )
    if len(with_examples) == 1:  # none of them can be doubled
        merged.training_examples = [*with_examples[0]]
    return merged


def install() -> None:
    """Puts the replacements in place; for processes that train or check."""
    Message.__hash__ = _hash
    Message.__eq__ = _equal
    Message.__deepcopy__ = _copy
    TrainingData.merge = _merge
