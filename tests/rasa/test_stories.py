"""Stories are followed from their second message on; rules come first, and the check names what blocks."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.rasa import slim_boot

slim_boot.boot(serving=False)

from rasa.core.agent import Agent  # noqa: E402 - after the slim boot
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.model_training import train  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from assistant.rasa import host, story_room, tracker  # noqa: E402, F401 - the host brings what serves faster

WORDS = {
    "greet": "chào", "thank": "cảm ơn", "affirm": "vâng", "deny": "không", "cancel": "thôi", "buy": "mua",
    "size": "cỡ", "colour": "màu", "inform": "số", "nlu_none": "xyz",
}  # fmt: skip
ANSWERS = ["greet", "thank", "affirm", "deny", "cancel", "buy", "size", "colour", "paid", "sent", "lost", "red", "ask"]
RULES = """
- rule: chào
  steps: [{intent: greet}, {action: utter_greet}]
- rule: cảm ơn
  steps: [{intent: thank}, {action: utter_thank}]
- rule: vâng
  steps: [{intent: affirm}, {action: utter_affirm}]
- rule: không
  steps: [{intent: deny}, {action: utter_deny}]
- rule: thôi
  steps: [{intent: cancel}, {action: utter_cancel}]
- rule: khai
  condition: [{active_loop: null}]
  steps: [{intent: inform}, {action: order_form}, {active_loop: order_form}]
- rule: khai xong
  condition: [{active_loop: order_form}]
  steps:
  - action: order_form
  - active_loop: null
  - slot_was_set: [{requested_slot: null}]
  - action: utter_sent
"""
STORIES = """
- story: bốn lượt
  steps:
  - intent: buy
  - action: utter_buy
  - intent: size
  - action: utter_size
  - intent: affirm
  - action: utter_colour
  - intent: deny
  - action: utter_paid
- story: sau một lượt của quy tắc
  steps:
  - intent: greet
  - action: utter_greet
  - or:
    - intent: deny
    - intent: colour
  - action: utter_red
- story: đến điểm hẹn
  steps:
  - intent: colour
  - action: utter_colour
  - checkpoint: đã hỏi màu
- story: từ điểm hẹn
  steps:
  - checkpoint: đã hỏi màu
  - intent: affirm
  - action: utter_lost
- story: biểu mẫu ở trong
  steps:
  - intent: inform
  - action: order_form
  - active_loop: order_form
  - active_loop: null
  - slot_was_set:
    - requested_slot: null
  - action: utter_sent
  - intent: thank
  - action: utter_paid
