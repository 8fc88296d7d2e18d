"""What the rules of the dialogue look for in English words, and what they make of it."""

from __future__ import annotations

import pytest

from assistant.nlu.concepts import CONCEPTS_EN, concepts
from assistant.nlu.english import prepared
from assistant.reading import english
from assistant.reading.decide import decide
from assistant.reading.facts import told
from assistant.reading.model import Raw, State


def raw(text: str, label: str = "out_of_scope", p: float = 0.5, **more: object) -> Raw:
    words = prepared(text).split()
    given = {
        "text": text, "ranking": [(label, p)], "facets": [("none", 0.9)], "language": "en", "plain": " ".join(words),
        "words": len(words), "subjects": frozenset(concepts(words, CONCEPTS_EN)),
    }  # fmt: skip
    return Raw(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "uniform"),
    [
        ("I don't remember my pw", "i do not remember my password"),
        ("pls help, fogot passwrd of acc", "please help forget password of account"),
        ("where's my e-mail??", "where is my email"),
        ("mã số BHXH of mine is 7900000123", "ma so bhxh of mine is zzcode"),
    ],
)
def test_english_is_made_uniform(text: str, uniform: str) -> None:
    assert prepared(text) == uniform


@pytest.mark.parametrize(
    ("text", "gave"),
    [
        ("I already gave him the code", True), ("I paid 500k", True), ("I clicked the link", True),
        ("I did not pay", False), ("should I give the code", False), ("I never gave it", False),
    ],
)  # fmt: skip
def test_what_was_given_is_told_from_what_was_not(text: str, gave: bool) -> None:
    plain = prepared(text)
    assert english.something_was_given(plain) is gave
    assert english.nothing_was_given(plain) is not gave


def test_a_phone_that_died_is_nobody_who_died() -> None:
    facts = {"for_dead": 0.9}
    assert told(raw("my phone is dead", facts=facts)) == frozenset()
    assert told(raw("my husband died last year", facts=facts)) == {"for_dead"}


def test_whoever_has_it_does_not_lack_it() -> None:
    assert told(raw("I still have my old number", facts={"no_phone": 0.8})) == frozenset()
    assert told(raw("I lost my sim", facts={"no_phone": 0.8})) == {"no_phone"}


def test_starting_begins_what_was_offered() -> None:
    state = State(topic="reset", offered=("#reset_password",))
    assert decide(raw("ok let's start"), state).label == "reset_password"


def test_another_language_is_wished_for_amid_a_form() -> None:
    state = State(form="reset_form", slot="bhxh_code", open="slot")
    assert decide(raw("I cannot read English", "switch_to_vietnamese", 0.8), state).label == "switch_to_vietnamese"


def test_the_first_step_is_named_by_its_number() -> None:
    found = decide(raw("what is step two"), State(topic="faq/add_email"))
    assert (found.facet, found.step) == ("step", 2)


def test_more_is_not_the_same_again() -> None:
    assert english.wants_more("tell me more about it")
    assert english.wants_more("anything else")
    assert not english.wants_more("say that again please")
