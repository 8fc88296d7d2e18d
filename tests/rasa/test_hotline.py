"""Answers that send people to key 8 name this installation's line where it has one, and what happens there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.content.languages import LANGUAGES
from assistant.rasa.hotline import OwnLine, named
from assistant.settings import ROOT
from connectors.phone.texts import texts

OWN = OwnLine("024 3000 0000", {language: texts()[f"own_line_call_back_{language}"] for language in LANGUAGES})
#: A sentence that sends somebody to key 8 of BHXH's number.
_LEFT = re.compile(r"1900 9068(?:(?!1900)[^.!?\n]){0,60}?(?:phím 8|key 8|press 8)")
_ASKED = re.compile(r"^\s*asked:|^\s*- ?[\"']")


def test_without_a_line_nothing_changes() -> None:
    text = "Bạn gọi 1900 9068 phím 8."
    assert named(text, None) == text


def test_key_8_is_that_of_our_own_line_and_it_is_said_what_it_does() -> None:
    text = "Bạn gọi 1900 9068, bấm phím 8.\n\n(Nguồn: bài của BHXH)"
    assert named(text, OWN) == f"Bạn gọi 024 3000 0000, bấm phím 8.\n{OWN.instead['vi']}\n\n(Nguồn: bài của BHXH)"
    english = "Call 1900 9068 from the registered SIM, press 8."
    assert named(english, OWN, "en") == f"Call 024 3000 0000 from the registered SIM, press 8.\n{OWN.instead['en']}"


@pytest.mark.parametrize("text", ["Tổng đài 1900 9068 mất 1.000 đồng/phút.", "Bạn hỏi 1900 9068."])
def test_bhxh_s_number_stays_where_it_is_no_key_8(text: str) -> None:
    assert named(text, OWN) == text


def test_a_line_with_bhxh_s_own_number_says_what_it_does_too() -> None:
    ours = OwnLine("1900 9068", OWN.instead)
    assert named("Gọi 1900 9068 phím 8.", ours) == f"Gọi 1900 9068 phím 8.\n{OWN.instead['vi']}"


@pytest.mark.parametrize("path", sorted((ROOT / "data/faq").glob("*.yml")), ids=lambda path: path.stem)
def test_no_answer_of_ours_sends_anybody_to_key_8_of_another(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not _ASKED.match(line)]
    left = [found[0] for line in lines for found in _LEFT.finditer(named(line, OwnLine(OWN.number)))]
    assert left == []
