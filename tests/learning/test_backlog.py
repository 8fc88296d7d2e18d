"""The learning inbox from real turns: what comes into it, how it is grouped, what goes when a person goes."""

from __future__ import annotations

import datetime
import hashlib
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from assistant.content.examples import read_examples
from assistant.content.likeness import uniform, vectorizer
from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.scripts import play, read_script
from assistant.learning import backlog, drafts, inbox
from assistant.learning.case_files import script_of, story_of, ways_to_say
from assistant.learning.clusters import MOST_TEXTS, groups_of
from assistant.learning.objections import objects
from assistant.learning.samples import with_samples
from assistant.privacy import erasure
from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from assistant.settings import ROOT
from tests.kit import postgres, warm
from tests.kit.talk import KEY, VAGUE, Talk, host_for

NOW = datetime.timedelta(0)
Database = psycopg.Connection[Any]
STRANGE = "nhà tôi có con mèo nó kêu suốt đêm qua"
UNLIKELY = (
    "bảo hiểm cho chó mèo có không vậy", "vậy là sao nữa", "mở hộ khẩu ở đâu trong app", "vụ đó sao rồi",
    STRANGE, *VAGUE,
)  # fmt: skip


@pytest.fixture(scope="module")
def host(model_path: Path, server_url: str) -> Iterator[AgentHost]:
    with host_for(model_path, postgres.create(server_url)) as loaded:
        yield loaded


class People:
    """Makes new persons who talk on one database."""

    def __init__(self, host: AgentHost, connection: Database) -> None:
        self._host = host
        self.connection = connection

    def somebody(self) -> Talk:
        return Talk(self._host, self.connection, Vault([KEY]))

    def taken_in(self) -> list[tuple[str, str]]:
        """Returns what the inbox has, text and reason, in the order it was written."""
        backlog.collect(self.connection, NOW)
        return self.connection.execute("SELECT text, reason FROM learning_messages ORDER BY turn_id").fetchall()

    def usage(self) -> dict[str, tuple[int, int]]:
        rows = self.connection.execute("SELECT topic, answered, objected FROM learning_usage")
        return {topic: (answered, objected) for topic, answered, objected in rows}


@pytest.fixture
def people(host: AgentHost, connection: Database) -> People:
    return People(host, connection)


def not_understood(talk: Talk, *texts: str) -> str:
    """Says the first of the texts that the present model does not understand, and returns it."""
    for text in (*texts, *UNLIKELY):
        talk.say(text)
        if talk.intent() == "nlu_fallback":
            return text
    raise AssertionError("everything was understood")


