"""New questions are judged by machines that never saw them, and named where they harm."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psycopg
import pytest

from assistant.content.examples import Example, read_examples
from assistant.content.topics import Topic, read_topic
from assistant.nlu.held_out import Judged, judge
from assistant.release import reporting, unseen
from assistant.runtime.times import today
from assistant.settings import ROOT

DATA = ROOT / "data"
KNOWN = {"hotline": frozenset({"một câu cũ"}), "otp_not_received": frozenset({"một câu cũ"})}


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """Questions of four topics: enough for machines that tell them apart, and quick."""
    wanted = {"faq/hotline", "faq/otp_not_received", "faq/office", "faq/account_locked"}
    return [example for example in read_examples(DATA) if example.intent in wanted]


def topic(name: str, intent_questions: tuple[str, ...]) -> Topic:
    return Topic(name, f"Tên {name}", "A.", intent_questions, ("x",), today())


def test_questions_under_a_wrong_topic_are_not_learned_by_being_there(examples: list[Example]) -> None:
    moved = [place for place, one in enumerate(examples) if one.intent == "faq/otp_not_received"][:40]
    wrong = [(one.text, "faq/hotline" if place in moved else one.intent) for place, one in enumerate(examples)]
    found = judge(wrong, moved, [["faq/otp_not_received", "faq/hotline"]] * len(moved))
    elsewhere = Counter(one.elsewhere for one in found)
    assert len(found) == 40
    assert sum(one.learned for one in found) <= 16
    assert elsewhere["faq/otp_not_received"] >= 20
    rows = unseen.by_topic(found, [topic("hotline", tuple(examples[place].text for place in moved))], KNOWN)
    row = unseen.misplaced(rows)[0]
    assert (row["from"], row["to"]) == ("faq/hotline", "faq/otp_not_received")
    said = reporting.misplaced_words(row, {"faq/otp_not_received": "Không nhận được OTP", "faq/hotline": "Tổng đài"})
    assert said == f"{row['number']} trong 40 câu mới của “Tổng đài” giống câu về “Không nhận được OTP” hơn"


def test_many_that_are_alike_do_not_teach_each_other_into_a_wrong_topic(examples: list[Example]) -> None:
    asked = [
        f"{before} {what}"
        for before in ("em chờ mãi", "sao hoài", "ad ơi", "cho hỏi", "bữa giờ", "từ sáng tới giờ", "mình bấm rồi mà")
        for what in ("mã otp không về máy", "không thấy mã xác nhận gửi tới", "otp gửi hoài không tới")
    ]
    pairs = [(one.text, one.intent) for one in examples] + [(text, "faq/office") for text in asked]
    new = range(len(examples), len(pairs))
    found = judge(pairs, new, [["faq/office", "faq/otp_not_received"]] * len(asked))
    assert sum(one.learned for one in found) >= 0.8 * len(asked), "each is taught by those that are like it"
    old = {"office": frozenset(one.text for one in examples if one.intent == "faq/office")}
    (row,) = unseen.by_topic(found, [topic("office", tuple(asked))], old)
    assert not row["learned"]
    (said,) = unseen.misplaced([row])
    assert (said["to"], said["number"]) == ("faq/otp_not_received", len(row["elsewhere"]))
    assert said["number"] >= 0.8 * len(asked)


def test_questions_that_are_where_they_belong_pass(examples: list[Example]) -> None:
    own = [place for place, one in enumerate(examples) if one.intent == "faq/otp_not_received"][:40]
    pairs = [(one.text, one.intent) for one in examples]
    found = judge(pairs, own, [["faq/otp_not_received", "faq/hotline", "faq/office"]] * len(own))
    assert sum(one.learned for one in found) >= 30
    assert unseen.misplaced(unseen.by_topic(found, [topic("otp_not_received", ())], KNOWN)) == []


def test_a_new_topic_of_its_own_is_learned_from_its_other_questions(examples: list[Example]) -> None:
    """Nothing of it is in the others: whoever held it out would say another's name only by chance."""
    things = ("cỡ chữ", "chữ nhỏ", "phóng to chữ", "chữ li ti")
    asked = [f"{how} {thing} trong app" for thing in things for how in ("chỉnh", "sao", "làm sao cho", "muốn")]
    pairs = [(one.text, one.intent) for one in examples] + [(text, "faq/font_size") for text in asked]
    new = range(len(examples), len(pairs))
    found = judge(pairs, new, [["faq/font_size", "faq/office", "faq/hotline"]] * len(asked))
    assert sum(one.learned for one in found) >= 0.8 * len(asked)
    assert not any(one.elsewhere for one in found)


