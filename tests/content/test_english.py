"""The English part of the content: read, said where a conversation is English, missing or malformed and named so."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from assistant.content.book import read_books
from assistant.content.check import check
from assistant.content.errors import ContentError
from assistant.content.responses import content_responses, variant
from assistant.content.topics import all_topics, parse_topic
from assistant.settings import ROOT

pytestmark = pytest.mark.dear(40)

TODAY = datetime.date(2026, 11, 30)
TOPIC = """topic: demo
title: Thử
answer: Bạn gọi 1900 9068.
questions: [một, hai, ba, bốn, năm]
source: BHXH Việt Nam
checked_on: 2026-11-22
"""
ENGLISH = """en:
  title: A try
  answer: Call 1900 9068.
  facets:
    cost: It is free.
  questions: [how to try]
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Returns a copy of our content that may be spoiled."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copy(ROOT / "domain.yml", tmp_path)
    (tmp_path / "tests/nlu").mkdir(parents=True)
    return tmp_path


def advice(root: Path, *, errors: bool) -> list[str]:
    return [found.line_of_text(root) for found in check(root, TODAY) if found.is_error is errors]


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_topic_speaks_english_where_it_stands_in_it() -> None:
    topic = parse_topic(TOPIC + ENGLISH, Path("demo.yml"))
    spoken = topic.spoken("en")
    assert spoken is not None
    assert (spoken.title, spoken.answer, spoken.facets["cost"].say) == ("A try", "Call 1900 9068.", "It is free.")
    assert topic.spoken("vi") is topic
    assert parse_topic(TOPIC, Path("demo.yml")).spoken("en") is None


@pytest.mark.parametrize(
    "english",
    [
        "en: English\n", "en:\n  title: A\n", "en:\n  title: A\n  answer: B\n  anwser: C\n", "en:\n  answer: B\n",
        "en:\n  title: A\n  answer: B\n  questions: one\n", "en:\n  title: A\n  answer: B\n  facets: [cost]\n",
        "en:\n  title: A\n  answer: B\n  facets: {own_side: no wordings}\n",
        "en:\n  title: A\n  answer: {B: C}\n", "en:\n  title: A\n  answer: B\n  questions: [{a: b}]\n",
    ],
)  # fmt: skip
def test_a_malformed_english_part_is_refused(english: str) -> None:
    with pytest.raises(ContentError):
        parse_topic(TOPIC + english, Path("demo.yml"))


def test_every_topic_situation_and_response_speaks_english() -> None:
    books = read_books(ROOT / "data")
    assert [name for name, topic in books["en"].topics.items() if topic.language != "en"] == []
    assert [
        name for name, said in books["en"].situations.items() if said.answer == books["vi"].situations[name].answer
    ] == []
    topics = all_topics(ROOT / "data")
    for name, said in content_responses(topics, ROOT / "data").items():
        assert variant(said, "en") is not variant(said, "vi"), name
        assert variant(said, "vi") is said[0], name


def test_english_is_said_under_its_condition_alone() -> None:
    said = [{"text": "một"}, {"text": "hai"}, {"text": "one", "condition": [{"name": "language", "value": "en"}]}]
    assert (variant(said, "en")["text"], variant(said, "vi")["text"]) == ("one", "một")
    assert variant(said[:2], "en")["text"] == "một"
    assert variant([], "en") == {}


def test_our_english_is_complete(copy: Path) -> None:
    assert [line for line in advice(copy, errors=False) if "Anh" in line] == []


class TestTheCheck:
    def test_notes_a_topic_without_english(self, copy: Path) -> None:
        path = copy / "data/faq/hotline.yml"
        path.write_text(path.read_text(encoding="utf-8").partition("\nen:\n")[0] + "\n", encoding="utf-8")
        assert any("faq/hotline.yml" in line and "tiếng Anh" in line for line in advice(copy, errors=False))

    def test_notes_a_response_without_english(self, copy: Path) -> None:
        condition = "    - condition: [{type: slot, name: language, value: en}]\n      text: All right. Just write"
        spoil(copy / "data/dialogue_responses/facets.yml", condition, "    - text: All right. Just write")
        assert any("utter_nod" in line and "tiếng Anh" in line for line in advice(copy, errors=False))

    def test_refuses_a_condition_that_nobody_meets(self, copy: Path) -> None:
        spoil(copy / "domain.yml", "name: language, value: en}]", "name: language, value: fr}]")
        assert any("điều kiện" in line for line in advice(copy, errors=True))

    def test_refuses_an_unknown_place_to_fill(self, copy: Path) -> None:
        spoil(copy / "domain.yml", "Question {number} is waiting", "Question {numbr} is waiting")
        assert any("numbr" in line for line in advice(copy, errors=True))

    def test_refuses_other_buttons_than_in_vietnamese(self, copy: Path) -> None:
        spoil(
            copy / "domain.yml", '{title: Lost sim and email, payload: "#lost_contact"}', '{title: Lost, payload: "#x"}'
        )
        assert any("nút khác" in line for line in advice(copy, errors=True))

    def test_refuses_a_number_that_is_not_official(self, copy: Path) -> None:
        spoil(copy / "data/faq/hotline.yml", "\nen:\n  title:", "\nen:\n  more: Call 1900 6050.\n  title:")
        assert any("1900 6050" in line for line in advice(copy, errors=True))

    def test_refuses_a_title_that_no_button_holds(self, copy: Path) -> None:
        path = copy / "data/faq/no_email.yml"
        spoil(path, "  title: No email\n", "  title: My account has no email at all\n")
        assert any("no_email" in line and "title" in line for line in advice(copy, errors=True))

    def test_refuses_one_example_under_two_topics(self, copy: Path) -> None:
        spoil(copy / "data/dialogue_en.yml", "greet:\n", "greet:\n  - 'can you rest my vssid pass word'\n")
        spoil(copy / "data/dialogue_en.yml", "thank:\n", "thank:\n  - 'can you rest my vssid pass word'\n")
        assert any("trùng" in line and "rest my vssid" in line for line in advice(copy, errors=True))
