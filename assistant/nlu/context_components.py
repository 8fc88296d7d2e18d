"""Rasa graph components of a reading in context: facets and facts of a message, then what it means where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.core.trackers import AnySlotDict, DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.components import PIECES, READ_IN, THRESHOLD, parse_data_for
from assistant.nlu.concepts import CONCEPTS, CONCEPTS_EN, concepts
from assistant.nlu.features import plain_words
from assistant.nlu.heads import FacetAndFactModel
from assistant.nlu.learning_heads import Examples, train_heads
from assistant.nlu.learning_own_facets import examples_of, train_own_facets
from assistant.nlu.own_facets import OwnFacets
from assistant.nlu.sentences import questions
from assistant.nlu.sides import SideMap, side_map
from assistant.nlu.text import strip_accents
from assistant.nlu.views import ENGLISH, VIETNAMESE
from assistant.reading import state as tracked
from assistant.reading.decide import decide
from assistant.reading.model import DEFAULT, Asked, Decision, Raw, State, no_own_facet
from assistant.reading.signals import ELSEWHERE, OF_RULES, SMALL_TALK, best, is_topic, talked_about

_CARD = re.compile(r"\bthẻ\b(?! (?:ngân hàng|atm|tín dụng|cào|visa|ghi nợ|nạp|game))")
#: What the importer writes on training messages: a facet; facts; topic and facet of a wording of a topic's own.
FACET, FACTS, OWN = "facet", "facts", "own_facet"
#: What the importer writes on one message a topic: its name and the names of all its facets.
SIDES = "sides"
#: Set on messages that are read: the topics that may be asked in words of their own.
OWNERS = "own_facet_topics"
#: Set on messages that are read: what each part asks of a message that asks several sides in one breath.
PARTS = "asked_in_parts"
#: What a processed message carries: the decision in context, for the actions and the transcript.
READING = "reading"


def owners_of(own: OwnFacets | None) -> tuple[str, ...]:
    """Returns the topics that may be asked at any time; a situation of ours is asked about only while it lasts."""
    names = own.labels if own else ()
    return tuple(name for name in names if name.startswith("faq/") or name == "reset")


def set_sides(message: Message, model: FacetAndFactModel, own: OwnFacets, owners: Sequence[str]) -> None:
    """Sets on a message its facets and facts, and what finds a topic's own facet in it."""
    text = message.get(TEXT) or ""
    row = model.row(text)
    facets, facts = model.read(text, row)
    message.set(FACET, [(facet.label, facet.confidence) for facet in facets])
    message.set(FACTS, facts)
    message.set(OWN, own.asked_in(row))
    message.set(OWNERS, owners)
    message.set(PARTS, [_part(part, model, own) for part in questions(text)])


def _part(text: str, model: FacetAndFactModel, own: OwnFacets) -> Asked:
    """Returns which sides a part of a message asks."""
    row = model.row(text)
    likeliest = model.facet(row)
    return Asked(likeliest.label, likeliest.confidence, own.asked_in(row))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FacetAndFactClassifier(GraphComponent, RasaIntentClassifier):
    """Reads which side of a topic is asked and what is told of a person's situation."""

    def __init__(
        self,
        storage: ModelStorage,
        resource: Resource,
        model: FacetAndFactModel | None = None,
        own: OwnFacets | None = None,
        sides: SideMap | None = None,
    ) -> None:
        self._storage = storage
        self._resource = resource
        self.model = model
        self.own = own
        self.sides = sides
        self._owners = owners_of(own)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FacetAndFactClassifier:
        """Creates an untrained component (see parent class)."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Trains both heads and the machines of topics' own facets; without examples there is no model."""
        examples, wordings = examples_in(training_data)
        if examples.facets and any(facts for _, facts in examples.facts):
            self.model, counts = train_heads(examples)
            asked = [text for text, facet in examples.facets if facet not in OF_RULES]
            others = [*asked, *(text for text, _ in examples.facts), *_foreign(training_data)]
            self.own = train_own_facets(wordings, counts, others, self.model.vectors)
            self.sides = _sides_in(training_data, wordings)
            with self._storage.write_to(self._resource) as folder:
                self.model.save(Path(folder))
                self.own.save(Path(folder))
                self.sides.save(Path(folder))
        else:
            with self._storage.write_to(self._resource):
                pass
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FacetAndFactClassifier:
        """Reads a trained model (see parent class); content without facets has none."""
        with model_storage.read_from(resource) as folder:
            if not (Path(folder) / "heads.json").exists():
                return cls(model_storage, resource)
            return cls(
                model_storage,
                resource,
                FacetAndFactModel.load(Path(folder)),
                OwnFacets.load(Path(folder)),
                SideMap.load(Path(folder)),
            )

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets facets and facts on each message, and what finds a topic's own facet in it."""
        if self.model is None or self.own is None:
            return messages
        for message in messages:
            if message.get(READ_IN):
                continue
            set_sides(message, self.model, self.own, self._owners)
            message.set(SIDES, self.sides)
        return messages


