"""Whatever is edited in a topic file: it reads back as meant, and nothing else of it changes."""

from __future__ import annotations

import dataclasses
import datetime
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.content.facets import GENERIC, Facet, Step
from assistant.content.topics import Topic, parse_topic
from assistant.editing.cleaning import clean_line, clean_lines, clean_text
from assistant.editing.topic_text import edited, written
from assistant.settings import ROOT

FILES = sorted((ROOT / "data/faq").glob("*.yml"))

COMMENTED = """\
# đầu tệp
topic: thu   # tên
# trước tiêu đề
title: Tiêu đề thử # ghi chú tiêu đề
answer: |-  # ghi chú đầu khối
  Dòng một #không phải ghi chú
    thụt vào

  Dòng ba: có hai chấm

# sau câu trả lời
more: "Thêm một dòng" # ghi chú more
next: [hotline, office]   # ghi chú next
# trước nguồn
source:
  # nguồn một
  - "Quyết định 1"   # ghi chú nguồn
  - Công văn 2
  # sau nguồn
checked_on: 2026-11-22 # ngày đọc
supersedes: 'cách cũ'
questions:
  # nhóm một
  - 'câu một'   # cạnh câu một
  - câu hai

  # nhóm hai
  - "câu ba # không phải ghi chú"
  - 'câu ''bốn'''
  # trước câu năm
  - câu năm dài
    xuống dòng
# trước các mục
facets_not_needed: {bring: không phải đến đâu}
facets:
  # mục một
  cost: Miễn phí.   # cạnh mục một
  time: |-
    Vài phút.
    Lâu thì gọi #1.
  # trước mục riêng
  other_sim:
    asked: ["sim khác # được không", 'máy "vợ"',   # ghi chú cách hỏi
      goi so khac]
    say: 'Không được: máy so số.'
    source: ["Công văn 3"]
  # sau mục riêng
steps:
  - {name: Mở, say: "Mở ứng dụng.", where: "Trên màn hình."}   # cạnh bước một
  # trước bước hai
  - name: Bấm
    say: |-
      Bấm “Tiếp”.
# cuối tệp
"""
COMMENTS = [
    "# đầu tệp", "# tên", "# trước tiêu đề", "# ghi chú tiêu đề", "# ghi chú đầu khối", "# sau câu trả lời",
    "# ghi chú more", "# ghi chú next", "# trước nguồn", "# nguồn một", "# ghi chú nguồn", "# sau nguồn",
    "# ngày đọc", "# nhóm một", "# cạnh câu một", "# nhóm hai", "# trước câu năm", "# trước các mục", "# mục một",
    "# cạnh mục một", "# trước mục riêng", "# ghi chú cách hỏi", "# sau mục riêng", "# cạnh bước một",
    "# trước bước hai", "# cuối tệp",
]  # fmt: skip
PATH = Path("thu.yml")


