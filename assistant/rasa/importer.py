"""Gives Rasa our content: data/faq/*.yml become examples and responses of the intent `faq`, data/subjects of `subject`.

Named in config.yml, so Rasa's own command line sees the same data. Everything that is already
in Rasa's formats (data/dialogue, data/rules, data/stories) is read by Rasa itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.importers.utils import story_graph_from_paths
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.content.reading_examples import read_english_dialogue, read_reading
from assistant.content.responses import BUTTON, MORE, SOURCE, button_titles, content_responses, responses_of
from assistant.content.situations import read_situations
from assistant.content.topics import SUBJECT, Topic, all_topics
from assistant.nlu.components import PART_OF_READING
from assistant.nlu.context_components import FACET, FACTS, OWN, SIDES
from assistant.nlu.english_components import EXAMPLE, MARK
from assistant.rasa.story_steps import slots_for, with_room

__all__ = ["ContentImporter", "button_titles", "responses_of"]


def _reading_messages(folder: Path, topics: Sequence[Topic]) -> list[Message]:
    """Returns the examples of facets and facts, the wordings of a topic's own facets, and the names of all."""
    examples = read_reading(folder / "reading")
    facets = {topic.intent: topic.facets for topic in topics}
    facets |= {name: found.facets for name, found in read_situations(folder / "situations").items()}
    own = [(topic, facet) for topic, found in facets.items() for facet in found.values()]
    return [
        *(_example(f"{BUTTON}{topic}", SIDES, (topic, list(found))) for topic, found in facets.items()),
        *(_example(text, FACET, facet) for text, facet in examples.facets),
        *(_example(text, FACTS, sorted(facts)) for text, facts in examples.facts),
        *(_example(text, OWN, f"{topic}#{facet.name}") for topic, facet in own for text in facet.asked),
    ]


def _english_messages(folder: Path, topics: Sequence[Topic]) -> list[Message]:
    """Returns the English examples, apart from all others: of topics, of talk, of facets and facts, of own facets."""
    examples = read_reading(folder / "reading", english=True)
    told = [(topic.intent, topic.en) for topic in topics]
    told += [(name, found.en) for name, found in read_situations(folder / "situations").items()]
    parts = [(name, en) for name, en in told if en is not None]
    given: list[tuple[str, str, Any]] = [(text, "intent", name) for name, text in read_english_dialogue(folder)]
    given += [(text, "intent", topic) for topic, en in parts for text in en.questions]
    given += [(text, "facet", facet) for text, facet in examples.facets]
    given += [
        (text, "own", f"{topic}#{facet.name}")
        for topic, en in parts
        for facet in en.facets.values()
        for text in facet.asked
    ]
    given += [(text, "facts", sorted(facts)) for text, facts in examples.facts]
    given += [(f"{BUTTON}{topic}", "sides", [topic, *en.facets]) for topic, en in parts]
    return [_example(f"{MARK}{text}", EXAMPLE, (part, name)) for text, part, name in given]


def _parts_alone(known: Sequence[Message], parts: Sequence[Message]) -> list[Message]:
    """Returns the parts of readings that are no intent's example; one that is has its part set there."""
    examples = {message.get(TEXT): message for message in known if message.get(INTENT)}
    alone = []
    for part in parts:
        (name,) = part.data.keys() - {TEXT, INTENT}
        example = examples.get(part.get(TEXT))
        if example is None or example.get(name) is not None:
            alone.append(part)
        else:
            example.set(name, part.get(name))
    return alone


def _example(text: str, part: str, value: Any) -> Message:
    """Returns an example of a part of a reading; Rasa would take one without an intent for a step of a story."""
    return Message(data={TEXT: text, INTENT: PART_OF_READING, part: value})


class ContentImporter(RasaFileImporter):
    """Rasa's file importer plus the FAQ files below the training data paths."""

    def _data_folders(self) -> list[Path]:
        given = [Path(path) for path in getattr(self, "_training_paths", [])] or [Path("data")]
        return [path for path in given if (path / "faq").is_dir()]

    def __init__(
        self,
        config_file: Any = None,
        domain_path: Any = None,
        training_data_paths: Any = None,
        always_rules: Any = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._always = frozenset(always_rules or ())
        paths = training_data_paths if isinstance(training_data_paths, list) else [training_data_paths]
        self._training_paths = [path for path in paths if path]

    @cached_property
    def written_domain(self) -> Domain:
        """The domain as it is written."""
        return super().get_domain()

    @cached_property
    def written_stories(self) -> StoryGraph:
        """Rules and stories as they are written."""
        return story_graph_from_paths(self._story_files, self.written_domain)

    def get_domain(self) -> Domain:
        """Returns the domain with the slots that stories need, where there are stories (see parent class)."""
        domain = self.written_domain
        needed = slots_for(self.written_stories.story_steps) if self._story_files else {}
        missing = {name: slot for name, slot in needed.items() if name not in {slot.name for slot in domain.slots}}
        return domain.merge(Domain.from_dict({"slots": missing})) if missing else domain

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Returns rules and stories that make room for each other (see `assistant.rasa.story_steps`)."""
        return with_room(super().get_stories(exclusion_percentage), self._always)

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Returns Rasa's examples and ours (see parent class); whoever adds to them copies them first."""
        return self._examples

    @cached_property
    def _examples(self) -> TrainingData:
        data = super().get_nlu_data()
        for folder in self._data_folders():
            topics = all_topics(folder)
            messages = [Message.build(question, topic.intent) for topic in topics for question in topic.questions]
            # `more/…` is never predicted from text, only pressed; Rasa wants one example of each response.
            behind = [(MORE, topic.name) for topic in topics]
            behind += [(SOURCE, topic.name) for topic in topics if topic.kind == SUBJECT]
            messages += [Message.build(f"{BUTTON}{kind}/{name}", f"{kind}/{name}") for kind, name in behind]
            messages += _parts_alone([*data.training_examples, *messages], _reading_messages(folder, topics))
            messages += _english_messages(folder, topics)
            ours = TrainingData(training_examples=messages, responses=content_responses(topics, folder))
            data = data.merge(ours)
        return data
