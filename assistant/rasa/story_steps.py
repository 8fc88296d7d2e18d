"""Makes room for stories among the rules, where our importer reads both.

Rules come first, then stories: where a rule fits, it decides. So that a story has a place to go through, the first
message of a story is a rule's, and from the second one on the story's. The slot `in_story` is how the two tell each
other: it is set while a message goes on with a story (`assistant.rasa.story_room`), and a rule on an intent that some
story goes on with has the condition that it is not set. `always_rules` of the importer in config.yml names the intents
whose rules give way to no story. Stories name topics as `intent: faq/hotline`; policies see them as a slot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from rasa.shared.core.events import ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.training_data.structures import STORY_START, RuleStep, StoryGraph, StoryStep

IN_STORY = "in_story"
TOPIC = "topic_for_story"
#: Retrieval intents of topics; stories name them without: no two topics have one name.
_TOPICS = ("faq", "subject")


def topic_of(said: UserUttered) -> str | None:
    """Returns the topic of a message about one, as `hotline`."""
    full = str(said.intent.get("full_retrieval_intent_name") or said.intent.get("name") or "")
    if "/" not in full:
        response = said.parse_data.get("response_selector", {}).get(full, {}).get("response", {})
        full = str(response.get("intent_response_key") or "") if full in _TOPICS else ""
    base, _, topic = full.partition("/")
    return topic if base in _TOPICS and topic else None


def is_story(step: StoryStep) -> bool:
    """Tells a story from a rule."""
    return not isinstance(step, RuleStep)


def later_intents(steps: Iterable[StoryStep]) -> set[str]:
    """Returns the intents that stories go on with."""
    return {_base(said) for step in steps if is_story(step) for said in _later(step)}


def slots_for(steps: Collection[StoryStep]) -> dict[str, dict[str, Any]]:
    """Returns the slots that stories need, as domain.yml would define them; {} without stories."""
    stories = [step for step in steps if is_story(step)]
    mapping = {"influence_conversation": True, "mappings": [{"type": "custom"}]}
    found: dict[str, dict[str, Any]] = {}
    if any(True for step in stories for _ in _later(step)):
        found[IN_STORY] = {"type": "bool"} | mapping
    topics = {topic_of(event) for step in stories for event in step.events if isinstance(event, UserUttered)} - {None}
    if topics:
        found[TOPIC] = {"type": "categorical", "values": sorted(map(str, topics))} | mapping
    return found


def with_room(graph: StoryGraph, always: Collection[str]) -> StoryGraph:
    """Returns the same stories and rules, with the slots by which they make room for each other."""
    given_way = later_intents(graph.story_steps) - {*always}
    topics = TOPIC in slots_for(graph.story_steps)
    for step in graph.story_steps:
        if isinstance(step, RuleStep):
            _give_way(step, given_way)
        else:
            step.events = [*_marked(step, topics)]
    return graph


def _base(said: UserUttered) -> str:
    return str(said.intent.get("name") or "").partition("/")[0]


def _goes_on(step: StoryStep) -> bool:
    """Tells whether a step comes after others: what leads to a checkpoint has had the first message."""
    return any(checkpoint.name != STORY_START for checkpoint in step.start_checkpoints)


def _later(step: StoryStep) -> Iterator[UserUttered]:
    said = [event for event in step.events if isinstance(event, UserUttered)]
    yield from said if _goes_on(step) else said[1:]


def _marked(step: StoryStep, topics: bool) -> Iterator[Event]:
    later = {id(said) for said in _later(step)}
    for event in step.events:
        yield event
        if isinstance(event, UserUttered):
            if id(event) in later:
                yield SlotSet(IN_STORY, True)
            if topics and (topic := topic_of(event)):
                yield SlotSet(TOPIC, topic)


def _give_way(rule: RuleStep, intents: Collection[str]) -> None:
    """Adds the condition that no story goes on, unless the rule is about a form or is no answer to such an intent."""
    first = next((event for event in rule.get_rules_events() if isinstance(event, UserUttered)), None)
    conditions = rule.get_rules_condition()
    if first is None or _base(first) not in intents:
        return
    if any(isinstance(event, ActiveLoop) and event.name for event in conditions):
        return
    if any(isinstance(event, SlotSet) and event.key == IN_STORY for event in conditions):
        return
    rule.events.insert(0, SlotSet(IN_STORY, None))
    rule.condition_events_indices = {0, *(index + 1 for index in rule.condition_events_indices)}