def _foreign(training_data: TrainingData) -> list[str]:
    """Returns the examples of what is no question about our topics: they ask for no side of any."""
    return [m.get(TEXT) for m in training_data.nlu_examples if m.get(INTENT) in ("out_of_scope", "complain", "greet")]


def _sides_in(training_data: TrainingData, wordings: Sequence[tuple[str, str, str]]) -> SideMap:
    """Returns the map of what can be asked: facets by name, and what the words for each are about."""
    examples = training_data.nlu_examples
    facets = dict(message.get(SIDES) for message in examples if message.get(SIDES))
    asked = [(message.get(TEXT), talked_about(message.get_full_intent() or "")) for message in examples]
    return side_map(facets, asked, wordings)


def examples_in(training_data: TrainingData) -> tuple[Examples, list[tuple[str, str, str]]]:
    """Returns what the heads learn from, and the wordings of topics' own facets as (topic, facet, wording)."""
    facets, facts, wordings = [], [], []
    for message in training_data.nlu_examples:
        text = message.get(TEXT)
        if (facet := message.get(FACET)) is not None:
            facets.append((text, facet))
        if (told := message.get(FACTS)) is not None:
            facts.append((text, frozenset(told)))
        if (own := message.get(OWN)) is not None:
            topic, _, name = own.rpartition("#")
            wordings.append((topic, name, text))
    return Examples(facets, facts, examples_of([text for _, _, text in wordings])), wordings


def raw_of(message: Message) -> Raw:
    """Returns a message as it is read by itself."""
    text = message.get(TEXT) or ""
    language = message.get(READ_IN) or DEFAULT
    english = language != DEFAULT
    written = (ENGLISH if english else VIETNAMESE).prepared(text)
    words = plain_words(written)
    return Raw(
        text=text,
        ranking=[(guess["name"], guess["confidence"]) for guess in message.get("intent_ranking") or []],
        facets=message.get(FACET) or [],
        own=message.get(OWN) or no_own_facet,
        owners=message.get(OWNERS) or (),
        facts=message.get(FACTS) or {},
        entities=tuple(entity["entity"] for entity in message.get(ENTITIES) or []),
        subjects=frozenset(concepts(written.split(), CONCEPTS_EN if english else CONCEPTS)) | _written(text),
        plain=" ".join(words),
        typed=strip_accents(text.lower()),
        words=len(words),
        threshold=float(message.get(THRESHOLD) or 0.45),
        pieces=message.get(PIECES) or [],
        parts=message.get(PARTS) or (),
        sides=message.get(SIDES),
        language=language,
    )


def _written(text: str) -> frozenset[str]:
    """Returns what only its accents name: without them "thẻ" is "thế", and "thể"."""
    return frozenset({"card"}) if _CARD.search(text.lower()) else frozenset()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ContextReader(GraphComponent, RasaIntentClassifier):
    """Reads a message against what is talked about and what is open, and says which rule of the dialogue it meets."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ContextReader:
        """Creates the component (see parent class)."""
        return cls()

    def process(self, messages: list[Message], tracker: DialogueStateTracker = None) -> list[Message]:  # type: ignore[assignment]  # Rasa compares the type literally
        """Writes the decision over the raw intent; without a conversation the raw reading stays.

        Where none is given, Rasa hands over a tracker that knows no domain: any slot is there.
        """
        for message in messages:
            if not (message.get(TEXT) or "").strip() or message.get(INTENT) is None:
                continue
            raw = raw_of(message)
            message.set("reading_raw", {"facets": raw.facets[:3], "facts": _likely(raw)}, add_to_output=True)
            if tracker is None or isinstance(tracker.slots, AnySlotDict) or _is_settled(raw):
                continue
            state = tracked.state_of(tracker)
            self._write(message, decide(raw, state), state)
        return messages

    @staticmethod
    def _write(message: Message, decision: Decision, state: State) -> None:
        ranking = message.get("intent_ranking") or []
        for key, value in parse_data_for(decision.label, decision.confidence).items():
            message.set(key, value, add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        message.set(READING, decision.as_dict(state), add_to_output=True)


def _is_settled(raw: Raw) -> bool:
    """Tells whether the kind of text alone decided (marks, noise, another script): no context changes that."""
    label, confidence = best(raw)
    return confidence == 1.0 and label not in SMALL_TALK and not is_topic(label) and label not in ELSEWHERE


def _likely(raw: Raw) -> dict[str, float]:
    return {fact: round(value, 3) for fact, value in raw.facts.items() if value >= 0.3}