def comments_of(text: str) -> list[str]:
    """Returns the comments a YAML reader skips, found without the code under test."""
    values = set()

    def note(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            for pair in node.value:
                note(pair[0])
                note(pair[1])
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                note(item)
        else:
            start = node.start_mark.index
            if node.style in ("|", ">"):
                start = text.find("\n", start)
            values.update(range(start, node.end_mark.index))

    note(yaml.compose(text, Loader=yaml.SafeLoader))
    bare = "".join("_" if place in values and char != "\n" else char for place, char in enumerate(text))
    return [match[0].strip() for match in re.finditer(r"(?:^|(?<=\s))#.*", bare, re.M)]


def test_the_test_finds_the_comments() -> None:
    assert comments_of(COMMENTED) == COMMENTS


TRICKY = st.sampled_from(
    ["không", "yes", "no", "null", "~", "8079", "1.5", "0901", "12:30", "2026-11-22", "a: b", "a #b", "#a", "- a",
     "[a", "{a}", "'", '"', "''", "a'b", 'a"b', "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "?", "? a", ":", "-",
     "em quên mk 😀 rồi", "=1+1", "\\n", "a\\", "…", "a:", "<<", "---", "...", "﻿a", "1_000", "0x1F"]
)  # fmt: skip
LINE = st.one_of(TRICKY, st.text(max_size=40)).map(clean_line).filter(bool)
LINES = st.lists(LINE, min_size=1, max_size=6, unique=True).map(tuple)
TEXT = st.lists(st.one_of(LINE, st.just(""), LINE.map(lambda s: f"  {s}")), min_size=1, max_size=5)
TEXT = TEXT.map("\n".join).map(clean_text).filter(bool)


@st.composite
def questions(draw: st.DrawFn, before: tuple[str, ...]) -> tuple[str, ...]:
    """Returns some of the questions, in some order, with new ones between them."""
    kept = draw(st.lists(st.sampled_from(before), unique=True, max_size=len(before)))
    if draw(st.booleans()):
        kept.sort(key=before.index)
    for item in draw(st.lists(LINE, max_size=3)):
        kept.insert(draw(st.integers(0, len(kept))), item)
    return tuple(dict.fromkeys(kept)) or ("một câu",)


@st.composite
def facets(draw: st.DrawFn, before: Topic) -> dict[str, Facet]:
    """Returns some of a topic's facets, in some order, some of them changed, and new ones."""
    kept = draw(st.lists(st.sampled_from(sorted(before.facets)), unique=True))
    found = {name: before.facets[name] for name in kept}
    for name in draw(st.lists(st.sampled_from(["cost", "other_sim", "again", "no", "của_riêng"]), unique=True)):
        asked = LINES if name not in GENERIC else st.one_of(st.just(()), LINES)
        found[name] = Facet(name, draw(TEXT), draw(asked), draw(st.one_of(st.just(()), LINES)))
    return found


@st.composite
def steps(draw: st.DrawFn, before: Topic) -> tuple[Step, ...]:
    """Returns some of a topic's steps and new ones."""
    new = st.builds(Step, LINE, TEXT, st.one_of(st.just(""), TEXT))
    return tuple(draw(st.lists(st.one_of(st.sampled_from(before.steps), new) if before.steps else new, max_size=4)))


@st.composite
def changes(draw: st.DrawFn, topic: Topic) -> Topic:
    """Returns a topic with some of its fields changed."""
    strategies = {
        "title": LINE,
        "answer": TEXT,
        "more": st.one_of(st.just(""), TEXT),
        "next": st.one_of(st.just(()), st.lists(st.sampled_from(["hotline", "scam", "x_1"]), unique=True).map(tuple)),
        "source": st.one_of(st.just(()), LINES, questions(topic.source or ("a",))),
        "checked_on": st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1)),
        "supersedes": st.one_of(st.just(""), LINE),
        "questions": questions(topic.questions),
        "facets": facets(topic) if topic.facets else st.just({}),
        "facets_not_needed": st.dictionaries(st.sampled_from(["bring", "who", "hours"]), LINE),
        "steps": steps(topic),
    }
    names = draw(st.sets(st.sampled_from(sorted(strategies)), min_size=1))
    return dataclasses.replace(topic, **{name: draw(strategies[name]) for name in sorted(names)})


class TestAFileThatIsSavedUnchanged:
    @pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
    def test_is_the_same_byte_for_byte(self, path: Path) -> None:
        text = path.read_bytes().decode()
        assert edited(text, parse_topic(text, path)) == text

    def test_has_its_comments(self) -> None:
        assert edited(COMMENTED, parse_topic(COMMENTED, PATH)) == COMMENTED


