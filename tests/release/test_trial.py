"""A candidate is tried without touching anything, and reads along without keeping anybody waiting."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.privacy.vault import Vault
from assistant.release import shadow, trials
from assistant.release.model import ReleaseError
from assistant.release.trial_isolation import Stage, apart
from assistant.settings import ROOT, Settings
from tests.kit.talk import KEY, Talk, host_for
from tests.release.test_store import Connection, built, make_live

HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def rehearsal(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each real table has."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {
        name: connection.execute(f"SELECT count(*) FROM public.{name}").fetchone()[0]  # type: ignore[index]
        for (name,) in tables
    }


def test_a_whole_reset_in_the_side_chat_leaves_no_trace(
    connection: Connection, rehearsal: Connection, model_path: Path
) -> None:
    before = counts(connection)
    stage = Stage(rehearsal, model_path, ROOT / "data", Settings())
    talk = uuid.uuid4()
    said, replies, understood = stage.turn(talk, "text", "em quên mật khẩu vssid")
    assert understood["intent"] == "reset_password"
    assert understood["form"]
    assert len(understood["ranking"]) == 3
    said, _, _ = stage.turn(talk, "text", "7900000123")
    assert "7900000123" not in said
    _, replies, understood = stage.turn(talk, "text", "0901000123")
    assert understood["mails"]
    assert "n•••n@e•••.com" in replies[-1]["text"]
    _, replies, _ = stage.turn(uuid.uuid4(), "text", "tổng đài số mấy")
    _, pressed, _ = stage.turn(talk, "text", "tổng đài số mấy")
    button = pressed[-1]["buttons"][0]["title"]
    assert stage.turn(talk, "press", button)[1]
    with pytest.raises(LookupError):
        stage.turn(talk, "press", "nút không có")
    stage.host.close()
    assert counts(connection) == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO public.desk_presence (agent) VALUES ('a')",
        "UPDATE public.releases SET state = 'ready'",
        "DELETE FROM public.resets",
        "TRUNCATE public.inbox",
        "CREATE TABLE public.x (y int)",
    ],
)
def test_nothing_real_can_be_changed_even_by_name(rehearsal: Connection, statement: str) -> None:
    apart(rehearsal)
    rehearsal.execute("INSERT INTO desk_presence (agent) VALUES ('a')")  # a table of its own
    with pytest.raises(psycopg.Error, match="read-only"):
        rehearsal.execute(statement)


def test_what_is_typed_is_sealed_until_it_is_answered(connection: Connection) -> None:
    vault, number = Vault([KEY]), built(connection)
    talk = trials.begin(connection, number, "lan")
    trials.say(connection, vault, talk, "text", "mã của tôi 7900000123")
    with pytest.raises(ReleaseError, match="đang được trả lời"):
        trials.say(connection, vault, talk, "text", "còn nữa")
    with pytest.raises(ReleaseError, match="gõ một câu"):
        trials.say(connection, vault, trials.begin(connection, number, "nam"), "text", "  ")
    assert trials.wanted(connection) == number
    asked = trials.next_asked(connection, number)
    assert asked is not None
    assert "7900000123" not in str(connection.execute("SELECT * FROM release_lines").fetchall())
    assert vault.open(bytes(asked.sealed), f"release {talk}") == "mã của tôi 7900000123"
    trials.answer(connection, asked.id, "mã của tôi ⟦bhxh_code:a⟧", [{"text": "dạ", "buttons": []}], {"intent": "x"})
    assert trials.wanted(connection) is None
    assert connection.execute("SELECT sealed FROM release_lines").fetchone() == (None,)
    assert trials.current(connection, number, "lan") == talk
    assert trials.current(connection, number, "nam") != talk


def test_reading_along_finds_what_differs_and_copies_no_text(
    connection: Connection, database_url: str, model_path: Path
) -> None:
    number = built(connection)
    with host_for(model_path, database_url) as host:
        talk = Talk(host, connection, Vault([KEY]))
        talk.say("câu cũ, trước khi đọc song song")
        shadow.begin(connection, number, HOUR)
        talk.say("tổng đài số mấy vậy")
        talk.press("#faq/office")  # was not read, but pressed
        talk.say("mã của em là 7900000123, tổng đài số mấy")
        assert shadow.wanted(connection) == number
        assert shadow.read_along(connection, number, host.understood)
        assert shadow.pairs(connection, number) == []
        shadow.begin(connection, number, HOUR)
        connection.execute("UPDATE releases SET shadow_turn = 0")
        seen: list[Any] = []

        def otherwise(kind: str, body: dict[str, Any], given: Any) -> tuple[str, float]:
            seen.append(body["text"])
            return "faq/office", 0.7

        assert shadow.read_along(connection, number, otherwise)
        assert not shadow.read_along(connection, number, otherwise)
    assert not any("7900000123" in text for text in seen)
    pair = next(pair for pair in shadow.pairs(connection, number) if pair.live == "faq/hotline")
    assert (pair.candidate, pair.times) == ("faq/office", 2)
    row = connection.execute("SELECT shadow_seen, shadow_differs FROM releases").fetchone()
    assert row == (3, 3)
    connection.execute("DELETE FROM conversations WHERE id = %s", (talk.conversation,))  # as an erasure does
    assert shadow.pairs(connection, number) == []


def test_reading_along_ends_by_itself_by_hand_and_when_something_goes_live(connection: Connection) -> None:
    first, second = built(connection), built(connection)
    for wrong in (datetime.timedelta(), datetime.timedelta(days=8)):
        with pytest.raises(ReleaseError):
            shadow.begin(connection, first, wrong)
    shadow.begin(connection, first, HOUR)
    shadow.begin(connection, second, HOUR)
    assert shadow.wanted(connection) == second
    shadow.end(connection, second)
    assert shadow.wanted(connection) is None
    shadow.begin(connection, second, HOUR)
    make_live(connection, first)
    assert shadow.wanted(connection) is None
    shadow.begin(connection, second, HOUR)
    connection.execute("UPDATE releases SET shadow_until = now() - interval '1 second'")
    assert shadow.wanted(connection) is None
    assert not shadow.read_along(connection, second, lambda kind, body, given: ("x", 1.0))


def test_a_busy_day_is_sampled_not_queued(connection: Connection, database_url: str, model_path: Path) -> None:
    number = built(connection)
    with host_for(model_path, database_url) as host:
        talk = Talk(host, connection, Vault([KEY]))
        talk.say("tổng đài số mấy vậy")
        shadow.begin(connection, number, HOUR)
        connection.execute(
            "INSERT INTO inbox (channel, event_id, conversation, kind, body, done_at)"
            " SELECT 'web', 'n' || n, conversation, kind, body, now() FROM inbox, generate_series(1, 300) n"
        )
        connection.execute(
            "INSERT INTO turns (conversation, inbox_id, intent, confidence, ranking, actions, model, milliseconds)"
            " SELECT i.conversation, i.id, t.intent, t.confidence, t.ranking, t.actions, t.model, 1"
            " FROM inbox i, turns t WHERE i.event_id LIKE 'n%%'"
        )
        rounds = 0
        while shadow.read_along(connection, number, lambda kind, body, given: ("faq/hotline", 1.0)):
            rounds += 1
    row = connection.execute("SELECT shadow_seen FROM releases").fetchone()
    assert rounds <= 11
    assert row is not None
    assert 0 < row[0] <= 110


def test_a_bare_question_is_read_along_in_its_conversation(
    connection: Connection, database_url: str, model_path: Path
) -> None:
    number = built(connection)
    shadow.begin(connection, number, HOUR)
    with host_for(model_path, database_url) as host:
        talk = Talk(host, connection, Vault([KEY]))
        for text in ("cho hỏi số tổng đài bảo hiểm xã hội", "thế tốn bao nhiêu tiền", "em quên mật khẩu vssid"):
            talk.say(text)
        talk.say("đưa số căn cước thay được không")
        assert shadow.read_along(connection, number, host.understood)
        seen = connection.execute("SELECT shadow_seen FROM releases WHERE id = %s", (number,)).fetchone()
        assert (seen, shadow.pairs(connection, number)) == ((4,), [])
        assert host.understood("text", {"text": "thế tốn bao nhiêu tiền"})[0] != "faq/hotline"
