"""Rasa graph components: one classifier over all intents and FAQ topics, one entity reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.classifier import Guess, IntentClassifier
from assistant.nlu.entities import entities_of
from assistant.nlu.fitting import train
from assistant.nlu.plain_labels import label_of
from assistant.nlu.reading import Reading, read
from assistant.reading.signals import OTHER, is_subject

FALLBACK = "nlu_fallback"
#: In which language a message is read, where it is not Vietnamese (assistant.nlu.english_components).
READ_IN = "read_in"
#: Where a second question of a long message stands in the parse data: {"name", "confidence"}.
SECOND = "second_intent"
#: The model's own threshold, and topic and probability of each sentence of a long message.
THRESHOLD, PIECES = "answered_from", "pieces"
#: Retrieval intents of topics: the FAQ, other social-insurance subjects.
_TOPICS = ("faq", "subject")
#: Retrieval intents that a person can only press, never type.
_PRESSED_ONLY = ("more", "source")
#: The intent of examples that teach facets and facts; no message has it.
PART_OF_READING = "part_of_reading"


def parse_data_for(label: str, confidence: float = 1.0, ranking: list[Guess] | None = None) -> dict[str, Any]:
    """Returns the intent part of Rasa's parse data for a full intent name such as `faq/hotline`."""
    base, _, key = label.partition("/")
    retrieval = [*_TOPICS, *_PRESSED_ONLY]
    selector: dict[str, Any] = {"all_retrieval_intents": retrieval}
    if key:
        retrieval += [base] if base not in retrieval else []
        selector[base] = {
            "response": {"intent_response_key": label, "utter_action": f"utter_{label}", "confidence": confidence},
            "ranking": [],
        }
    return {
        "intent": {"name": base, "confidence": confidence},
        "intent_ranking": [{"name": guess.label, "confidence": round(guess.confidence, 4)} for guess in ranking or []],
        "response_selector": selector,
    }


def _as_read(reading: Reading, threshold: float, ranked: int) -> tuple[str, float, list[Guess]]:
    """Returns label, confidence and ranking of what was read; what is less sure than `threshold` is not understood."""
    ranking = reading.ranking[:ranked]
    label, confidence = ranking[0].label, ranking[0].confidence
    if confidence < threshold:  # a subject, but which of them is not sure, or not understood
        together = sum(guess.confidence for guess in ranking if is_subject(guess.label))
        sure = is_subject(label) and together >= threshold
        label, confidence = (OTHER, together) if sure else (FALLBACK, confidence)
    return label, confidence, ranking


def set_topics(message: Message, reading: Reading, threshold: float, ranked: int) -> None:
    """Sets on a message what was read of its topics: the best with so many ranked, its clauses, a second question."""
    label, confidence, ranking = _as_read(reading, threshold, ranked)
    set_on(message, parse_data_for(label, confidence, ranking))
    message.set(THRESHOLD, threshold)
    message.set(PIECES, [(guess.label, guess.confidence) for guess in reading.pieces])
    if reading.second and label != FALLBACK:
        second = {"name": reading.second.label, "confidence": round(reading.second.confidence, 4)}
        message.set(SECOND, second, add_to_output=True)


def set_on(message: Message, data: dict[str, Any]) -> None:
    """Sets parse data on a message."""
    for key, value in data.items():
        message.set(key, value, add_to_output=True)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class VietnameseIntentClassifier(GraphComponent, RasaIntentClassifier):
    """Classifies at `faq/topic` level and says `nlu_fallback` below the threshold."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: IntentClassifier | None
    ) -> None:
        self._option = config["threshold"]
        self._ranked = int(config["ranked"])
        self._storage = storage
        self._resource = resource
        self.model = model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the options of config.yml (see parent class)."""
        return {"threshold": "auto", "ranked": 5}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> VietnameseIntentClassifier:
        """Creates an untrained component (see parent class)."""
        return cls(config, model_storage, resource, None)

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on all examples that have an intent, and persists the model."""
        examples = []
        for message in training_data.intent_examples:
            label = message.get_full_intent()
            if label.partition("/")[0] not in (*_PRESSED_ONLY, PART_OF_READING):
                examples.append((message.get(TEXT), label))
        self.model = train(examples)
        with self._storage.write_to(self._resource) as folder:
            self.model.save(Path(folder))
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> VietnameseIntentClassifier:
        """Reads a trained model (see parent class).

        Raises:
            ValueError: if the model holds no classifier; an untrained one is never served.
        """
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentClassifier.load(Path(folder)))

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets intent, ranking and response selector on each message."""
        if self.model is None:
            raise ValueError("the classifier is not trained")
        threshold = self.model.threshold if self._option == "auto" else float(self._option)
        for message in messages:
            if message.get(READ_IN):
                continue
            text = message.get(TEXT) or ""
            if (plain := label_of(text)) is not None:
                set_on(message, parse_data_for(plain.label, 1.0, [Guess(plain.label, 1.0)]) | plain.more)
                continue
            set_topics(message, read(self.model, text), threshold, self._ranked)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class IdentifierExtractor(GraphComponent, EntityExtractorMixin):
    """Finds codes, phones and e-mails; what a form asks for helps to tell them apart."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IdentifierExtractor:
        """Creates the component (see parent class)."""
        return cls()

    def process(self, messages: list[Message], tracker: DialogueStateTracker = None) -> list[Message]:  # type: ignore[assignment]  # Rasa compares the type literally
        """Adds the entities to each message."""
        requested = tracker.get_slot(REQUESTED_SLOT) if tracker and REQUESTED_SLOT in tracker.slots else None
        for message in messages:
            if message.get(INTENT) is None and message.get(TEXT) is None:
                continue
            entities = [
                {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end, "extractor": "identifiers"}
                for e in entities_of(message.get(TEXT) or "", requested)
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
