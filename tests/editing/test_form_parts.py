"""Facets and steps through the console's form: whatever a topic has comes back, and nothing typed is lost."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from assistant.console.pages.faq_form import read_draft
from assistant.console.pages.faq_parts import OWN, read_parts
from assistant.content.facets import GENERIC, Facet, Step
from assistant.content.topics import Topic, read_topics
from assistant.settings import ROOT

TOPICS = read_topics(ROOT / "data/faq")


def fields_of(topic: Topic) -> dict[str, list[str]]:
    """Returns what a browser sends of a topic's parts."""
    facets = list(topic.facets.values())
    return {
        "parts": ["1"],
        "facet_name": [one.name if one.name in GENERIC else OWN for one in facets] + [""],
        "facet_own": ["" if one.name in GENERIC else one.name for one in facets] + [""],
        "facet_say": [one.say.replace("\n", "\r\n") for one in facets] + [""],
        "facet_asked": ["\r\n".join(one.asked) for one in facets] + [""],
        "facet_source": ["\r\n".join(one.source) for one in facets] + [""],
        "step_name": [step.name for step in topic.steps],
        "step_say": [step.say for step in topic.steps],
        "step_where": [step.where for step in topic.steps],
        "skip_name": list(topic.facets_not_needed),
        "skip_reason": list(topic.facets_not_needed.values()),
    }


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_comes_back_as_it_was(topic: Topic) -> None:
    parts = read_parts(fields_of(topic), topic)
    assert parts.wrong == {}
    assert list(parts.facets.values()) == list(topic.facets.values())
    assert (parts.steps, parts.facets_not_needed) == (topic.steps, topic.facets_not_needed)


def sent(**rows: list[str]) -> dict[str, list[str]]:
    return {"parts": ["1"]} | rows


@pytest.mark.parametrize(
    ("rows", "field", "said"),
    [
        ({"facet_name": ["cost"], "facet_asked": ["giá nhiêu"]}, "facets", "“chi phí” chưa có câu trả lời"),
        ({"facet_name": ["cost", "cost"], "facet_say": ["a", "b"]}, "facets", "“chi phí” có hai lần"),
        ({"facet_name": ["own"], "facet_own": [""], "facet_say": ["a"]}, "facets", "chưa đặt tên"),
        ({"facet_name": ["own"], "facet_own": ["Sim khác"], "facet_say": ["a"]}, "facets", "cần các câu"),
        ({"step_name": ["Mở", "Bấm"], "step_say": ["Mở ra."]}, "steps", "Bước 2 cần có tên"),
    ],
)
def test_what_is_not_whole_is_said_and_kept(rows: dict[str, Any], field: str, said: str) -> None:
    parts = read_parts(sent(**rows), None)
    assert said in parts.wrong[field]
    kept = [one.say or one.asked for one in parts.facets.values()] + [step.name for step in parts.steps]
    assert len(kept) == len(rows.get("facet_name", rows.get("step_name")))


def test_an_own_facet_is_named_after_what_it_is_called() -> None:
    rows = sent(facet_name=[OWN], facet_own=["Gọi bằng sim khác?"], facet_say=["Không."], facet_asked=["sim khác\n"])
    parts = read_parts(rows, None)
    assert parts.facets == {"goi_bang_sim_khac": Facet("goi_bang_sim_khac", "Không.", ("sim khác",))}
    assert parts.wrong == {}


def test_a_form_that_carries_no_parts_leaves_them() -> None:
    topic = next(topic for topic in TOPICS if topic.steps)
    form = {"title": topic.title, "answer": topic.answer, "questions": "a", "checked_on": "2026-11-22"}
    draft = read_draft(form, {}, topic, datetime.date(2026, 11, 22)).topic
    assert (draft.facets, draft.steps) == (topic.facets, topic.steps)


def test_what_was_emptied_goes() -> None:
    topic = Topic(
        "x", "X", "a", ("b",), (), datetime.date.min, facets={"cost": Facet("cost", "a")}, steps=(Step("a", "b"),),
        facets_not_needed={"bring": "ở nhà"},
    )  # fmt: skip
    rows = sent(facet_name=["cost"], facet_say=[" "], step_name=[""], skip_name=["bring"], skip_reason=[""])
    parts = read_parts(rows, topic)
    assert (parts.facets, parts.steps, parts.facets_not_needed, parts.wrong) == ({}, (), {}, {})
