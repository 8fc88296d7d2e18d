"""A conversation's language: what an event brings, what a turn leaves, who is spoken to in it without the engine."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.messages.events import Event
from assistant.messages.inbox import Taken
from assistant.messages.rate_limits import DoorLimits
from assistant.messages.turns import Claimed, note_failure, run_turn, take_turn
from tests.kit.turns import PULLED, Connection, FakeEngine, write
from tests.messages.test_rate_limits import FEW, deliver, event

AN = "zalo:an"


def language(connection: Connection, conversation: str = AN) -> Any:
    row = connection.execute("SELECT language FROM conversations WHERE id = %s", (conversation,)).fetchone()
    return row[0] if row else "no conversation"


def bodies(connection: Connection) -> list[dict[str, Any]]:
    return [body for (body,) in connection.execute("SELECT body FROM outbox ORDER BY id").fetchall()]


def speaks(connection: Connection, spoken: str | None) -> None:
    connection.execute("UPDATE conversations SET language = %s", (spoken,))


@pytest.mark.parametrize("given", [{"language": "en"}, {"locale": "vi"}, {"language": "vi", "locale": "en"}])
def test_what_a_door_knows_of_a_language_is_kept_with_the_event(connection: Connection, given: dict[str, str]) -> None:
    write(connection, AN, "ok", **given)
    row = connection.execute("SELECT body FROM inbox").fetchone()
    assert row == ({"text": "ok", **given},)


@pytest.mark.parametrize("strange", ["fr", "EN", "<script>", "en ", "0901000123"])
def test_what_is_no_language_of_ours_is_not_kept(connection: Connection, strange: str) -> None:
    write(connection, AN, "ok", language=strange, locale=strange)
    row = connection.execute("SELECT body FROM inbox").fetchone()
    assert row == ({"text": "ok"},)


def test_a_turn_leaves_its_language_and_its_replies_say_it_where_it_is_not_vietnamese(connection: Connection) -> None:
    for spoken in ("en", "vi"):
        write(connection, AN, spoken)
        take_turn(connection, AN, FakeEngine(language=spoken), PULLED)
        assert language(connection) == spoken
    first, second = bodies(connection)
    assert first["language"] == "en"
    assert "language" not in second


def test_a_message_that_the_node_sends_itself_says_it_too(connection: Connection) -> None:
    write(connection, AN, "hello")
    taken = run_turn(connection, AN, FakeEngine(language="en"), PULLED, owner="node")
    assert taken
    assert taken.leased
    assert taken.leased.body["language"] == "en"


def test_the_next_turn_begins_in_it_also_after_one_that_failed(connection: Connection) -> None:
    seen: list[str | None] = []

    def look(claimed: Claimed, own: Connection) -> None:
        seen.append(claimed.language)
        if claimed.body["text"] == "broken":
            raise RuntimeError("broken")

    for text, spoken in (("hello", "en"), ("broken", "")):
        write(connection, AN, text)
        for _ in range(3):
            try:
                take_turn(connection, AN, FakeEngine(trouble=look, language=spoken), PULLED)
            except RuntimeError:
                note_failure(connection, AN)
    write(connection, AN, "again")
    take_turn(connection, AN, FakeEngine(trouble=look), PULLED)
    assert seen == [None, "en", "en", "en"]
    assert [body["text"] for body in bodies(connection)] == ["dạ hello", "sorry", "dạ again"]
    assert bodies(connection)[1]["language"] == "en"
    assert language(connection) == "en"


def test_while_a_person_answers_it_stays(connection: Connection) -> None:
    write(connection, AN, "hello")
    take_turn(connection, AN, FakeEngine(language="en"), PULLED)
    connection.execute("INSERT INTO handovers (conversation, state, reason) VALUES (%s, 'with_person', 'asked')", (AN,))
    write(connection, AN, "are you there")
    take_turn(connection, AN, FakeEngine(language="vi"), PULLED)
    assert language(connection) == "en"


@pytest.mark.parametrize(
    ("spoken", "words", "marked"),
    [
        (None, "Bạn nhắn hơi nhanh", None),
        ("vi", "Bạn nhắn hơi nhanh", None),
        ("en", "You are writing a little fast", "en"),
    ],
)
def test_who_is_beyond_the_limit_is_told_so_in_it(
    database_url: str, connection: Connection, spoken: str | None, words: str, marked: str | None
) -> None:
    deliver(database_url, [event(0)])
    speaks(connection, spoken)
    deliver(database_url, [event(number) for number in range(1, 9)])
    [told] = bodies(connection)
    assert told["text"].startswith(words)
    assert told.get("language") == marked
    assert (told["limit"], told["buttons"]) == ("a_minute", [])


def test_who_is_beyond_the_limit_with_the_very_first_messages_is_told_in_vietnamese(
    database_url: str, connection: Connection
) -> None:
    many = [event(number) for number in range(9)]
    assert deliver(database_url, many, limits=FEW)[0].count(Taken.TOLD) == 4
    assert bodies(connection)[0]["text"].startswith("Bạn nhắn hơi nhanh")


def test_both_limits_have_words_in_each_language() -> None:
    sentences = DoorLimits().sentences
    assert sentences.keys() == {"vi", "en"}
    assert all(words.keys() == {"a_minute", "an_hour"} for words in sentences.values())


def test_an_event_says_nothing_of_a_language_by_itself() -> None:
    plain = Event("web", "1", "web:x", "text", "hello")
    assert (plain.language, plain.locale) == ("", "")
