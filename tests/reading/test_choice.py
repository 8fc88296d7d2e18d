"""What rules would guess is weighed with all that is near; what only a rule can know stays."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import yaml

from assistant.nlu.sides import SideMap, side_map
from assistant.reading.candidates import OF_ANY, Candidate, Message
from assistant.reading.choice import WEIGHTS, is_likely, may_be_chance, second
from assistant.reading.decide import decide
from assistant.reading.model import Decision, OwnFacet, Raw, State
from assistant.reading.trees import Trees
from assistant.settings import ROOT

EXAMPLES = [("gọi tổng đài số mấy", "faq/hotline"), ("ra cơ quan bảo hiểm ở đâu", "faq/office")]
WORDINGS = [("faq/hotline", "voice_trouble", "máy không nghe được giọng"), ("form_code", "why", "lấy mã để làm gì")]
FACETS = {"faq/hotline": ["cost", "voice_trouble"], "faq/office": ["where"], "form_code": ["why"]}


@pytest.fixture(scope="module")
def sides() -> SideMap:
    return side_map(FACETS, EXAMPLES, WORDINGS)


def raw(sides: SideMap | None, *ranking: tuple[str, float], facet: str = "cost", own: tuple[OwnFacet, ...] = ()) -> Raw:
    found = {one.topic: one for one in own}
    facets = [(facet, 0.9), ("none", 0.05), ("where", 0.05)]
    return Raw(
        "vậy tốn bao nhiêu", ranking, facets, found.get, tuple(found), words=4, plain="vay ton bao nhieu", sides=sides
    )


def test_what_is_near_are_the_topic_its_situations_and_likely_topics(sides: SideMap) -> None:
    own = OwnFacet("form_code", "why", 0.4)
    message = Message(raw(sides, ("faq/office", 0.4), ("thank", 0.3), own=(own,)), State(topic="faq/hotline"), sides)
    near = message.candidates()
    assert {Candidate("faq/hotline"), Candidate("faq/hotline", "cost"), Candidate("faq/office", "where")} <= set(near)
    assert Candidate("form_code", "why") in near
    assert not any(one.topic in ("thank", "faq/scam") for one in near)
    assert len(near) == len(set(near))
    lengths = {len(message.evidence(one)) for one in near}
    assert lengths == {int(Trees.load(WEIGHTS).features.max()) + 1} or max(lengths) > Trees.load(WEIGHTS).features.max()


def test_what_was_said_counts_against_saying_it_again(sides: SideMap) -> None:
    one = Candidate("faq/hotline", "cost")
    fresh = Message(raw(sides, ("faq/hotline", 0.4)), State(topic="faq/hotline"), sides).evidence(one)
    again = Message(raw(sides, ("faq/hotline", 0.4)), State(topic="faq/hotline", said=frozenset([one.key])), sides)
    assert [new for old, new in zip(fresh, again.evidence(one), strict=True) if old != new] == [True]


def test_a_bare_side_is_of_what_is_talked_about(sides: SideMap) -> None:
    state = State(topic="faq/hotline", said=frozenset(["faq/hotline"]))
    found = decide(raw(sides, ("faq/office", 0.3), ("faq/hotline", 0.2)), state)
    assert (found.topic, found.facet) == ("faq/hotline", "cost")


@pytest.mark.parametrize(
    ("found", "state", "likely"),
    [
        (Decision("about", 0.5, "same_side", "faq/hotline", "cost"), State(), True),
        (Decision("faq/office", 0.5, "new_topic", "faq/office"), State(), True),
        (Decision("faq/office", 0.5, "new_topic", "faq/office"), State(danger=True), False),  # one thing is said there
        (Decision("reset_password", 0.9, "new_topic", "reset"), State(), False),
        (Decision("other_bhxh", 0.9, "new_topic", "other_bhxh"), State(topic="faq/office"), False),
        (Decision("in_danger", 0.9, "in_danger", "emergency", danger=True), State(), False),
        (Decision("nlu_fallback", 0.2, "as_read"), State(topic="faq/office"), False),  # what is lost stays so
        (Decision("cancel", 0.9, "stops"), State(topic="faq/office"), False),
        (Decision("about", 0.9, "names_a_step", "faq/office", "step"), State(), False),
    ],
)
def test_a_second_answer_stands_only_beside_likely_ones(found: Decision, state: State, likely: bool) -> None:
    assert is_likely(found, state) is likely


HOTLINE, OFFICE = Candidate("faq/hotline", "cost"), Candidate("faq/office")


@pytest.mark.parametrize(
    ("probable", "said", "expected"),
    [
        ([0.50, 0.65], (), OFFICE),
        ([0.65, 0.50], (), None),  # the rule's own is the likeliest
        ([0.50, 0.65], ("faq/office",), None),  # it was said
    ],
)
def test_the_second_answer_is_likelier_than_the_first_and_new(
    probable: list[float], said: tuple[str, ...], expected: Candidate | None
) -> None:
    found = second([HOTLINE, OFFICE], np.array(probable), HOTLINE, State(said=frozenset(said)))
    assert found == expected


SAID = Decision("faq/office", 0.5, "new_topic", "faq/office")


@pytest.mark.parametrize(
    ("one", "state", "may"),
    [
        (HOTLINE, State(), True),
        (HOTLINE, State(facts=frozenset(["cannot_call"])), False),  # nobody is told to call who cannot
        (HOTLINE, State(facts=frozenset(["for_dead"])), False),
        (Candidate("faq/privacy"), State(facts=frozenset(["for_dead"])), True),
        (Candidate("dead_relative"), State(situations=("dead_relative",)), False),  # no condolences on the chance
        (Candidate("emergency", "calm"), State(), False),
        (Candidate("reset"), State(), False),
        (Candidate("not_matched"), State(), False),  # nothing was checked
        (Candidate("not_matched"), State(situations=("not_matched",)), True),
        (OFFICE, State(facts=frozenset(["for_dead"])), True),  # the rule's own
    ],
)
def test_what_may_be_said_on_the_chance_that_it_is_meant(
    one: Candidate, state: State, may: bool, sides: SideMap
) -> None:
    likely = [(name, 0.2) for name in ("faq/hotline", "faq/privacy")]
    assert may_be_chance(one, SAID, Message(raw(sides, ("faq/office", 0.5), *likely), state, sides)) is may


def test_bare_words_are_like_something_far_away_by_accident(sides: SideMap) -> None:
    bare = raw(sides, ("faq/office", 0.9))
    assert not may_be_chance(HOTLINE, SAID, Message(bare, State(), sides))
    assert may_be_chance(HOTLINE, SAID, Message(bare, State(topic="faq/hotline"), sides))
    named = dataclasses.replace(bare, subjects=frozenset({"call"}))
    assert may_be_chance(HOTLINE, SAID, Message(named, State(), sides))


def test_content_without_sides_is_read_by_rules_alone() -> None:
    found = decide(raw(None, ("faq/office", 0.9)), State())
    assert (found.rule, found.also) == ("new_topic_side", "")


def test_sides_are_kept_and_know_what_words_are_about(sides: SideMap, tmp_path: Path) -> None:
    sides.save(tmp_path)
    kept = SideMap.load(tmp_path)
    assert kept.knows("form_code")
    assert not kept.knows("faq/scam")
    assert kept.has("faq/hotline", "cost")
    assert kept.concepts("faq/hotline", "")["call"] == 1.0
    assert kept.concepts("faq/hotline", "cost") == kept.concepts("faq/hotline", "")  # without words of its own
    assert kept.concepts("faq/hotline", "*")["call"] == 0.5


def test_trees_part_and_add(tmp_path: Path) -> None:
    whole = np.array
    trees = Trees(
        whole([0]),
        whole([1, 0, 0]),
        whole([0.5, 0, 0]),
        whole([1, 1, 2]),
        whole([2, 1, 2]),
        whole([0, -2.0, 2.0]),
        1,
        0.0,
    )
    trees.save(tmp_path / "trees.npz")
    low, high = Trees.load(tmp_path / "trees.npz").probabilities(np.array([[9.0, 0.5], [9.0, 0.6]]))
    assert (round(float(low), 3), round(float(high), 3)) == (0.119, 0.881)


def test_the_same_in_other_words_is_no_second_answer(sides: SideMap) -> None:
    message = Message(raw(sides, ("faq/office", 0.9)), State(topic="faq/office"), sides)
    assert not may_be_chance(OFFICE, Decision("faq/office", 0.5, "same_side", "faq/office", "where"), message)
    assert may_be_chance(OFFICE, Decision("faq/office", 0.5, "same_side", "faq/office", "cost"), message)
    asked = Message(raw(sides, ("faq/office", 0.9)), State(topic="reset", slot="bhxh_code"), sides)
    assert not may_be_chance(Candidate("form_code"), Decision("about", 0.5, "same_side", "form_code", "why"), asked)


def test_the_sides_of_any_topic_are_those_with_general_words() -> None:
    said = yaml.safe_load((ROOT / "data/dialogue_responses/facets.yml").read_text(encoding="utf-8"))["responses"]
    general = {name.removeprefix("utter_facet_") for name in said if name.startswith("utter_facet_")}
    assert general - {"left_employer", "when_paid"} == OF_ANY  # said by rules of their own, read by no head