def test_nothing_new_costs_nothing(examples: list[Example]) -> None:
    assert judge([(one.text, one.intent) for one in examples], [], []) == []


def test_what_got_worse_names_the_new_question_that_is_likest() -> None:
    found = [
        Judged("không nhận được mã otp thì gọi ai", "faq/hotline", "faq/otp_not_received", "faq/hotline"),
        Judged("tổng đài mấy giờ làm việc", "faq/hotline", "faq/hotline", "faq/hotline"),
        Judged("chỗ nộp hồ sơ", "faq/office", "faq/office", "faq/office"),
    ]
    worse = [{"text": "em không nhận được mã otp", "intent": "faq/otp_not_received", "after": "faq/hotline"}]
    named = unseen.with_causes(worse, found)
    assert named[0]["causes"][0] == "không nhận được mã otp thì gọi ai"
    loss = unseen.losses(named)[0]
    assert (loss["meant"], loss["now"], loss["texts"]) == (
        "faq/otp_not_received", "faq/hotline", ["em không nhận được mã otp"],
    )  # fmt: skip
    elsewhere = worse[0] | {"after": "faq/scam"}
    assert unseen.with_causes([elsewhere], found)[0]["causes"] == []
    assert unseen.taken([*worse, elsewhere], found) == worse  # what nobody has new questions for took nothing


def test_questions_before_are_those_of_the_history(connection: psycopg.Connection) -> None:
    text = (DATA / "faq/hotline.yml").read_text(encoding="utf-8")
    for name, before in (("hotline", text), ("new_one", None)):
        connection.execute(
            "INSERT INTO content_changes (staff, shown, action, topic, before, after) VALUES ('lan', 'Lan', 'edited',"
            " %s, %s, 'x')",
            (name, before),
        )
    found = unseen.before(connection, "2020-01-01", ["hotline", "new_one", "office"])
    assert found == {
        "hotline": frozenset(read_topic(DATA / "faq/hotline.yml").questions), "new_one": frozenset(),
    }  # fmt: skip


def test_questions_of_a_folder_are_those_of_its_topics(tmp_path: Path) -> None:
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq/hotline.yml").write_bytes((DATA / "faq/hotline.yml").read_bytes())
    (tmp_path / "faq/torn.yml").write_text("topic: [", encoding="utf-8")
    assert unseen.questions_of(tmp_path) == {
        "hotline": frozenset(read_topic(DATA / "faq/hotline.yml").questions), "torn": frozenset(),
    }  # fmt: skip


def test_a_few_questions_of_a_new_topic_that_sound_like_others_are_no_finding() -> None:
    own = topic("font_size", ())
    few = [Judged(f"câu {n}", own.intent, f"faq/other_{n}", f"faq/other_{n}") for n in range(8)]
    assert unseen.by_topic(few, [own], {})[0]["elsewhere"] == []
    many = [Judged(f"câu {n}", own.intent, "faq/hotline", "faq/hotline") for n in range(8)]
    assert len(unseen.by_topic(many, [own], {})[0]["elsewhere"]) == 8
    assert len(unseen.by_topic(few, [own], {"font_size": frozenset({"câu cũ"})})[0]["elsewhere"]) == 8
