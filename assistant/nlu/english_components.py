"""Rasa graph component that finds a message's language, and reads what is English by machines of its own.

English examples come to it apart (`EXAMPLE`), so nothing of them moves how Vietnamese is read. What it reads it writes
where the Vietnamese components wrote theirs, so that the context is the same for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.core.trackers import AnySlotDict, DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.classifier import Guess, IntentClassifier
from assistant.nlu.components import READ_IN, parse_data_for, set_on, set_topics
from assistant.nlu.context_components import SIDES, owners_of, set_sides
from assistant.nlu.fitting import train
from assistant.nlu.heads import FacetAndFactModel
from assistant.nlu.languages import is_said_for_good, language_of, wished, wished_beside
from assistant.nlu.learning_heads import Examples, train_heads
from assistant.nlu.learning_own_facets import examples_of, train_own_facets
from assistant.nlu.own_facets import OwnFacets
from assistant.nlu.plain_labels import label_of
from assistant.nlu.reading import read
from assistant.nlu.sides import SideMap
from assistant.nlu.views import ENGLISH
from assistant.reading.model import DEFAULT
from assistant.reading.state import LANGUAGE

#: What the importer writes on an English example: what it teaches (intent, facet, facts, own, sides), and the name.
EXAMPLE = "english"
#: Before its text, which may be a Vietnamese example, too ("ok", "thank you"); Rasa wants no text under two intents.
MARK = "#en "
#: In which language the conversation goes on, where a message says so.
SPOKEN = "spoken"
#: What somebody means who asks for a language.
SWITCH = {"en": "switch_to_english", "vi": "switch_to_vietnamese"}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EnglishReader(GraphComponent, RasaIntentClassifier):
    """Finds the language of a message; reads topic, facet and facts of an English one."""

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        topics: IntentClassifier | None = None,
        heads: FacetAndFactModel | None = None,
        own: OwnFacets | None = None,
        sides: SideMap | None = None,
    ) -> None:
        self._ranked = int(config["ranked"])
        self._storage = storage
        self._resource = resource
        self.topics = topics
        self.heads = heads
        self.own = own
        self.sides = sides
        self._owners = owners_of(own)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the options of config.yml (see parent class)."""
        return {"ranked": 5}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EnglishReader:
        """Creates an untrained component (see parent class)."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on the English examples; content without them has no model, and is read as Vietnamese."""
        given = [
            (message.get(TEXT).removeprefix(MARK), *message.get(EXAMPLE))
            for message in training_data.nlu_examples
            if message.get(EXAMPLE) is not None
        ]
        topics = [(text, name) for text, part, name in given if part == "intent"]
        with self._storage.write_to(self._resource) as folder:
            if len({label for _, label in topics}) > 1:
                self.topics = train(topics, views=ENGLISH)
                self.topics.save(Path(folder) / "topics")
                self._train_parts(given, [text for text, _ in topics])
                if self.heads and self.own:
                    self.heads.save(Path(folder) / "parts")
                    self.own.save(Path(folder) / "parts")
                    self._known_sides(given).save(Path(folder) / "parts")
        return self._resource

    @staticmethod
    def _known_sides(given: Sequence[tuple[str, str, Any]]) -> SideMap:
        """Returns which sides topics have in English; what words for them are about nobody asks there."""
        return SideMap({name[0]: name[1:] for _, part, name in given if part == "sides"}, {})

    def _train_parts(self, given: Sequence[tuple[str, str, Any]], asked: Sequence[str]) -> None:
        facets = [(text, name) for text, part, name in given if part == "facet"]
        facts = [(text, frozenset(names)) for text, part, names in given if part == "facts"]
        own = [(*name.rsplit("#", 1), text) for text, part, name in given if part == "own"]
        if len({name for _, name in facets}) < 2 or not any(names for _, names in facts):
            return
        examples = Examples(facets, facts, examples_of([text for _, _, text in own]))
        self.heads, counts = train_heads(examples, views=ENGLISH)
        others = [*(text for text, _ in facets), *(text for text, _ in facts), *asked]
        self.own = train_own_facets(own, counts, others, self.heads.vectors)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EnglishReader:
        """Reads a trained model (see parent class); content without English examples has none."""
        with model_storage.read_from(resource) as folder:
            topics, parts = Path(folder) / "topics", Path(folder) / "parts"
            if not topics.is_dir():
                return cls(config, model_storage, resource)
            found = IntentClassifier.load(topics, ENGLISH)
            if not parts.is_dir():
                return cls(config, model_storage, resource, found)
            heads = FacetAndFactModel.load(parts, ENGLISH)
            return cls(config, model_storage, resource, found, heads, OwnFacets.load(parts), SideMap.load(parts))

    def process(self, messages: list[Message], tracker: DialogueStateTracker = None) -> list[Message]:  # type: ignore[assignment]  # Rasa compares the type literally
        """Sets the language of each message, and what is read of an English one."""
        spoken = _spoken(tracker)
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.strip() or self.topics is None:
                continue
            written, wish = language_of(text), wished(text)
            if wish is not None:
                message.set(READ_IN, wish)
                message.set(SPOKEN, wish, add_to_output=True)
                set_on(message, parse_data_for(SWITCH[wish], 1.0, [Guess(SWITCH[wish], 1.0)]))
                continue
            if (beside := wished_beside(text)) is not None:  # the rest is read as it is written
                wish, rest = beside
                written = language_of(rest)
                message.set(SPOKEN, wish, add_to_output=True)
            elif written and written != spoken and (written != DEFAULT or is_said_for_good(text)):
                message.set(SPOKEN, written, add_to_output=True)
            if (written or spoken) != DEFAULT and label_of(text) is None:
                message.set(READ_IN, written or spoken)
                set_topics(message, read(self.topics, text), self.topics.threshold, self._ranked)
                if self.heads is not None and self.own is not None:
                    set_sides(message, self.heads, self.own, self._owners)
                    message.set(SIDES, self.sides)
        return messages


def _spoken(tracker: DialogueStateTracker | None) -> str:
    """Returns the language of a conversation; of a message by itself the default."""
    if tracker is None or isinstance(tracker.slots, AnySlotDict) or LANGUAGE not in tracker.slots:
        return DEFAULT
    return str(tracker.get_slot(LANGUAGE) or DEFAULT)