class TestWhatComesIn:
    def test_is_what_was_not_understood(self, people: People) -> None:
        talk = people.somebody()
        text = not_understood(talk)
        talk.say("tổng đài số mấy")
        assert (text, "fallback") in people.taken_in()
        assert "tổng đài số mấy" not in [text for text, _ in people.taken_in()]

    def test_is_an_answer_that_was_objected_to(self, people: People) -> None:
        talk = people.somebody()
        talk.say("tổng đài số mấy")
        talk.say("không phải ý tôi hỏi")
        assert people.taken_in() == [("tổng đài số mấy", "objected")]
        assert people.usage() == {"hotline": (1, 1)}

    def test_is_an_answer_with_its_thumb_down_counted_once(self, people: People) -> None:
        talk = people.somebody()
        talk.say("tổng đài số mấy")
        rate = "INSERT INTO ratings (outbox_id, conversation, good) SELECT id, conversation, false FROM outbox"
        people.connection.execute(f"{rate} ORDER BY id LIMIT 1")
        assert people.taken_in() == [("tổng đài số mấy", "objected")]
        people.connection.execute("UPDATE ratings SET at = now()")
        people.taken_in()
        assert people.usage() == {"hotline": (1, 1)}

    @pytest.mark.parametrize("bare", ["bao lâu", "thế mất phí không"])
    def test_is_never_a_bare_side_of_what_is_talked_about(self, people: People, bare: str) -> None:
        talk = people.somebody()
        for text in ("tổng đài số mấy", bare, "không phải ý tôi hỏi"):
            talk.say(text)
        talk.say("không phải ý tôi hỏi")
        rate = "INSERT INTO ratings (outbox_id, conversation, good) SELECT id, conversation, false FROM outbox"
        people.connection.execute(f"{rate} ORDER BY id")
        people.connection.execute("UPDATE turns SET confidence = 0.5")
        assert bare not in [text for text, _ in people.taken_in()]
        assert people.usage()["hotline"][1] >= 1, "the answer was objected to all the same"

    def test_is_a_question_that_names_its_topic_in_the_talk_of_it(self, people: People) -> None:
        talk = people.somebody()
        for text in ("tổng đài số mấy", "cho em xin số điện thoại tổng đài", "không phải ý tôi hỏi"):
            talk.say(text)
        assert people.taken_in() == [("cho em xin số điện thoại tổng đài", "objected")]

    def test_is_not_what_somebody_declines(self, people: People) -> None:
        talk = people.somebody()
        for text in ("tổng đài số mấy", "không, cảm ơn", "không"):
            talk.say(text)
        assert people.taken_in() == []
        assert people.usage() == {"hotline": (1, 0)}

    def test_is_not_an_objection_of_the_next_day(self, people: People) -> None:
        talk = people.somebody()
        talk.say("tổng đài số mấy")
        people.connection.execute("UPDATE turns SET at = at - interval '1 day'")
        talk.say("không phải ý tôi hỏi")
        assert people.taken_in() == []

    def test_counts_what_was_pressed_as_an_answer_but_learns_nothing_from_it(self, people: People) -> None:
        talk = people.somebody()
        talk.press("#faq/office")
        talk.say("không đúng, trả lời sai rồi")
        assert "office" not in str(people.taken_in())
        assert people.usage() == {"office": (1, 1)}

    def test_has_no_identifier_in_it(self, people: People) -> None:
        talk = people.somebody()
        text = "mã 7900000123 số 0901000123 thư an.b@example.com bị quay vòng vòng kiểu con mèo"
        talk.say(text)
        people.connection.execute("UPDATE turns SET intent = 'nlu_fallback'")
        ((kept, _),) = people.taken_in()
        assert not any(secret in kept for secret in ("7900000123", "0901000123", "example.com"))
        assert "⟦bhxh_code:" in kept
        assert with_samples(kept).startswith("mã 7900000123 số 0901000123 thư nguyen.an@example.com bị quay")

    def test_leaves_out_what_asks_nothing(self, people: People) -> None:
        talk = people.somebody()
        for text in ("7900000123", "👍👍", "?!"):
            talk.say(text)
        people.connection.execute("UPDATE turns SET intent = 'nlu_fallback'")
        assert people.taken_in() == []

    def test_comes_once_however_often_it_is_collected(self, people: People) -> None:
        talk = people.somebody()
        talk.say("tổng đài số mấy")
        talk.say("không phải ý tôi hỏi")
        first, usage = people.taken_in(), people.usage()
        assert (people.taken_in(), people.usage()) == (first, usage)

    def test_waits_until_turns_are_settled(self, people: People) -> None:
        talk = people.somebody()
        not_understood(talk)
        assert backlog.collect(people.connection) == 0
        people.connection.execute("UPDATE turns SET at = at - interval '1 minute'")
        assert backlog.collect(people.connection) > 0

    def test_goes_with_the_person(self, people: People) -> None:
        talk = people.somebody()
        not_understood(talk)
        people.taken_in()
        backlog.regroup(people.connection)
        assert inbox.groups(people.connection)[0]
        with people.connection.transaction():
            erasure.erase(people.connection, talk.conversation)
        assert people.taken_in() == []
        assert inbox.groups(people.connection)[0] == []


@pytest.mark.parametrize(
    ("intent", "text", "is_objection"),
    [
        ("deny", "không đúng", True),
        ("deny", "không phải ý tôi hỏi", True),
        ("deny", "sai rồi", True),
        ("deny", "trả lời lung tung quá", True),
        ("deny", "khong phai vay", True),
        ("nlu_fallback", "bạn chưa trả lời đúng câu tôi hỏi", True),
        ("nlu_fallback", "hỏi một đằng trả lời một nẻo", True),
        ("complain", "bực mình ghê", True),
        ("deny", "không", False),
        ("deny", "dạ thôi không cần ạ", False),
        ("deny", "tôi không có email", False),
        ("deny", "không phải số của tôi", False),
        ("deny", "chưa được ạ, vẫn y như cũ", False),
        ("nlu_fallback", STRANGE, False),
        ("faq/hotline", "không đúng", False),
    ],
)
def test_objections_are_told_from_a_plain_no(intent: str, text: str, is_objection: bool) -> None:
    assert objects(intent, text) is is_objection