class TestWhateverIsEdited:
    @given(st.data())
    @settings(max_examples=400, deadline=None)
    def test_reads_back_and_keeps_every_comment(self, data: st.DataObject) -> None:
        topic = data.draw(changes(parse_topic(COMMENTED, PATH)))
        text = edited(COMMENTED, topic)
        assert parse_topic(text, PATH) == topic
        assert sorted(comments_of(text)) == sorted(COMMENTS)

    @given(st.data(), st.sampled_from(FILES))
    @settings(max_examples=100, deadline=None)
    def test_reads_back_in_our_own_files(self, data: st.DataObject, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        topic = data.draw(changes(parse_topic(text, path)))
        assert parse_topic(edited(text, topic), path) == topic

    @given(st.data())
    @settings(max_examples=150, deadline=None)
    def test_survives_a_second_and_a_third_edit(self, data: st.DataObject) -> None:
        text = COMMENTED
        for _ in range(3):
            topic = data.draw(changes(parse_topic(text, PATH)))
            text = edited(text, topic)
            assert parse_topic(text, PATH) == topic
        assert sorted(comments_of(text)) == sorted(COMMENTS)

    @given(st.data())
    @settings(max_examples=100, deadline=None)
    def test_keeps_the_line_ends_of_windows(self, data: st.DataObject) -> None:
        topic = data.draw(changes(parse_topic(COMMENTED, PATH)))
        text = edited(COMMENTED.replace("\n", "\r\n"), topic)
        assert text.count("\r\n") == text.count("\n")
        assert parse_topic(text, PATH) == topic

    @pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
    def test_our_own_topics_are_written_whole(self, path: Path) -> None:
        topic = parse_topic(path.read_text(encoding="utf-8"), path)
        assert parse_topic(written(topic), path) == topic

    @given(st.data())
    @settings(max_examples=100, deadline=None)
    def test_a_new_file_reads_back(self, data: st.DataObject) -> None:
        topic = data.draw(changes(parse_topic(COMMENTED, PATH)))
        assert parse_topic(written(topic), PATH) == topic


class TestOneChange:
    def change(self, **fields: object) -> list[str]:
        """Returns the lines that differ, as a diff shows them."""
        topic = dataclasses.replace(parse_topic(COMMENTED, PATH), **fields)
        before, after = COMMENTED.splitlines(), edited(COMMENTED, topic).splitlines()
        import difflib

        return [line for line in difflib.ndiff(before, after) if line[0] in "+-"]

    def test_of_a_question_touches_its_line_only(self) -> None:
        topic = parse_topic(COMMENTED, PATH)
        asked = ("câu một sửa rồi", *topic.questions[1:])
        assert self.change(questions=asked) == [
            "-   - 'câu một'   # cạnh câu một", "+   - 'câu một sửa rồi'   # cạnh câu một",
        ]  # fmt: skip

    def test_of_an_added_question_is_one_line_in_the_style_of_the_others(self) -> None:
        topic = parse_topic(COMMENTED, PATH)
        asked = (*topic.questions[:2], "câu mới", *topic.questions[2:])
        assert self.change(questions=asked) in (["+   - câu mới"], ["+   - 'câu mới'"])

    def test_of_a_removed_question_leaves_its_comment(self) -> None:
        asked = parse_topic(COMMENTED, PATH).questions[1:]
        assert self.change(questions=asked) == ["-   - 'câu một'   # cạnh câu một", "+   # cạnh câu một"]

    def test_of_the_day_touches_one_line(self) -> None:
        assert self.change(checked_on=datetime.date(2026, 12, 1)) == [
            "- checked_on: 2026-11-22 # ngày đọc", "+ checked_on: 2026-12-01 # ngày đọc",
        ]  # fmt: skip

    def test_of_a_facet_touches_its_lines_only(self) -> None:
        facets = dict(parse_topic(COMMENTED, PATH).facets)
        facets["time"] = Facet("time", "Ngay.")
        changed = sorted(self.change(facets=facets))
        assert changed == ["+     Ngay.", "-     Lâu thì gọi #1.", "-     Vài phút."]

    def test_of_a_facet_added_stands_behind_the_one_before_it(self) -> None:
        facets = parse_topic(COMMENTED, PATH).facets
        added = {"cost": facets["cost"], "who": Facet("who", "Ai cũng được.", source=("Luật",)), **facets}
        assert self.change(facets=added) == [
            "+   who:", "+     say: |-", "+       Ai cũng được.", '+     source: ["Luật"]',
        ]  # fmt: skip

    def test_of_a_step_touches_its_line_only(self) -> None:
        first, *rest = parse_topic(COMMENTED, PATH).steps
        changed = self.change(steps=(dataclasses.replace(first, where=""), *rest))
        assert [line for line in changed if "Bấm" in line] == []
        assert any("# cạnh bước một" in line for line in changed if line[0] == "+")

    def test_of_the_title_keeps_its_style(self) -> None:
        assert self.change(title="Khác: có hai chấm") == [
            "- title: Tiêu đề thử # ghi chú tiêu đề", "+ title: 'Khác: có hai chấm' # ghi chú tiêu đề",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "questions_block",
    ["questions:\n- câu một\n- câu hai\n", "questions: ['câu một', \"câu hai\"]\n", "questions: câu một\n",
     "questions:\n    -   'câu một'\n    -   |-\n      câu hai\n", "questions: [\n  câu một, # ghi\n  câu hai\n]\n"],
)  # fmt: skip
def test_other_ways_to_write_a_list_are_edited_too(questions_block: str) -> None:
    text = f"topic: thu\ntitle: T\nanswer: a\nsource: S\nchecked_on: 2026-11-22\n{questions_block}"
    topic = parse_topic(text, PATH)
    changed = dataclasses.replace(topic, questions=("câu không", *topic.questions[1:], "câu ba"))
    assert parse_topic(edited(text, changed), PATH).questions == changed.questions


def test_empty_fields_are_filled_where_they_stand() -> None:
    text = "topic: thu\ntitle:   # ghi\nanswer:\nmore:\nsource:\nchecked_on: 2026-11-22\nquestions: []\n"
    topic = dataclasses.replace(
        parse_topic(text, PATH), title="T", answer="một\nhai", more="m", source=("S",), questions=("câu",)
    )
    after = edited(text, topic)
    assert parse_topic(after, PATH) == topic
    assert "# ghi" in after


class TestCleaning:
    @given(st.text())
    def test_leaves_nothing_that_yaml_cannot_hold(self, text: str) -> None:
        cleaned = clean_text(text)
        assert clean_text(cleaned) == cleaned
        assert yaml.safe_load(yaml.safe_dump([cleaned], allow_unicode=True)) == [cleaned]

    def test_joins_what_was_pasted_as_lines(self) -> None:
        assert clean_lines("  một \r\n\r\nhai\u2028ba\nmột") == ("một", "hai", "ba")
        assert clean_line("a\tb\x00\u202ec\ufeff") == "a bc"
        assert clean_text("a  \n\n\n\nb\x85c ") == "a\n\nb\nc"
