"""Where stories go on, rules give way; topics reach stories as a slot."""

from __future__ import annotations

from assistant.rasa import slim_boot

slim_boot.boot(serving=False)

from rasa.shared.core.domain import Domain  # noqa: E402 - after the slim boot
from rasa.shared.core.events import SlotSet, UserUttered  # noqa: E402
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader  # noqa: E402
from rasa.shared.core.training_data.structures import RuleStep, StoryGraph  # noqa: E402

from assistant.rasa.story_steps import slots_for, topic_of, with_room  # noqa: E402

DOMAIN = Domain.from_dict({"intents": ["faq", "affirm", "cancel", "greet"], "actions": ["action_faq", "action_x"]})
TEXT = """
version: "3.1"
rules:
- rule: vâng
  condition: [{active_loop: null}]
  steps: [{intent: affirm}, {action: action_x}]
- rule: vâng trong biểu mẫu
  condition: [{active_loop: some_form}]
  steps: [{intent: affirm}, {action: action_x}]
- rule: thôi
  steps: [{intent: cancel}, {action: action_x}]
- rule: chào
  steps: [{intent: greet}, {action: action_x}]
stories:
- story: mất sim rồi
  steps:
  - intent: faq/lost_phone
  - action: action_faq
  - intent: affirm
  - action: action_x
  - intent: cancel
  - action: action_x
  - intent: faq/add_email
  - action: action_faq
"""


def _graph() -> StoryGraph:
    return with_room(StoryGraph(YAMLStoryReader(DOMAIN, "stories.yml").read_from_string(TEXT)), always={"cancel"})


def test_rules_give_way_where_a_story_goes_on_and_nowhere_else() -> None:
    rules = {step.block_name: step for step in _graph().story_steps if isinstance(step, RuleStep)}
    given = {
        name: [event.value for event in rule.get_rules_condition() if isinstance(event, SlotSet)]
        for name, rule in rules.items()
    }
    assert given == {"vâng": [None], "vâng trong biểu mẫu": [], "thôi": [], "chào": []}
    assert len(rules["vâng"].get_rules_condition()) == 2  # its own is still there


def test_stories_are_marked_from_their_second_message_on_and_know_topics() -> None:
    (story,) = (step for step in _graph().story_steps if not isinstance(step, RuleStep))
    after: list[tuple[str, dict[str, object]]] = []
    for event in story.events:
        if isinstance(event, UserUttered):
            after.append((str(event.intent["name"]), {}))
        elif isinstance(event, SlotSet):
            after[-1][1][event.key] = event.value
    assert after == [
        ("faq", {"topic_for_story": "lost_phone"}),
        ("affirm", {"in_story": True}),
        ("cancel", {"in_story": True}),
        ("faq", {"in_story": True, "topic_for_story": "add_email"}),
    ]


def test_only_what_stories_need_becomes_a_slot() -> None:
    steps = YAMLStoryReader(DOMAIN, "stories.yml").read_from_string(TEXT)
    slots = slots_for(steps)
    assert slots["topic_for_story"]["values"] == ["add_email", "lost_phone"]
    assert slots["in_story"]["type"] == "bool"
    assert slots_for([step for step in steps if isinstance(step, RuleStep)]) == {}


def test_a_topic_is_read_from_what_was_understood() -> None:
    selector = {"faq": {"response": {"intent_response_key": "faq/hotline"}}}
    said = UserUttered("x", {"name": "faq"}, parse_data={"intent": {"name": "faq"}, "response_selector": selector})
    assert topic_of(said) == "hotline"
    said.parse_data["intent"] = said.intent = {"name": "thank"}
    assert topic_of(said) is None
