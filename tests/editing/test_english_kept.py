"""Whoever edits the Vietnamese of a topic leaves its English as it stands, byte for byte."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from assistant.content.topics import parse_topic
from assistant.editing.topic_text import edited, written
from assistant.settings import ROOT

FILES = sorted((ROOT / "data/faq").glob("*.yml"))[::6]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_saving_keeps_the_english_part(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    before = parse_topic(text, path)
    # What a form or a table holds: everything but the English.
    changed = dataclasses.replace(
        before, en=None, answer=f"{before.answer} Thêm một câu.", questions=(*before.questions, "câu hỏi mới thêm vào")
    )
    after = edited(text, changed)
    assert after.partition("\nen:\n")[2] == text.partition("\nen:\n")[2] != ""
    assert parse_topic(after, path).en == before.en


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_that_is_written_anew_has_it_too(path: Path) -> None:
    topic = parse_topic(path.read_text(encoding="utf-8"), path)
    assert parse_topic(written(topic), path).en == topic.en
