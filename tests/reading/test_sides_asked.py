"""Several sides of one thing in one breath: each part of the message is read by itself, and two are answered."""

from __future__ import annotations

import dataclasses

import pytest

from assistant.nlu.sentences import questions
from assistant.reading.decide import decide
from assistant.reading.model import Asked, OwnFacet, Raw, State
from tests.reading.test_in_words import _Knows, raw

_FORM = State(topic="faq/tk1_ts")
_SIDES = _Knows([("faq/tk1_ts", facet) for facet in ("bring", "time", "where", "new_form", "who")])


def asks(plain: str, facet: str, *parts: Asked) -> Raw:
    """Returns a message whose parts ask these sides."""
    return dataclasses.replace(raw(plain, facets=[(facet, 0.9)]), parts=parts, sides=_SIDES)


class TestInParts:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("mang gì theo, mấy ngày có vậy", ["mang gì theo", "mấy ngày có vậy"]),
            ("nộp ở đâu với ai nộp cũng được hả", ["nộp ở đâu", "với ai nộp cũng được hả"]),
            ("tốn tiền không? bao lâu xong?", ["tốn tiền không", "bao lâu xong"]),
            ("what to bring and how long does it take", ["what to bring", "and how long does it take"]),
        ],
    )
    def test_a_message_is_cut_where_another_question_may_begin(self, text: str, parts: list[str]) -> None:
        assert questions(text) == parts

    @pytest.mark.parametrize("text", ["nộp ở đâu", "dạ, vâng", "a, b", "em " * 31 + ", mấy ngày có"])
    def test_one_question_and_a_long_story_are_not(self, text: str) -> None:
        assert questions(text) == []


class TestTwoSides:
    def test_both_are_answered(self) -> None:
        found = decide(asks("mang gi theo may ngay co", "time", Asked("bring", 0.9), Asked("time", 0.95)), _FORM)
        assert (found.topic, found.facet, found.also) == ("faq/tk1_ts", "time", "faq/tk1_ts#bring")

    def test_a_side_of_its_own_counts_too(self) -> None:
        own = OwnFacet("faq/tk1_ts", "new_form", 0.97)
        one = dataclasses.replace(
            asks("nop o dau mau moi la mau nao", "where", Asked("where", 0.9), Asked("none", 0.6, lambda topic: own)),
            own=lambda topic: own if topic == own.topic else None,
        )
        found = decide(one, _FORM)
        assert {f"{found.topic}#{found.facet}", found.also} == {"faq/tk1_ts#new_form", "faq/tk1_ts#where"}

    @pytest.mark.parametrize("second", [Asked("time", 0.9), Asked("none", 0.9), Asked("bring", 0.5), Asked("how", 0.9)])
    def test_the_same_side_twice_or_no_sure_side_is_one(self, second: Asked) -> None:
        assert not decide(asks("a b c", "time", Asked("time", 0.95), second), _FORM).also

    def test_what_was_said_is_not_said_again(self) -> None:
        state = dataclasses.replace(_FORM, said=frozenset({"faq/tk1_ts#bring"}))
        assert not decide(asks("a b c", "time", Asked("bring", 0.9), Asked("time", 0.95)), state).also

    def test_in_danger_one_thing_is_said(self) -> None:
        state = State(topic="faq/tk1_ts", danger=True)
        assert not decide(asks("a b c", "time", Asked("bring", 0.9), Asked("time", 0.95)), state).also