class Filled:
    """A database with messages that nobody understood, put in without the engine."""

    def __init__(self, connection: Database) -> None:
        self.connection = connection

    def say(self, text: str, person: str = "", minutes_ago: int = 5) -> None:
        conversation = f"web:{person or uuid.uuid4().hex}"
        self.connection.execute(
            "INSERT INTO conversations (id, channel) VALUES (%s, 'web') ON CONFLICT DO NOTHING", (conversation,)
        )
        at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes_ago)
        row = self.connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body, done_at)"
            " VALUES ('web', %s, %s, 'text', %s, now()) RETURNING id",
            (uuid.uuid4().hex, conversation, Jsonb({"text": text})),
        ).fetchone()
        assert row is not None
        self.connection.execute(
            "INSERT INTO turns (conversation, inbox_id, intent, confidence, at)"
            " VALUES (%s, %s, 'nlu_fallback', 0.2, %s)",
            (conversation, row[0], at),
        )

    def groups(self, **more: Any) -> list[list[str]]:
        backlog.collect(self.connection, NOW)
        backlog.regroup(self.connection)
        found, _ = inbox.groups(self.connection, **more)
        return [[text.text for text in group.texts] for group in found]


@pytest.fixture
def filled(connection: Database) -> Filled:
    return Filled(connection)


SIM = ["sim bị thu hồi thì sao", "sim thu hồi rồi thì sao ạ", "bị thu hồi sim thì làm sao"]
CATS = ["mèo có bảo hiểm không", "bảo hiểm cho mèo có không"]


class TestGroups:
    def test_are_texts_that_ask_alike_the_most_asked_first(self, filled: Filled) -> None:
        for text in (*CATS, *SIM):
            filled.say(text)
        found = filled.groups()
        assert [set(group) for group in found] == [set(SIM), set(CATS)]

    def test_count_people_and_messages(self, filled: Filled) -> None:
        for person in ("a", "a", "b"):
            filled.say(SIM[0], person)
        filled.say(SIM[1], "c", minutes_ago=1)
        filled.groups()
        ((group,), more) = inbox.groups(filled.connection)
        assert (group.people, group.messages, group.count, more) == (3, 4, 2, False)
        assert datetime.datetime.now(datetime.UTC) - group.last_at < datetime.timedelta(minutes=2)

    def test_take_ways_of_writing_for_one_text(self, filled: Filled) -> None:
        for text in ("Rút sim ra rồi", "rut sim ra roi", "RÚT SIM RA RỒI!!"):
            filled.say(text)
        assert [len(group) for group in filled.groups()] == [1]

    def test_a_decision_that_outlives_its_texts_says_no_text_to_who_tries_texts(self, filled: Filled) -> None:
        filled.say(SIM[0])
        filled.groups()
        key = backlog.key_of(SIM[0])
        assert key
        backlog.decide(filled.connection, [key], "hidden", "lan")
        plain = {hashlib.sha256(form.encode()).digest() for form in (SIM[0], uniform(SIM[0]))}
        kept = filled.connection.execute("SELECT key FROM learning_decisions UNION SELECT key FROM learning_messages")
        assert {bytes(each) for (each,) in kept} == {key}
        assert key not in plain

    def test_what_an_earlier_version_kept_is_keyed_once_and_stays_decided(self, filled: Filled) -> None:
        filled.say(SIM[0])
        filled.groups()
        old, key = hashlib.sha256(uniform(SIM[0]).encode()).digest(), backlog.key_of(SIM[0])
        do = filled.connection.execute
        do("UPDATE learning_messages SET key = %s, keyed = false WHERE key = %s", (old, key))
        do("INSERT INTO learning_decisions (key, decision, staff) VALUES (%s, 'hidden', 'lan')", (old,))
        assert backlog.key_old(filled.connection) == 2
        assert backlog.key_old(filled.connection) == 0
        assert do("SELECT key FROM learning_decisions").fetchall() == [(key,)]
        assert do("SELECT key FROM learning_messages").fetchall() == [(key,)]

    def test_lose_what_was_decided(self, filled: Filled) -> None:
        for text in (*CATS, *SIM):
            filled.say(text)
        filled.groups()
        keys = [key for key in map(backlog.key_of, SIM) if key]
        backlog.decide(filled.connection, keys[:2], "hidden", "lan")
        assert SIM[2] in str(filled.groups())
        backlog.decide(filled.connection, keys[2:], "assigned", "lan", "lost_phone")
        filled.say(SIM[0])
        assert [set(group) for group in filled.groups()] == [set(CATS)]

    def test_are_filtered_by_reason_and_paged(self, filled: Filled) -> None:
        for number in range(inbox.PAGE + 2):
            unlike = hashlib.sha256(bytes([number])).hexdigest()[:8]  # the same at each run: chance may look alike
            filled.say(f"{chr(97 + number) * 3} {chr(110 + number % 10) * 4} {unlike}")
        filled.groups()
        first, more = inbox.groups(filled.connection)
        second, no_more = inbox.groups(filled.connection, page=1)
        assert (len(first), more, no_more) == (inbox.PAGE, True, False)
        assert {g.number for g in first}.isdisjoint({g.number for g in second})
        assert inbox.groups(filled.connection, reason="objected")[0] == []

    def test_of_the_most_texts_there_may_be_take_no_second(self) -> None:
        texts = [example.text for example in read_examples(ROOT / "data")][:MOST_TEXTS]
        keys = list(map(uniform, texts))  # once a text, when it comes in
        vectorizer().fit_transform(keys[:10])
        groups_of(texts[:10])  # the libraries are loaded
        started = time.thread_time()
        assert len(groups_of(texts)) == MOST_TEXTS
        assert time.thread_time() - started < 1.5  # 0.7 s when the machine is free
        with pytest.raises(ValueError, match="at most"):
            groups_of([*texts, *texts])


