"""The examples of data/reading: whole, of one mind, and never the texts they are measured with."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from typing import Any

import pytest
import yaml

from assistant.settings import ROOT


def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / f"data/reading/{name}.yml").read_text(encoding="utf-8"))[name]
    return loaded


def _gold(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / f"tests/nlu/gold_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _key(text: str) -> str:
    return re.sub(r"[^\w]+", " ", unicodedata.normalize("NFC", text).lower()).strip()


FACETS, FACTS = _read("facets"), _read("facts")


def test_no_text_stands_under_two_facets() -> None:
    found = Counter(_key(text) for texts in FACETS.values() for text in texts)
    assert [text for text, times in found.items() if times > 1] == []


@pytest.mark.parametrize("name", sorted(FACTS))
def test_no_text_both_tells_a_fact_and_does_not(name: str) -> None:
    says, denies = ({_key(text) for text in FACTS[name][part]} for part in ("says", "not"))
    assert says & denies == set()


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_fact_has_examples_enough_of_both_kinds(name: str) -> None:
    assert len(FACTS[name]["says"]) >= 100
    assert len(FACTS[name]["not"]) >= 40


@pytest.mark.parametrize("name", sorted(FACETS))
def test_a_facet_has_examples_enough(name: str) -> None:
    assert len(FACETS[name]) >= (250 if name == "none" else 120)


def test_no_gold_text_is_trained_on() -> None:
    trained = {_key(text) for texts in FACETS.values() for text in texts}
    trained |= {_key(text) for parts in FACTS.values() for texts in parts.values() for text in texts}
    assert [row["text"] for row in [*_gold("facets"), *_gold("facts")] if _key(row["text"]) in trained] == []


def test_gold_labels_are_ours() -> None:
    assert {row["facet"] for row in _gold("facets")} == set(FACETS)
    assert {fact for row in _gold("facts") for fact in row["facts"]} == set(FACTS)
