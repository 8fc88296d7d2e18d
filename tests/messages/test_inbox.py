"""Events are taken once, whole, and without identifiers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from assistant.messages import inbox
from assistant.messages.bounds import TEXT_LIMIT
from assistant.messages.events import Event
from assistant.messages.turns import take_turn
from tests.kit.turns import PULLED, SAFE, Connection, FakeEngine, count, write

AN, BINH = "zalo:an", "zalo:binh"


def stored(connection: Connection) -> dict[str, Any]:
    row = connection.execute("SELECT body FROM inbox ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    return dict(row[0])


def whole(connection: Connection) -> str:
    rows = connection.execute("SELECT i::text FROM inbox i").fetchall()
    return "\n".join(row[0] for row in rows)


class TestOnce:
    def test_the_same_event_a_hundred_times_at_once_is_one_row_and_one_turn(
        self, database_url: str, connection: Connection
    ) -> None:
        def deliver(_: int) -> list[bool]:
            with psycopg.connect(database_url, autocommit=True) as own:
                return [write(own, AN, "xin chào", "e1") for _ in range(5)]

        with ThreadPoolExecutor(20) as pool:
            results = [new for news in pool.map(deliver, range(20)) for new in news]
        assert (len(results), sum(results)) == (100, 1)
        assert count(connection, "inbox") == 1
        engine = FakeEngine()
        while take_turn(connection, AN, engine, PULLED) is not None:
            pass
        assert engine.handled == [(AN, "xin chào")]
        assert not write(connection, AN, "xin chào", "e1")
        assert take_turn(connection, AN, engine, PULLED) is None

    def test_the_doors_own_way_in_is_as_strict(self, database_url: str, connection: Connection) -> None:
        async def deliver() -> list[bool]:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as own:
                return [await inbox.accept(own, Event("zalo", "e1", AN, "text", "chào"), SAFE) for _ in range(5)]

        async def all_at_once() -> list[list[bool]]:
            return await asyncio.gather(*(deliver() for _ in range(10)))

        assert sum(new for news in asyncio.run(all_at_once()) for new in news) == 1
        assert count(connection, "inbox") == 1

    def test_a_repeat_with_another_text_changes_nothing(self, connection: Connection) -> None:
        write(connection, AN, "xin chào", "e1")
        assert not write(connection, AN, "mã 7900000123", "e1")
        assert stored(connection)["text"] == "xin chào"
        assert count(connection, "vault") == 0

    def test_ids_are_told_apart_by_channel(self, connection: Connection) -> None:
        assert write(connection, "zalo:an", "a", "e1")
        assert write(connection, "web:an", "a", "e1")

    def test_what_is_rolled_back_was_never_accepted(self, connection: Connection) -> None:
        with connection.transaction(force_rollback=True):
            assert write(connection, AN, "a", "e1")
        assert write(connection, AN, "a", "e1")


class TestNothingPersonalIsKept:
    def test_identifiers_are_tokens_and_their_values_sealed(self, connection: Connection) -> None:
        write(connection, AN, "mã 7900000123, sđt 0901 000 123, e-mail an@example.com")
        assert not any(value in whole(connection) for value in ("7900000123", "0901", "an@example.com"))
        rows = connection.execute("SELECT token, sealed FROM vault").fetchall()
        opened = {SAFE.open(bytes(sealed), f"{AN} {token}") for token, sealed in rows}
        assert opened == {"7900000123", "0901000123", "an@example.com"}

    def test_a_value_sent_again_lives_on_and_expires_within_a_day(self, connection: Connection) -> None:
        write(connection, AN, "7900000123", "e1")
        connection.execute("UPDATE vault SET expires_at = now()")
        write(connection, AN, "7900000123", "e2")
        assert count(connection, "vault", "expires_at > now() + interval '23 hours'") == 1
        assert count(connection, "vault", "expires_at > now() + interval '25 hours'") == 0

    def test_passwords_are_kept_nowhere_and_noted(self, connection: Connection) -> None:
        write(connection, AN, "mật khẩu của em là hoa@2020")
        assert stored(connection)["dropped"] == ["secret"]
        assert "hoa@2020" not in whole(connection)
        assert count(connection, "vault") == 0

    def test_a_forged_button_carries_no_identifier_in(self, connection: Connection) -> None:
        event = Event("web", "e1", "web:an", "payload", "sđt 0901000123 an@example.com", payload="7900000123")
        inbox.accept_within(connection, event, SAFE)
        assert not any(value in whole(connection) for value in ("7900000123", "0901000123", "an@example.com"))

    def test_a_buttons_own_payload_and_title_stay_as_they_are(self, connection: Connection) -> None:
        event = Event("web", "e1", "web:an", "payload", "Quên mật khẩu", payload="#faq/lost_phone")
        inbox.accept_within(connection, event, SAFE)
        assert stored(connection) == {"payload": "#faq/lost_phone", "text": "Quên mật khẩu"}


class TestHardInput:
    @pytest.mark.parametrize(
        "text", ["", "\0", "a\0b", "\x07\x1b[31m", "{}", "🇻🇳" * 900, "'; DROP TABLE inbox; --", "\ufffe"]
    )
    def test_every_text_is_taken(self, connection: Connection, text: str) -> None:
        assert write(connection, AN, text, "e1")
        assert stored(connection)["text"] == text.replace("\0", "")

    def test_a_nul_in_a_forged_button_is_taken(self, connection: Connection) -> None:
        event = Event("web", "e1", "web:an", "payload", "a\0", payload="#greet\0")
        assert inbox.accept_within(connection, event, SAFE)

    def test_a_huge_text_is_cut_and_marked(self, connection: Connection) -> None:
        write(connection, AN, "quên mật khẩu 7900000123 " * 4000, "e1")
        body = stored(connection)
        assert body["too_long"] == 100_000
        assert len(body["text"]) <= TEXT_LIMIT
        assert "7900000123" not in body["text"]


def test_waiting_conversations_are_found_oldest_first(connection: Connection) -> None:
    for conversation in (BINH, AN, BINH):
        write(connection, conversation, f"m{count(connection, 'inbox')}")
    connection.execute("UPDATE inbox SET accepted_at = now() - interval '5 seconds'")
    write(connection, "zalo:new", "vừa gửi")
    assert connection.execute(inbox.WAITING, (1, 10)).fetchall() == [(BINH,), (AN,)]
    assert connection.execute(inbox.WAITING, (1, 1)).fetchall() == [(BINH,)]