class TestTheConversationAround:
    def test_is_one_sitting_with_what_was_understood(self, people: People) -> None:
        talk = people.somebody()
        talk.say("chào")
        people.connection.execute("UPDATE turns SET at = at - interval '3 hours'")
        talk.say("tổng đài số mấy")
        talk.press("#faq/office")
        last = people.connection.execute("SELECT max(id) FROM turns").fetchone()
        found = inbox.around(people.connection, last[0])  # type: ignore[index]
        assert found is not None
        assert found[0] == talk.conversation
        assert [exchange.intent for exchange in found[1]] == ["faq/hotline", "faq/office"]
        assert "1900 9068" in found[1][0].replies[0]["text"]
        assert inbox.around(people.connection, 10**12) is None

    def test_becomes_a_test_case_that_passes(self, people: People, tmp_path: Path, host: AgentHost) -> None:
        talk = people.somebody()
        for text in ("chào bạn", "tổng đài: số mấy", "em quên mật khẩu", "7900000123", "thôi khỏi"):
            talk.say(text)
        talk.press("#reset_password")
        talk.say(kind="media", media="image")
        exchanges = inbox.around(people.connection, self.last(people))[1]  # type: ignore[index]
        text = script_of(exchanges, "thử: một cuộc", "digressions", ways_to_say(ROOT / "domain.yml"))
        path = tmp_path / "thu.yml"
        path.write_text(text, encoding="utf-8")
        script = read_script(path)
        assert (script.name, script.behaviour, len(script.steps)) == ("thử: một cuộc", "digressions", 7)
        assert script.steps[3].act.values == ("7900000123",)
        with rehearsal(people.connection, host, Vault([KEY])) as speak:
            assert [str(finding) for finding in play(script, speak)] == []

    def test_becomes_a_story_that_the_rules_allow(self, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", warm.python())
        talk = people.somebody()
        for text in ("chào bạn", "tổng đài số mấy", "em quên mật khẩu", "7900000123", "tổng đài số mấy", "0901000123"):
            talk.say(text)
        for text in ("cảm ơn", "em quên mật khẩu", "thôi khỏi"):
            talk.say(text)
        exchanges = inbox.around(people.connection, self.last(people))[1]  # type: ignore[index]
        text = story_of(exchanges, "thử", {"reset_form", "question_form"})
        assert "7900000123" not in text
        assert "⟦" not in text
        assert drafts.run("story", text, {}) == [], text
        wrong = drafts.run("story", text.replace("action: utter_greet", "action: utter_thank", 1), {})
        assert "nhưng quy tắc" in wrong[0]
        (unknown,) = drafts.run("story", text.replace("intent: greet", "intent: gret", 1), {})
        assert "Không có ý định tên “gret”" in unknown

    def last(self, people: People) -> int:
        row = people.connection.execute("SELECT max(id) FROM turns").fetchone()
        return int(row[0]) if row else 0