"""


def _project(folder: Path, stories: str = STORIES, rules: str = RULES) -> Path:
    (folder / "data").mkdir()
    (folder / "domain.yml").write_text(yaml.safe_dump({
        "version": "3.1", "intents": sorted(WORDS),
        "slots": {"number": {"type": "text", "influence_conversation": False, "mappings": [
            {"type": "from_text", "conditions": [{"active_loop": "order_form", "requested_slot": "number"}]}]}},
        "forms": {"order_form": {"required_slots": ["number"]}},
        "responses": {f"utter_{name}": [{"text": name}] for name in [*ANSWERS, "ask_number"]},
    }, allow_unicode=True), "utf-8")  # fmt: skip
    (folder / "config.yml").write_text(yaml.safe_dump({
        "recipe": "default.v1", "assistant_id": "x", "language": "vi",
        "importers": [{"name": "assistant.rasa.importer.ContentImporter", "always_rules": ["cancel"]}],
        "pipeline": [{"name": "KeywordIntentClassifier"}],
        "policies": [
            {"name": "RulePolicy", "enable_fallback_prediction": False},
            {"name": "AugmentedMemoizationPolicy", "max_history": 12},
        ],
    }), "utf-8")  # fmt: skip
    nlu = [{"intent": name, "examples": f"- {word}\n"} for name, word in WORDS.items()]
    (folder / "data" / "nlu.yml").write_text(
        yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), "utf-8"
    )
    (folder / "data" / "rules.yml").write_text(f'version: "3.1"\nrules:{rules}', "utf-8")
    if stories:
        (folder / "data" / "stories.yml").write_text(f'version: "3.1"\nstories:{stories}', "utf-8")
    return folder


def _trained(folder: Path) -> Agent:
    result = train(str(folder / "domain.yml"), str(folder / "config.yml"), [str(folder / "data")], str(folder))
    story_room.install()
    return Agent.load(str(result.model))


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    return _trained(_project(tmp_path_factory.mktemp("stories")))


@pytest.fixture
def say(agent: Agent) -> Callable[[str], str]:
    """Says something as a new person, with the tracker kept as short as between turns of ours."""
    kept: list[list[dict[str, Any]]] = [[]]
    person = uuid.uuid4().hex
    assert agent.processor
    room = story_room.room_of(agent.processor)

    async def turn(text: str) -> str:
        processor, domain = agent.processor, agent.domain
        assert processor
        assert domain
        state: DialogueStateTracker = tracker.restore(person, kept[0], domain)
        state.model_id = state.assistant_id = "x"
        out = CollectingOutputChannel()
        await processor._update_tracker_session(state, out)
        await processor._handle_message_with_tracker(UserMessage(text, out, person), state)
        state = await processor.run_action_extract_slots(out, state)
        await processor._run_prediction_loop(out, state)
        kept[0] = json.loads(json.dumps(tracker.shorten(state, room.intents, room.states)))
        return " ".join(message["text"] for message in out.messages)

    return lambda text: asyncio.run(turn(text))


def _plays(say: Callable[[str], str], *pairs: str) -> None:
    for pair in pairs:
        text, _, answer = pair.partition(" → ")
        assert say(text) == answer, pair


def test_a_story_of_four_turns(say: Callable[[str], str]) -> None:
    _plays(say, "mua → buy", "cỡ → size", "vâng → colour", "không → paid")


def test_the_same_words_outside_of_the_story_are_the_rules(say: Callable[[str], str]) -> None:
    _plays(say, "vâng → affirm", "không → deny", "mua → buy", "vâng → affirm", "cảm ơn → thank")


def test_a_story_goes_on_after_long_talk(say: Callable[[str], str]) -> None:
    _plays(say, *["cảm ơn → thank", "vâng → affirm"] * 5, "mua → buy", "cỡ → size", "vâng → colour", "không → paid")


def test_a_story_goes_on_after_a_rule_that_no_story_has(say: Callable[[str], str]) -> None:
    """As in stock Rasa, whose policies do not see turns of such rules (hide_rule_turn)."""
    _plays(say, "mua → buy", "cỡ → size", "cảm ơn → thank", "vâng → colour")


def test_a_story_that_is_left_is_forgotten(say: Callable[[str], str]) -> None:
    _plays(say, "mua → buy", "cỡ → size", "chào → greet", "vâng → affirm")


def test_a_story_after_a_turn_of_a_rule_with_or(say: Callable[[str], str]) -> None:
    _plays(say, "chào → greet", "không → red", "chào → greet", "màu → red", "không → deny")


def test_checkpoints(say: Callable[[str], str]) -> None:
    _plays(say, "màu → colour", "vâng → lost", "vâng → affirm")


def test_a_form_inside_of_a_story(say: Callable[[str], str]) -> None:
    _plays(say, "số → ask_number", "12 → sent", "cảm ơn → paid", "cảm ơn → thank")


def test_rules_that_always_hold_end_a_story(say: Callable[[str], str]) -> None:
    _plays(say, "mua → buy", "cỡ → size", "thôi → cancel", "vâng → affirm")


def test_without_stories_nothing_is_kept_or_asked(tmp_path: Path) -> None:
    bare = _trained(_project(tmp_path, stories=""))
    assert bare.processor
    room = story_room.room_of(bare.processor)
    assert (room.intents, room.states) == (set(), 0)
    assert "in_story" not in {slot.name for slot in bare.domain.slots}


# ---- the check


def _checked(folder: Path, stories: str = STORIES, rules: str = RULES) -> list[str]:
    from assistant.rasa.story_check import check_stories

    project = _project(folder, stories, rules)
    found = [f"{f.path.name}:{f.line}: {f.advice}" for f in check_stories(project, project / "data")]
    return [said.replace(f"{folder}/", "") for said in found]


def test_stories_that_can_be_followed_are_good(tmp_path: Path) -> None:
    assert _checked(tmp_path) == []


def test_a_rule_that_blocks_the_first_message_is_named_with_the_story(tmp_path: Path) -> None:
    story = "\n- story: chào khác\n  steps: [{intent: greet}, {action: utter_ask}]\n"
    (found,) = _checked(tmp_path, story)
    assert found.startswith("stories.yml:3: Ở câu chuyện “chào khác” có “utter_ask”")
    assert "“chào” (rules.yml:3) đòi “utter_greet”" in found


def test_a_rule_that_always_holds_is_named_where_a_story_goes_on(tmp_path: Path) -> None:
    story = (
        STORIES
        + "- story: thôi khác\n  steps: [{intent: buy}, {action: utter_buy}, {intent: cancel}, {action: utter_ask}]\n"
    )
    (found,) = _checked(tmp_path, story)
    assert "“thôi khác” có “utter_ask”" in found
    assert "“thôi” (rules.yml:11)" in found


def test_stories_that_part_are_named_both(tmp_path: Path) -> None:
    story = STORIES + "- story: mua rồi thôi\n  steps: [{intent: buy}, {action: utter_ask}]\n"
    (found,) = _checked(tmp_path, story)
    assert "“bốn lượt” (stories.yml:3)" in found
    assert "“mua rồi thôi” (stories.yml:" in found


def test_unknown_steps_are_named_with_their_line(tmp_path: Path) -> None:
    steps = ("intent: buy", "action: utter_nowhere", "intent: nobody", "action: utter_buy")
    story = "\n- story: lạ\n  steps:\n" + "".join(f"  - {step}\n" for step in steps)
    found = _checked(tmp_path, story)
    assert [said[:14] for said in found] == ["stories.yml:7:", "stories.yml:6:"]


def test_rules_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    other = "- rule: chào kiểu khác\n  steps: [{intent: greet}, {action: utter_ask}]\n"
    found = _checked(tmp_path, "", RULES + other)
    assert found
    assert all(said.startswith("rules.yml:") and "“chào” (rules.yml:3)" in said for said in found[:1])
